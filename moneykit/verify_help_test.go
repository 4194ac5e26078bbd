package moneykit_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"till/moneykit"
)

const (
	stateChanged = `{"webhook_event":"link.state_changed","webhook_major_version":1,"webhook_minor_version":0,
		"webhook_timestamp":"2026-05-04T03:02:01Z","webhook_idempotency_key":"idem-1","link_id":"mk_link_4711",
		"link_tags":["a","b"],"state":"error","error":"auth_expired","error_message":"Log in again."}`
	jwksURI = "/.well-known/jwks.json"
)

// signer signs webhooks as MoneyKit does.
type signer struct {
	kid string
	key *ecdsa.PrivateKey
}

func newSigner(kid string) signer { return signer{kid, newKey(elliptic.P256())} }

func newKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	must(err)
	return key
}

// public is the key as MoneyKit lists it.
func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Use: "sig", Algorithm: "ES256"}
}

// claims are those of a webhook with body, signed at a time.
func claims(body string, at time.Time) map[string]any {
	sum := sha256.Sum256([]byte(body))
	return map[string]any{"iss": "https://moneykit.example", "iat": at.Unix(), "request_body_sha256": hex.EncodeToString(sum[:])}
}

func (s signer) sign(claims any) string {
	payload, err := json.Marshal(claims)
	must(err)
	return s.signRaw(string(payload), nil)
}

func (s signer) signRaw(payload string, opts *jose.SignerOptions) string {
	return signWith(jose.ES256, jose.JSONWebKey{Key: s.key, KeyID: s.kid}, payload, opts)
}

func signWith(alg jose.SignatureAlgorithm, key any, payload string, opts *jose.SignerOptions) string {
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, opts)
	must(err)
	signed, err := js.Sign([]byte(payload))
	must(err)
	token, err := signed.CompactSerialize()
	must(err)
	return token
}

// deliver is what a webhook with body brings at this moment.
func (s signer) deliver(body string) http.Header {
	return signature(s.sign(claims(body, time.Now())))
}

func signature(tokens ...string) http.Header {
	h := http.Header{}
	for _, token := range tokens {
		h.Add("MoneyKit-Signature", token)
	}
	return h
}

// keySet lists keys, each something that encodes as a JWK.
func keySet(keys ...any) http.HandlerFunc {
	if keys == nil {
		keys = []any{}
	}
	body, err := json.Marshal(map[string]any{"keys": keys})
	must(err)
	return answer(200, string(body))
}

func keyRequests(t testing.TB, a *api) int {
	t.Helper()
	calls, _ := a.asked()
	for _, c := range calls {
		same(t, "request", c.method+" "+c.uri, "GET "+jwksURI)
	}
	return len(calls)
}

// verified fails unless a webhook with body verifies.
func verified(t testing.TB, c *moneykit.Client, h http.Header, body string) {
	t.Helper()
	w, err := c.VerifyWebhook(t.Context(), h, []byte(body))
	if err != nil {
		t.Errorf("refused: %v", err)
		return
	}
	same(t, "body", string(w.Body), body)
}

// refused fails unless err is of this fault alone.
func refused(t testing.TB, w *moneykit.Webhook, err error, fault moneykit.WebhookFault) {
	t.Helper()
	if w != nil {
		t.Error("a refused webhook is handed out")
	}
	e := (*moneykit.WebhookError)(nil)
	if !errors.As(err, &e) || e.Fault != fault {
		t.Errorf("%v\nwant %v", err, fault)
		return
	}
	for _, other := range []moneykit.WebhookFault{
		moneykit.WebhookUnsigned, moneykit.WebhookMalformed, moneykit.WebhookWrongAlgorithm, moneykit.WebhookUnknownKey,
		moneykit.WebhookKeysUnavailable, moneykit.WebhookBadSignature, moneykit.WebhookTooOld, moneykit.WebhookFromFuture,
		moneykit.WebhookBodyMismatch, moneykit.WebhookUnreadable,
	} {
		if errors.Is(err, other) != (other == fault) {
			t.Errorf("errors.Is(%q, %q) is %v", err, other, other != fault)
		}
	}
}

// quotesNothing fails when a text holds a part of a token, of what is in it, or
// a value of body.
func quotesNothing(t testing.TB, text, token, body string) {
	t.Helper()
	hides(t, text, "idem-1", "auth_expired")
	if body != "" && strings.Contains(text, body) {
		t.Errorf("%q quotes the body", text)
	}
	for part := range strings.SplitSeq(token, ".") {
		if part != "" && strings.Contains(text, part) {
			t.Errorf("%q quotes the token", text)
		}
		var members map[string]any
		decoded, _ := base64.RawURLEncoding.DecodeString(part)
		_ = json.Unmarshal(decoded, &members)
		for name, value := range members {
			quoted, err := json.Marshal(value)
			must(err)
			if v := strings.Trim(string(quoted), `"`); name != "alg" && len(v) > 3 && strings.Contains(text, v) {
				t.Errorf("%q quotes %s", text, name)
			}
		}
	}
}
