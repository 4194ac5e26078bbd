package moneykit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"till/moneykit"
)

// at is the time in the tests that need no other.
var at = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func clockAt(now time.Time) moneykit.Option {
	return moneykit.WithClock(func() time.Time { return now })
}

func TestVerifyWebhook(t *testing.T) {
	s := newSigner("key-one")
	a := &api{handle: keySet(s.public())}
	c := inMemory(t, a, clockAt(at))
	sent := []byte(stateChanged)
	h := signature(s.sign(claims(stateChanged, at)))
	w, err := c.VerifyWebhook(t.Context(), h, sent)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "event", w.Event, moneykit.EventLinkStateChanged)
	same(t, "link", w.LinkID, linkID)
	clear(sent)
	same(t, "body", string(w.Body), stateChanged)

	upper := claims(stateChanged, at)
	upper["request_body_sha256"] = strings.ToUpper(upper["request_body_sha256"].(string))
	verified(t, c, signature(s.sign(upper)), stateChanged)

	noIssuer := claims(stateChanged, at)
	delete(noIssuer, "iss")
	verified(t, c, signature(s.sign(noIssuer)), stateChanged)

	// Known keys need no network, nor a caller that waits for it.
	left, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.VerifyWebhook(left, h, []byte(stateChanged)); err != nil {
		t.Error(err)
	}
	same(t, "requests", keyRequests(t, a), 1)
}

func TestWebhookForgeries(t *testing.T) {
	s, evil := newSigner("key-one"), newSigner("key-one")
	stranger := signer{"another-key", evil.key}
	other := signer{"curve-key", newKey(elliptic.P384())}
	good := claims(stateChanged, at)
	payload, err := json.Marshal(good)
	must(err)
	token := s.sign(good)
	parts := strings.Split(token, ".")
	long := maps.Clone(good)
	long["pad"] = strings.Repeat("x", 8<<10)
	point, err := s.key.PublicKey.Bytes()
	must(err)
	hmacKey := jose.JSONWebKey{Key: point, KeyID: s.kid}
	c := inMemory(t, &api{handle: keySet(s.public(), other.public())}, clockAt(at))

	for _, x := range []struct {
		name  string
		h     http.Header
		fault moneykit.WebhookFault
	}{
		{"no headers", nil, moneykit.WebhookUnsigned},
		{"no signature", http.Header{"Moneykit-Delivery-Token": {token}}, moneykit.WebhookUnsigned},
		{"an empty one", signature(""), moneykit.WebhookUnsigned},
		{"two", signature(token, token), moneykit.WebhookUnsigned},
		{"two in one", signature(token + ", " + token), moneykit.WebhookMalformed},
		{"not a JWT", signature("hello"), moneykit.WebhookMalformed},
		{"two parts", signature(parts[0] + "." + parts[1]), moneykit.WebhookMalformed},
		{"four parts", signature(token + "."), moneykit.WebhookMalformed},
		{"not base64", signature(parts[0] + ".*." + parts[2]), moneykit.WebhookMalformed},
		{"a header that is no object", signature(part(`[]`) + "." + parts[1] + "." + parts[2]), moneykit.WebhookMalformed},
		{"too long", signature(s.sign(long)), moneykit.WebhookMalformed},
		{"JSON serialisation", signature(full(s, payload)), moneykit.WebhookMalformed},
		{"no kid", signature(signer{"", s.key}.sign(good)), moneykit.WebhookMalformed},
		{"a kid that is a number", signature(resigned(s, `{"alg":"ES256","kid":4711}`, parts[1])), moneykit.WebhookMalformed},
		{"something critical", signature(s.signRaw(string(payload), options("crit", []string{"exp"}))), moneykit.WebhookMalformed},
		{"claims that are not encoded", signature(s.signRaw(string(payload), (&jose.SignerOptions{}).WithBase64(false))), moneykit.WebhookMalformed},
		{"the same, not critical", signature(s.signRaw(string(payload), options("b64", false))), moneykit.WebhookMalformed},

		{"alg none", signature(part(`{"alg":"none","kid":"key-one"}`) + "." + parts[1] + "."), moneykit.WebhookWrongAlgorithm},
		{"no alg", signature(resigned(s, `{"kid":"key-one"}`, parts[1])), moneykit.WebhookWrongAlgorithm},
		{"alg in another case", signature(resigned(s, `{"alg":"es256","kid":"key-one"}`, parts[1])), moneykit.WebhookWrongAlgorithm},
		{"HS256 with the public key", signature(signWith(jose.HS256, hmacKey, string(payload), nil)), moneykit.WebhookWrongAlgorithm},
		{"ES384", signature(signWith(jose.ES384, jose.JSONWebKey{Key: other.key, KeyID: s.kid}, string(payload), nil)), moneykit.WebhookWrongAlgorithm},

		{"an unknown kid", signature(stranger.sign(good)), moneykit.WebhookUnknownKey},
		{"a listed key of another curve", signature(resigned(other, `{"alg":"ES256","kid":"curve-key"}`, parts[1])), moneykit.WebhookUnknownKey},
		{"an unknown kid with its own key", signature(withOwnKey(stranger, payload)), moneykit.WebhookUnknownKey},

		{"a known kid, another key", signature(evil.sign(good)), moneykit.WebhookBadSignature},
		{"another curve", signature(resigned(signer{s.kid, other.key}, `{"alg":"ES256","kid":"key-one"}`, parts[1])), moneykit.WebhookBadSignature},
		{"a known kid with its own key", signature(withOwnKey(evil, payload)), moneykit.WebhookBadSignature},
		{"a place to find the key", signature(evil.signRaw(string(payload), options("jku", "https://evil.example/jwks"))), moneykit.WebhookBadSignature},
		{"a certificate's place", signature(evil.signRaw(string(payload), options("x5u", "https://evil.example/x"))), moneykit.WebhookBadSignature},
		{"no signature bytes", signature(parts[0] + "." + parts[1] + "."), moneykit.WebhookBadSignature},
		{"zeros", signature(parts[0] + "." + parts[1] + "." + part(strings.Repeat("\x00", 64))), moneykit.WebhookBadSignature},
		{"claims replaced", signature(parts[0] + "." + part(`{"iat":1}`) + "." + parts[2]), moneykit.WebhookBadSignature},
		{"header replaced", signature(part(`{"alg":"ES256","kid":"key-one","typ":"JWT"}`) + "." + parts[1] + "." + parts[2]), moneykit.WebhookBadSignature},
	} {
		t.Run(x.name, func(t *testing.T) {
			w, err := c.VerifyWebhook(t.Context(), x.h, []byte(stateChanged))
			refused(t, w, err, x.fault)
			quotesNothing(t, fmt.Sprint(err), x.h.Get("MoneyKit-Signature"), stateChanged)
		})
	}
}

