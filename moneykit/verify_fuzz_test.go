package moneykit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"till/moneykit"
)

// Without the private key nothing verifies but the one body that was signed.
func FuzzVerifyWebhook(f *testing.F) {
	s := newSigner("key-one")
	c := inMemory(f, &api{handle: keySet(s.public())}, clockAt(at))
	token := s.sign(claims(stateChanged, at))
	verified(f, c, signature(token), stateChanged)
	parts := strings.Split(token, ".")

	f.Add(token, []byte(stateChanged))
	f.Add(token, []byte("{}"))
	f.Add("", []byte(stateChanged))
	f.Add("..", []byte(nil))
	f.Add(parts[0]+"."+part(`{"iat":1777863721}`)+"."+parts[2], []byte(stateChanged))
	for _, head := range []string{
		`{"alg":"none"}`, `{"alg":null,"kid":null}`, `{"alg":"ES256","kid":"key-one","crit":null}`, `null`,
		`{"alg":"ES256","kid":"key-one","jwk":{}}`, `{"alg":"ES256","kid":"key-one","x5c":[""]}`, `{"alg":"ES256","kid":"key-one","b64":false}`,
	} {
		f.Add(part(head)+"."+parts[1]+"."+parts[2], []byte(stateChanged))
	}
	f.Fuzz(func(t *testing.T, token string, body []byte) {
		w, err := c.VerifyWebhook(t.Context(), signature(token), body)
		if err == nil {
			same(t, "what verifies", string(body), stateChanged)
			same(t, "link", w.LinkID, linkID)
			return
		}
		if e, ok := err.(*moneykit.WebhookError); !ok || e.Fault == "" || e.Fault == moneykit.WebhookKeysUnavailable || w != nil {
			t.Errorf("%#v %v", w, err)
		}
		if len(token) > 100 && strings.Contains(err.Error(), token) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzParseWebhook(f *testing.F) {
	for _, body := range []string{
		stateChanged, "", "null", "[]", `{"link_id":""}`,
		event("link.product_refresh", `,"product":"accounts","state":"pending","state_changed_at":"2026-05-04T03:02:01Z"`),
		event("transactions.updates_available", `,"has_history":null`), event("link.moved", `,"state":[]`),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w, err := moneykit.ParseWebhook(body)
		if err != nil {
			refused(t, w, err, moneykit.WebhookUnreadable)
			return
		}
		if w.Event == "" || w.LinkID == "" || !bytes.Equal(w.Body, body) {
			t.Errorf("%+v", w)
		}
		if w.State != "" && w.ProductState != "" {
			t.Error("one state is taken for two")
		}
		_ = fmt.Sprint(w)
	})
}
