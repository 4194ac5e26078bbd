package views

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"till/moneykit"
)

// Each kind of trouble has to end in a sentence, the request id where there is
// one, a screen that still works, and nothing lost.
func TestListTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault func(*http.Request) (*http.Response, error)
		says  []string
	}{
		"no network":     {unplugged, []string{"MoneyKit cannot be reached", "network is unreachable", "Check the network"}},
		"rate limited":   {status(429, `{"error_code":"api_error.rate_limit_exceeded","error_message":"Rate limit exceeded"}`), []string{"limit is reached", "req_broken"}},
		"server error":   {status(500, `oops`), []string{"failed with status 500", "req_broken"}},
		"malformed JSON": {status(200, `{"links": [`), []string{"could not be read", "req_broken"}},
		"wrong shape":    {status(200, `{"links": "none"}`), []string{"could not be read", "req_broken"}},
		"redirect":       {status(302, ``, "Location", "http://evil.example/"), []string{"could not be read", "unexpected status 302"}},
		"hostile error":  {status(400, `{"error_message":"\u001b[2Jgone\u202e"}`), []string{"␛[2Jgone⍰", "req_broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, 80, 24, func(t *testing.T, w *world) {
				w.Wait(2 * time.Second) // the client tries again by itself
				// The Sandbox's own list of ids still fills the rows; the
				// trouble is told beside them.
				w.Sees("12 links")
				w.wire.mends()
				w.Press("enter")
				w.Sees("till ▸ Links ▸")
			}, func(w *world) { w.wire.breaks(http.MethodGet, "/links", c.fault) })

			in(t, 80, 24, func(t *testing.T, w *world) {
				w.Wait(2 * time.Second)
				frame := strings.Join(strings.Fields(strings.NewReplacer("│", " ").Replace(w.Frame())), " ")
				for _, text := range c.says {
					if !strings.Contains(frame, text) {
						t.Errorf("%q is not on screen:\n%s", text, w.Frame())
					}
				}
				w.wire.mends()
				w.Press("r")
				w.Sees("links", "● connected")
			}, func(w *world) {
				w.forget()
				w.wire.breaks(http.MethodGet, "/links", c.fault)
			})
		})
	}
}

// forget takes away the ids that till knows without asking.
func (w *world) forget() {
	open := w.app.Sandbox
	w.app.Sandbox = func() (Embedded, error) {
		e, err := open()
		e.Links = func() []moneykit.LinkID { return nil }
		return e, err
	}
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("MoneyKit refused the client id or secret", "request id req_")
	}, func(w *world) {
		w.forget()
		w.wire.breaks(http.MethodPost, "/auth/token", status(401, `{"error_code":"api_error.auth.unauthorized","error_message":"Invalid client"}`))
	})
}

func TestExpiredTokenIsRenewedWithoutAWord(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Wait(90 * time.Minute)
		w.Sees("● online")
		if n := w.wire.asked("POST /auth/token"); n != 2 {
			t.Errorf("%d tokens were asked for in 90 minutes, want 2", n)
		}
	})
}

func TestTroubleAfterwardsKeepsWhatIsOnScreen(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "", unplugged)
		w.Wait(20 * time.Second)
		w.Sees("✕ offline", "12 links", "● connected", "Credentials Bank")
		w.wire.mends()
		w.Wait(5 * time.Minute)
		w.Sees("● online")
	})
}

func TestAccountsTrouble(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "/accounts", status(500, `{}`))
		w.Press("enter", "2")
		w.Sees("failed with status 500", "request id req_broken", "r try again")
		w.wire.mends()
		w.Press("r")
		w.Sees("Checking", "Savings")
	})
}

func TestDataThatWasNotPermitted(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 6)
		w.Press("enter", "4")
		w.Sees("not permitted", "request id req_")
	})
}

func TestFailedActionsLeaveTheLinkAlone(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.wire.breaks(http.MethodDelete, w.link(1), status(500, `{}`))
		w.Press("D")
		w.Type("Credentials Bank")
		w.Press("enter")
		w.Sees("was not disconnected", "● 5 connected")
		w.wire.breaks(http.MethodPost, "/reset", unplugged)
		w.Press("x", "left", "enter")
		w.Sees("may or may not be reset", "● 5 connected")
		w.wire.breaks(http.MethodPost, "/link-session", status(403, `{"error_code":"link_session_error.forbidden_config","error_message":"not for you"}`))
		w.at(t, 4)
		w.Press("R", "enter")
		w.Sees("does not allow this link session", "req_broken", "r try again")
		w.Press("esc")
		w.wire.breaks(http.MethodPost, "/products", status(500, `{}`))
		w.at(t, 1)
		w.refreshNow()
		w.Wait(time.Second)
		w.Sees("not refreshed", "status 500")
	})
}