func part(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func options(name jose.HeaderKey, value any) *jose.SignerOptions {
	return (&jose.SignerOptions{}).WithHeader(name, value)
}

// full is a token in the JSON serialisation.
func full(s signer, payload []byte) string {
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: s.kid}}, nil)
	must(err)
	signed, err := js.Sign(payload)
	must(err)
	return signed.FullSerialize()
}

// withOwnKey brings the key that it is signed with.
func withOwnKey(s signer, payload []byte) string {
	opts := options("kid", s.kid)
	opts.EmbedJWK = true
	return signWith(jose.ES256, jose.JSONWebKey{Key: s.key, KeyID: s.kid}, string(payload), opts)
}

// resigned signs a header that no library would make.
func resigned(s signer, header, claims string) string {
	input := part(header) + "." + claims
	sum := sha256.Sum256([]byte(input))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	must(err)
	size := (s.key.Curve.Params().BitSize + 7) / 8
	raw := append(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	return input + "." + part(string(raw))
}

func TestWebhookClaims(t *testing.T) {
	s := newSigner("key-one")
	c := inMemory(t, &api{handle: keySet(s.public())}, clockAt(at))
	with := func(name string, value any) string {
		changed := maps.Clone(claims(stateChanged, at))
		changed[name] = value
		if value == nil {
			delete(changed, name)
		}
		return s.sign(changed)
	}
	const sum = "request_body_sha256"
	for _, x := range []struct {
		name, token string
		fault       moneykit.WebhookFault
	}{
		{"no iat", with("iat", nil), moneykit.WebhookMalformed},
		{"iat null", with("iat", json.RawMessage("null")), moneykit.WebhookMalformed},
		{"iat is text", with("iat", fmt.Sprint(at.Unix())), moneykit.WebhookMalformed},
		{"iat beyond all dates", with("iat", json.RawMessage("1e300")), moneykit.WebhookMalformed},
		{"iat far ahead", with("iat", int64(4e18)), moneykit.WebhookFromFuture},
		{"iat far back", with("iat", int64(-4e18)), moneykit.WebhookTooOld},
		{"no sum", with(sum, nil), moneykit.WebhookMalformed},
		{"sum null", with(sum, json.RawMessage("null")), moneykit.WebhookMalformed},
		{"sum is a number", with(sum, 4711), moneykit.WebhookMalformed},
		{"sum empty", with(sum, ""), moneykit.WebhookMalformed},
		{"sum short", with(sum, strings.Repeat("ab", 31)), moneykit.WebhookMalformed},
		{"sum not in hex", with(sum, strings.Repeat("zz", 32)), moneykit.WebhookMalformed},
		{"sum of another body", with(sum, strings.Repeat("ab", 32)), moneykit.WebhookBodyMismatch},
		{"not JSON", s.signRaw("hello", nil), moneykit.WebhookMalformed},
		{"not an object", s.signRaw(`["iat"]`, nil), moneykit.WebhookMalformed},
		{"nothing", s.signRaw("", nil), moneykit.WebhookMalformed},
		{"iat twice", s.signRaw(fmt.Sprintf(`{"iat":1,"iat":%d,"request_body_sha256":"%064x"}`, at.Unix(), 1), nil), moneykit.WebhookMalformed},
		{"iat in another case", s.signRaw(fmt.Sprintf(`{"IAT":%d,"request_body_sha256":"%064x"}`, at.Unix(), 1), nil), moneykit.WebhookMalformed},
	} {
		t.Run(x.name, func(t *testing.T) {
			w, err := c.VerifyWebhook(t.Context(), signature(x.token), []byte(stateChanged))
			refused(t, w, err, x.fault)
			quotesNothing(t, fmt.Sprint(err), x.token, stateChanged)
		})
	}
}

func TestWebhookAge(t *testing.T) {
	s := newSigner("key-one")
	h := signature(s.sign(claims(stateChanged, at)))
	for _, x := range []struct {
		age   time.Duration
		fault moneykit.WebhookFault // empty for none
	}{
		{0, ""},
		{moneykit.WebhookMaxAge, ""},
		{moneykit.WebhookMaxAge + 1, moneykit.WebhookTooOld},
		{24 * time.Hour, moneykit.WebhookTooOld},
		{-time.Minute, ""},
		{-time.Minute - 1, moneykit.WebhookFromFuture},
		{-24 * time.Hour, moneykit.WebhookFromFuture},
	} {
		c := inMemory(t, &api{handle: keySet(s.public())}, clockAt(at.Add(x.age)))
		if x.fault == "" {
			verified(t, c, h, stateChanged)
			continue
		}
		w, err := c.VerifyWebhook(t.Context(), h, []byte(stateChanged))
		refused(t, w, err, x.fault)
		quotesNothing(t, fmt.Sprint(err), h.Get("MoneyKit-Signature"), stateChanged)
	}
	same(t, "the longest age", moneykit.WebhookMaxAge, 5*time.Minute)
}

func TestWebhookBody(t *testing.T) {
	s := newSigner("key-one")
	c := inMemory(t, &api{handle: keySet(s.public())}, clockAt(at))
	h := signature(s.sign(claims(stateChanged, at)))
	for _, body := range []string{"", stateChanged + "\n", strings.Replace(stateChanged, "4711", "4712", 1), strings.ToUpper(stateChanged)} {
		w, err := c.VerifyWebhook(t.Context(), h, []byte(body))
		refused(t, w, err, moneykit.WebhookBodyMismatch)
	}
	for _, body := range []string{"", "[]", `{"webhook_event":"link.state_changed"}`} {
		w, err := c.VerifyWebhook(t.Context(), signature(s.sign(claims(body, at))), []byte(body))
		refused(t, w, err, moneykit.WebhookUnreadable)
	}
}
