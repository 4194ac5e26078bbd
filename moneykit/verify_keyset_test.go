package moneykit_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"till/moneykit"
)

func TestUnusableWebhookKeysAreSkipped(t *testing.T) {
	good, private, encrypting, other, twice := newSigner("key-good"), newSigner("key-private"), newSigner("key-enc"), newSigner("key-alg"), newSigner("key-good")
	p521 := signer{"key-p521", newKey(elliptic.P521())}
	nameless, plain, point := signer{"", good.key}, newSigner("key-plain"), newSigner("key-point")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	enc, alg, bare := encrypting.public(), other.public(), plain.public()
	enc.Use, alg.Algorithm, bare.Use, bare.Algorithm = "enc", "ES384", "", ""
	a := &api{handle: keySet(
		json.RawMessage(`{}`),
		json.RawMessage(`{"kty":"EC","crv":"P-256","kid":"key-point","x":"AA","y":"AA"}`),
		offCurve(point),
		json.RawMessage(`{"kty":"new","kid":"key-new"}`),
		json.RawMessage(`{"kty":"oct","kid":"key-good","k":"c2VjcmV0"}`),
		jose.JSONWebKey{Key: rsaKey, KeyID: "key-good"},
		jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "key-rsa"},
		jose.JSONWebKey{Key: private.key, KeyID: private.kid, Use: "sig", Algorithm: "ES256"},
		enc, alg, p521.public(), nameless.public(), bare, good.public(), twice.public(),
	)}
	c := inMemory(t, a, clockAt(at))
	delivered := claims(stateChanged, at)
	verified(t, c, signature(good.sign(delivered)), stateChanged)
	verified(t, c, signature(plain.sign(delivered)), stateChanged)
	for _, s := range []signer{private, encrypting, other, point} {
		w, err := c.VerifyWebhook(t.Context(), signature(s.sign(delivered)), []byte(stateChanged))
		refused(t, w, err, moneykit.WebhookUnknownKey)
	}
	w, err := c.VerifyWebhook(t.Context(), signature(twice.sign(delivered)), []byte(stateChanged))
	refused(t, w, err, moneykit.WebhookBadSignature)
	same(t, "requests", keyRequests(t, a), 1)
}

// offCurve is a key whose point has been moved off the curve.
func offCurve(s signer) json.RawMessage {
	jwk, err := json.Marshal(s.public())
	must(err)
	var members map[string]string
	must(json.Unmarshal(jwk, &members))
	members["x"] = members["y"]
	jwk, err = json.Marshal(members)
	must(err)
	return jwk
}

func TestWebhookKeySetsThatAreNone(t *testing.T) {
	s := newSigner("key-one")
	for _, x := range []struct {
		body  string
		fault moneykit.WebhookFault
	}{
		{`{"keys":[]}`, moneykit.WebhookUnknownKey},
		{`{"keys":null}`, moneykit.WebhookUnknownKey},
		{`{"keys":[null,1,"x",[],{"kty":1}]}`, moneykit.WebhookUnknownKey},
		{`{"keys":1}`, moneykit.WebhookKeysUnavailable},
		{`<html>`, moneykit.WebhookKeysUnavailable},
	} {
		c := inMemory(t, &api{handle: answer(200, x.body)}, clockAt(at))
		w, err := c.VerifyWebhook(t.Context(), signature(s.sign(claims(stateChanged, at))), []byte(stateChanged))
		refused(t, w, err, x.fault)
	}
}

// A key that was listed in full is not trusted, and nothing of it is told.
func TestWebhookErrorsTellNothingOfKeys(t *testing.T) {
	s := newSigner("key-one")
	private, err := json.Marshal(jose.JSONWebKey{Key: s.key, KeyID: s.kid})
	must(err)
	var members struct{ D string }
	must(json.Unmarshal(private, &members))
	for _, body := range []string{`{"keys":[` + string(private) + `]}`, `{"keys":[` + string(private)} {
		c := inMemory(t, &api{handle: answer(200, body)}, clockAt(at))
		_, err := c.VerifyWebhook(t.Context(), signature(s.sign(claims(stateChanged, at))), []byte(stateChanged))
		if err == nil || members.D == "" || strings.Contains(err.Error(), members.D) {
			t.Errorf("%v", err)
		}
	}
}
