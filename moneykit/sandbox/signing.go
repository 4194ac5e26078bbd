package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// webhookIssuer is who says in a webhook's signature that it sent it.
const webhookIssuer = "https://api.moneykit.com"

// signer signs webhooks with an ES256 key that follows from the seed. The key
// is made when it is first needed, since most Sandboxes send nothing.
type signer struct {
	key func() jose.JSONWebKey // with its private part
}

func newSigner(seed uint64) *signer {
	return &signer{sync.OnceValue(func() jose.JSONWebKey { return signingKey(seed) })}
}

// set is what tells everyone else how to verify: the public key alone.
func (k *signer) set() any {
	key := k.key()
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}
}

// sign makes the signature of a webhook that is sent at a moment.
func (k *signer) sign(body []byte, at time.Time) (string, error) {
	es256, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: k.key()}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sandbox: sign webhook: %w", err)
	}
	sum := sha256.Sum256(body)
	token, err := jwt.Signed(es256).Claims(webhookClaims{
		Issuer:   webhookIssuer,
		IssuedAt: at.Unix(),
		BodySum:  hex.EncodeToString(sum[:]),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sandbox: sign webhook: %w", err)
	}
	return token, nil
}

type webhookClaims struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"`
	BodySum  string `json:"request_body_sha256"`
}

// signingKey makes the key of a seed. Its id is its thumbprint.
func signingKey(seed uint64) jose.JSONWebKey {
	key := jose.JSONWebKey{Key: privateKey(seed), Algorithm: string(jose.ES256), Use: "sig"}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		panic(err) // every key on this curve has one
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	return key
}

func privateKey(seed uint64) *ecdsa.PrivateKey {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("webhook signing key"), seed))
	for {
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:]); err == nil {
			return key
		}
		sum = sha256.Sum256(sum[:]) // a few numbers are too large for the curve
	}
}
