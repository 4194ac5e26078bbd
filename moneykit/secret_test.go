package moneykit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"till/moneykit"
)

// TestSecretsDoNotPrint tries every verb, JSON and slog on everything that
// holds a secret, by value and behind pointers.
func TestSecretsDoNotPrint(t *testing.T) {
	c := inMemory(t, &api{handle: answer(201, `{"link_session_token":"mk_ls_secret"}`)})
	result, err := createSession(t.Context(), c) // from here on c holds a token too
	if err != nil {
		t.Fatal(err)
	}
	session := result.(*moneykit.LinkSession)
	same(t, "token", session.Token.Reveal(), "mk_ls_secret")
	same(t, "request id", session.RequestID, "req_1")
	creds := credentials()
	secret := creds.ClientSecret
	type holder struct{ hidden moneykit.Credentials }
	type bundle struct{ client *moneykit.Client }
	for _, v := range []any{
		c, *c, creds, &creds, secret, &secret, session, *session, session.Token,
		holder{creds},
		&holder{creds},
		[]any{creds, secret},
		map[string]any{"a": secret, "b": creds},
		bundle{c},
		&bundle{c},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%T", "%p", "%10.3s", "%08b"} {
			hides(t, fmt.Sprintf(verb, v), fmt.Sprintf("%x", testSecret), fmt.Sprintf("%X", testSecret))
		}
		hides(t, fmt.Sprint(v)+fmt.Sprintln(v))
		if text, err := json.Marshal(v); err == nil {
			hides(t, string(text))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		hides(t, log.String())
	}
	same(t, "a client", fmt.Sprintf("%v %d", c, *c), "moneykit.Client(https://api.moneykit.com) moneykit.Client(https://api.moneykit.com)")
	same(t, "a secret", fmt.Sprintf("%v %#v %s", secret, secret, secret), "[redacted] [redacted] [redacted]")
}

func TestSecret(t *testing.T) {
	var none moneykit.Secret
	if !none.Empty() || none.Reveal() != "" || !moneykit.NewSecret("").Empty() || moneykit.NewSecret("x").Empty() {
		t.Error("emptiness")
	}
	same(t, "reveal", moneykit.NewSecret("x").Reveal(), "x")
	same(t, "none prints as any other", fmt.Sprint(none), "[redacted]")
}
