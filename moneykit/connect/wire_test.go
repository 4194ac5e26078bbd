package connect_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
)

func TestAnswersThatMakeNoSense(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"HTML":              status(200, "<html>"),
		"half of it":        status(200, `{"kind":"cre`),
		"a proxy's page":    status(502, "<html>"),
		"no code":           status(404, `{"detail":"Not Found"}`),
		"null":              status(500, `null`),
		"too large":         status(200, `{"kind":"`+strings.Repeat("x", 1<<20)+`"}`),
		"moved for good":    status(301, "", "Location", "https://evil.example/"),
		"moved, ask again":  status(307, "", "Location", "https://evil.example/"),
		"moved permanently": status(308, `{}`, "Location", "https://evil.example/"),
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
				k.asks(connect.AskCredentials)
				w.wire.at("POST /sandbox/connect", answer)
				k.run.Answer(connect.Answer{Username: "user_good", Password: moneykit.NewSecret("pass_good")})
				s := k.ends(connect.Failed, "pass_good")
				if e := (*moneykit.ResponseError)(nil); !errors.As(s.Err, &e) || e.RequestID != "req_broken" || e.Method != http.MethodPost {
					w.Fatalf("%T %v", s.Err, s.Err)
				}
				if slices.Contains(w.wire.hosts, "evil.example") {
					w.Error("the password went elsewhere")
				}
				w.wire.mend()
				again := w.follows(k.run.Again(w.Context()))
				again.logsIn("user_good", "pass_good")
				again.shares()
				again.ends(connect.Connected)
			})
		})
	}
}

// The header has the request id where the body does not.
func TestRefusalWithoutARequestID(t *testing.T) {
	in(t, func(w *world) {
		w.wire.at("POST /sandbox/connect", status(422, `{"error_code":"user_error","displayed_message":"No."}`))
		k := w.walks(moneykit.LinkSessionRequest{})
		if s := k.ends(connect.Left); s.Exit == nil || *s.Exit != (connect.Refusal{Code: "user_error", Message: "No.", RequestID: "req_broken"}) {
			w.Errorf("%+v", s.Exit)
		} else if text := s.Exit.Error(); text != "connect: user_error: No. (request req_broken)" {
			w.Error(text)
		}
	})
}

func TestConnectThatIsSilent(t *testing.T) {
	in(t, func(w *world) {
		w.wire.at("POST /sandbox/connect", silence)
		k := w.walks(moneykit.LinkSessionRequest{})
		began := time.Now()
		s := k.ends(connect.Failed)
		if e := (*moneykit.ConnectionError)(nil); !errors.As(s.Err, &e) || time.Since(began) != 15*time.Second {
			w.Errorf("%T %v after %v", s.Err, s.Err, time.Since(began))
		}
	})
}

func TestConnectThatIsAway(t *testing.T) {
	in(t, func(w *world) {
		away := errors.New("away")
		w.wire.at("POST /sandbox/connect", func(*http.Request) (*http.Response, error) { return nil, away })
		k := w.walks(moneykit.LinkSessionRequest{})
		if s := k.ends(connect.Failed, "https://"); !errors.Is(s.Err, away) {
			w.Errorf("%v", s.Err)
		}
	})
}
