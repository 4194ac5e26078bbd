package sandbox

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// published is the key set of a signer as a client reads it.
func published(t testing.TB, k *signer) (set jose.JSONWebKeySet, text string) {
	t.Helper()
	raw, err := json.Marshal(k.set())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 {
		t.Fatalf("%d keys: %s", len(set.Keys), raw)
	}
	return set, string(raw)
}

func sign(t testing.TB, k *signer, body string, at time.Time) string {
	t.Helper()
	token, err := k.sign([]byte(body), at)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// verify returns what a signature says if one of the published keys made it.
func verify(t testing.TB, k *signer, token string) (header jose.Header, claims map[string]any, err error) {
	t.Helper()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	set, _ := published(t, k)
	payload, err := signed.Verify(set.Keys[0].Key)
	if err != nil {
		return header, nil, err
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("%v: %s", err, payload)
	}
	return signed.Signatures[0].Protected, claims, nil
}

func TestSignature(t *testing.T) {
	k := newSigner(1)
	// The SHA-256 of "abc" is an example of the standard.
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	header, claims, err := verify(t, k, sign(t, k, "abc", noon.Add(999*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	set, _ := published(t, k)
	if header.Algorithm != "ES256" || header.KeyID != set.Keys[0].KeyID || header.ExtraHeaders["typ"] != "JWT" || header.JSONWebKey != nil {
		t.Errorf("header %+v", header)
	}
	if len(claims) != 3 || claims["iss"] != "https://api.moneykit.com" || claims["iat"] != float64(noon.Unix()) || claims["request_body_sha256"] != sum {
		t.Errorf("claims %v", claims)
	}
}

func TestSignatureOfAnotherBody(t *testing.T) {
	k := newSigner(1)
	token := sign(t, k, `{"state":"connected"}`, noon)
	forged := strings.Split(token, ".")
	forged[1] = strings.Split(sign(t, k, `{"state":"deleted"}`, noon), ".")[1]
	if forged[1] == strings.Split(token, ".")[1] {
		t.Fatal("the signature does not depend on the body")
	}
	if _, _, err := verify(t, k, strings.Join(forged, ".")); err == nil {
		t.Error("a body that was not signed is verified")
	}
}

func TestSignatureIsOfItsSeed(t *testing.T) {
	token := sign(t, newSigner(1), "{}", noon)
	if _, _, err := verify(t, newSigner(1), token); err != nil {
		t.Errorf("the same seed: %v", err)
	}
	if _, _, err := verify(t, newSigner(2), token); err == nil {
		t.Error("another seed verifies too")
	}
	_, first := published(t, newSigner(1))
	_, again := published(t, newSigner(1))
	_, other := published(t, newSigner(2))
	if first != again || first == other {
		t.Errorf("seed 1: %s\nagain:  %s\nseed 2: %s", first, again, other)
	}
}

// Receivers may keep the key of a Sandbox, so it is the same in later versions.
func TestSigningKeyStays(t *testing.T) {
	set, _ := published(t, newSigner(1))
	if got := set.Keys[0].KeyID; got != "yc60M29-B3jVtBS_vxkDAdRVTrhQOHOTf3RMTIXaX_w" {
		t.Errorf("kid %q", got)
	}
}

func TestKeySet(t *testing.T) {
	for seed := range uint64(20) {
		set, text := published(t, newSigner(seed))
		var raw struct {
			Keys []map[string]string `json:"keys"`
		}
		if err := json.Unmarshal([]byte(text), &raw); err != nil {
			t.Fatal(err)
		}
		key, names := raw.Keys[0], []string{}
		for name := range key {
			names = append(names, name)
		}
		slices.Sort(names)
		if want := []string{"alg", "crv", "kid", "kty", "use", "x", "y"}; !slices.Equal(names, want) {
			t.Fatalf("members %v, want %v", names, want)
		}
		if key["kty"] != "EC" || key["crv"] != "P-256" || key["use"] != "sig" || key["alg"] != "ES256" {
			t.Errorf("key %v", key)
		}
		sum, err := set.Keys[0].Thumbprint(crypto.SHA256)
		if err != nil || key["kid"] != base64.RawURLEncoding.EncodeToString(sum) {
			t.Errorf("kid %q is not the thumbprint (%v)", key["kid"], err)
		}
	}
}

func TestSignerIsSharedSafely(t *testing.T) {
	k := newSigner(1)
	tokens := make(chan string)
	for range 8 {
		go func() {
			token, _ := k.sign([]byte("{}"), noon)
			tokens <- token
		}()
	}
	for range 8 {
		if _, _, err := verify(t, k, <-tokens); err != nil {
			t.Error(err)
		}
	}
}
