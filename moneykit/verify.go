package moneykit

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json" // no name twice, and none in another case
	"github.com/go-jose/go-jose/v4/jwt"
)

// WebhookMaxAge is how long after its signing a webhook is taken. It supposes,
// since the contract does not say, that MoneyKit signs anew what it sends again.
const WebhookMaxAge = 5 * time.Minute

const (
	// webhookAhead is how far MoneyKit's clock may be ahead of this one.
	webhookAhead = time.Minute
	// webhookHeader holds a JWT, of about 400 bytes.
	webhookHeader       = "MoneyKit-Signature"
	maxWebhookSignature = 8 << 10
)

// VerifyWebhook tells whether MoneyKit sent a webhook within the last
// [WebhookMaxAge], or what [WithWebhookMaxAge] says, and decodes it. header and
// body are those of the request; body has to be all of it, byte for byte, and
// the caller limits its size.
//
// The keys are fetched when first needed and kept for a day at most, so that
// nearly all calls do without the network. Whoever has got hold of a webhook can
// send it again as long as it is not too old: IdempotencyKey tells such copies.
//
// Errors are [*WebhookError]: see [WebhookFault].
func (c *Client) VerifyWebhook(ctx context.Context, header http.Header, body []byte) (*Webhook, error) {
	if err := c.webhooks.verify(ctx, header, body); err != nil {
		return nil, err
	}
	return ParseWebhook(body)
}

// verify checks the signature before it looks at anything that is signed. Only
// the id of the key is used before.
func (k *webhookKeys) verify(ctx context.Context, header http.Header, body []byte) error {
	signed, kid, err := webhookSignature(header)
	if err != nil {
		return err
	}
	key, err := k.key(ctx, kid)
	if err != nil {
		return err
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return &WebhookError{Fault: WebhookBadSignature}
	}
	at, sum, err := webhookClaims(payload)
	if err != nil {
		return err
	}
	switch age := k.now().Sub(at); {
	case age > k.age:
		return &WebhookError{Fault: WebhookTooOld}
	case age < -webhookAhead:
		return &WebhookError{Fault: WebhookFromFuture}
	}
	if got := sha256.Sum256(body); subtle.ConstantTimeCompare(got[:], sum) != 1 {
		return &WebhookError{Fault: WebhookBodyMismatch}
	}
	return nil
}

// webhookSignature reads the form of the signature and believes none of it. The
// errors of jose are left out, since they quote.
func webhookSignature(header http.Header) (signed *jose.JSONWebSignature, kid string, err error) {
	values := header.Values(webhookHeader)
	if len(values) != 1 || values[0] == "" {
		return nil, "", &WebhookError{Fault: WebhookUnsigned}
	}
	if len(values[0]) > maxWebhookSignature {
		return nil, "", malformed("it is too long")
	}
	signed, err = jose.ParseSignedCompact(values[0], []jose.SignatureAlgorithm{jose.ES256})
	if wrong := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &wrong) {
		return nil, "", &WebhookError{Fault: WebhookWrongAlgorithm}
	}
	if err != nil || len(signed.Signatures) != 1 {
		return nil, "", malformed("it is not a JWT")
	}
	head := signed.Signatures[0].Protected
	// What is critical has to be understood, and a JWT may not leave its claims
	// unencoded.
	for _, name := range []jose.HeaderKey{"crit", "b64"} {
		if _, there := head.ExtraHeaders[name]; there {
			return nil, "", malformed("its header asks for what a webhook does not need")
		}
	}
	if head.KeyID == "" {
		return nil, "", malformed("it does not name its key")
	}
	return signed, head.KeyID, nil
}

// webhookClaims reads what is signed: when, and the SHA-256 of which body.
func webhookClaims(payload []byte) (at time.Time, sum []byte, err error) {
	var claims struct {
		IssuedAt *jwt.NumericDate `json:"iat"`
		BodySum  *string          `json:"request_body_sha256"`
	}
	if strict.Unmarshal(payload, &claims) != nil {
		return time.Time{}, nil, malformed("its claims cannot be read")
	}
	switch {
	case claims.IssuedAt == nil:
		return time.Time{}, nil, malformed("it has no iat")
	case claims.BodySum == nil:
		return time.Time{}, nil, malformed("it has no request_body_sha256")
	}
	sum, err = hex.DecodeString(*claims.BodySum)
	if err != nil || len(sum) != sha256.Size {
		return time.Time{}, nil, malformed("its request_body_sha256 is not a SHA-256 in hex")
	}
	return claims.IssuedAt.Time(), sum, nil
}

func malformed(reason string) error {
	return &WebhookError{Fault: WebhookMalformed, Err: errors.New(reason)}
}
