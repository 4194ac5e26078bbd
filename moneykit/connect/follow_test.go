package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
)

func isCode(err error, code moneykit.ErrorCode) bool { return err != nil && errors.Is(err, code) }

// connecting starts a Run that makes a link, and waits until it follows it.
func (w *world) connecting() *walk {
	w.Helper()
	k := w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank})
	s := k.waits(func(s connect.State) bool { return s.Phase == connect.Following && s.Last != nil })
	if s.Last == nil || s.Last.State != moneykit.Connecting || s.Link != s.Last.ID {
		w.Fatalf("%+v", s)
	}
	return k
}

func (k *walk) puts(state moneykit.LinkState, code moneykit.LinkError) {
	k.Helper()
	if err := k.box.SetState(string(k.latest.Link), string(state), string(code)); err != nil {
		k.Fatal(err)
	}
}

// breaks wants the Run to end with a link that did not become connected.
func (k *walk) breaks(state moneykit.LinkState, code moneykit.LinkError) {
	k.Helper()
	s := k.ends(connect.Failed)
	broken := (*connect.BrokenError)(nil)
	if !errors.As(s.Err, &broken) || *broken != (connect.BrokenError{Link: s.Link, State: state, Code: code}) {
		k.Fatalf("%T %v, want %s %s", s.Err, s.Err, state, code)
	}
	if text := s.Err.Error(); !strings.Contains(text, string(state)) || !strings.Contains(text, string(code)) || strings.Contains(text, string(s.Link)) {
		k.Errorf("%q", text)
	}
	if s.Last == nil || s.Last.State != state {
		k.Errorf("last %+v", s.Last)
	}
}

func TestLinkIsFollowedUntilItIsConnected(t *testing.T) {
	in(t, func(w *world) {
		k := w.connecting()
		began := time.Now()
		if s := k.ends(connect.Connected); s.Last.State != moneykit.Connected || time.Since(began) > time.Minute {
			w.Errorf("%+v after %v", s.Last, time.Since(began))
		}
	})
}

func TestNewLinkThatBreaks(t *testing.T) {
	in(t, func(w *world) {
		k := w.connecting()
		k.puts(moneykit.InError, "institution_error")
		began := time.Now()
		k.breaks(moneykit.InError, "institution_error")
		if time.Since(began) > 10*time.Second {
			w.Errorf("noticed after %v", time.Since(began))
		}
		again := w.follows(k.run.Again(w.Context())) // with a link of its own
		if s := again.ends(connect.Connected); s.Link == k.latest.Link {
			w.Errorf("%+v", s)
		}
	})
}

// A relinked link is seen in its old error for a while.
func TestRelinkedLinkThatStaysBroken(t *testing.T) {
	in(t, func(w *world) {
		id := w.expired(credentialsBank)
		k := w.walks(moneykit.LinkSessionRequest{ExistingLinkID: id})
		k.logsIn("user_good", "pass_good")
		if s := k.waits(func(s connect.State) bool { return s.Phase == connect.Following && s.Last != nil }); s.Link != id {
			w.Errorf("%s, want %s", s.Link, id)
		}
		k.puts(moneykit.InError, moneykit.AuthExpired)
		began := time.Now()
		k.breaks(moneykit.InError, moneykit.AuthExpired)
		if after := time.Since(began); after < 50*time.Second || after > 80*time.Second {
			w.Errorf("after %v", after)
		}
	})
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{ExistingLinkID: w.expired(credentialsBank)})
		k.logsIn("user_good", "pass_good")
		k.waits(func(s connect.State) bool { return s.Phase == connect.Following && s.Last != nil })
		k.puts(moneykit.InError, moneykit.AuthExpired)
		k.waits(func(s connect.State) bool { return s.Last.State == moneykit.InError })
		k.puts(moneykit.Connected, "")
		k.ends(connect.Connected)
	})
}

func TestLinkThatNeverConnects(t *testing.T) {
	in(t, func(w *world) {
		k := w.connecting()
		k.puts(moneykit.AwaitingTokenExchange, "")
		began := time.Now()
		k.breaks(moneykit.AwaitingTokenExchange, "")
		if after := time.Since(began); after < 9*time.Minute || after > 11*time.Minute {
			w.Errorf("after %v", after)
		}
	})
}

func TestLinkDeletedWhileItIsFollowed(t *testing.T) {
	in(t, func(w *world) {
		k := w.connecting()
		k.puts(moneykit.Deleted, "")
		began := time.Now()
		k.breaks(moneykit.Deleted, "")
		if time.Since(began) > 10*time.Second {
			w.Errorf("noticed after %v", time.Since(began))
		}
	})
	in(t, func(w *world) { // as an API may say it too
		k := w.connecting()
		w.wire.at("GET /links/", status(410, `{"error_code":"link_error.deleted"}`))
		if s := k.ends(connect.Failed); !isCode(s.Err, moneykit.LinkDeleted) {
			w.Errorf("%T %v", s.Err, s.Err)
		}
	})
}

func TestFollowingGoesOnWhereTheServerFails(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"500":       status(500, "{}"),
		"busy":      status(429, "{}"),
		"a proxy's": status(502, "<html>"),
		"lost":      func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") },
		"nonsense":  status(200, "<html>"),
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				k := w.connecting()
				w.wire.at("GET /links/", answer)
				time.Sleep(3 * time.Minute)
				if s := k.run.State(); s.Phase != connect.Following {
					w.Fatalf("%+v", s)
				}
				w.wire.mend()
				k.ends(connect.Connected)
			})
			in(t, func(w *world) {
				w.wire.at("GET /links/", answer)
				k := w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank})
				if s := k.ends(connect.Failed); s.Err == nil || s.Err != s.Late || s.Last != nil || s.Link == "" {
					w.Errorf("%+v", s)
				}
			})
		})
	}
	in(t, func(w *world) { // while a refusal is final
		k := w.connecting()
		w.wire.at("GET /links/", status(403, `{"error_code":"link_error.unauthorized_access"}`))
		if s := k.ends(connect.Failed); !isCode(s.Err, moneykit.LinkUnauthorizedAccess) {
			w.Errorf("%v", s.Err)
		}
	})
}

const exchange = "POST /link-session/exchange-token"

func TestExchangeThatIsLost(t *testing.T) {
	lost := errors.New("lost")
	in(t, func(w *world) {
		before := len(w.box.LinkIDs())
		w.wire.at(exchange, func(*http.Request) (*http.Response, error) { return nil, lost })
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		k.logsIn("user_good", "pass_good")
		k.shares()
		if s := k.ends(connect.Failed); !errors.Is(s.Err, lost) || s.Link != "" {
			w.Errorf("%+v", s)
		}
		k = w.follows(k.run.Again(w.Context())) // and is lost again
		if s := k.ends(connect.Failed); !errors.Is(s.Err, lost) {
			w.Errorf("%+v", s)
		}
		w.wire.mend()
		k = w.follows(k.run.Again(w.Context()))
		if s := k.ends(connect.Connected); len(s.Events) != 0 || len(w.box.LinkIDs()) != before+1 {
			w.Errorf("it asked, or made another link: %+v", s)
		}
	})
	in(t, func(w *world) { // on the way back
		first := true
		w.wire.at(exchange, func(r *http.Request) (*http.Response, error) {
			res, err := w.wire.box.RoundTrip(r)
			if first {
				first = false
				return nil, lost
			}
			return res, err
		})
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		k.logsIn("user_good", "pass_good")
		k.shares()
		s := k.ends(connect.Connected)
		if ids := w.box.LinkIDs(); string(s.Link) != ids[len(ids)-1] {
			w.Errorf("%+v", s)
		}
	})
	in(t, func(w *world) { // and comes the second time
		lost := 0
		w.wire.at(exchange, func(r *http.Request) (*http.Response, error) {
			if lost++; lost < 3 {
				return nil, errors.New("lost")
			}
			return w.wire.box.RoundTrip(r)
		})
		w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank}).ends(connect.Connected)
	})
	in(t, func(w *world) { // and the token is refused for another reason
		w.wire.at(exchange, status(400, `{"error_code":"link_session_error.invalid_token_exchange"}`))
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank})
		if s := k.ends(connect.Failed); !isCode(s.Err, moneykit.InvalidTokenExchange) {
			w.Errorf("%v", s.Err)
		}
	})
}

func TestCancelInEveryPhase(t *testing.T) {
	asked := moneykit.LinkSessionRequest{InstitutionID: credentialsBank}
	for name, reach := range map[string]func(*world) *walk{
		"opening": func(w *world) *walk {
			w.wire.at("POST /link-session", silence)
			return w.walks(asked)
		},
		"on the way to a question": func(w *world) *walk {
			w.wire.at("POST /sandbox/connect/next", silence)
			return w.walks(asked)
		},
		"asking": func(w *world) *walk {
			k := w.walks(asked)
			k.asks(connect.AskCredentials)
			return k
		},
		"handing in": func(w *world) *walk {
			k := w.walks(asked)
			k.logsIn("user_good", "pass_good")
			k.asks(connect.AskAccounts)
			w.wire.at("POST /sandbox/connect", silence)
			k.run.Answer(connect.Answer{})
			return k
		},
		"exchanging": func(w *world) *walk {
			w.wire.at(exchange, silence)
			k := w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank})
			k.waits(func(s connect.State) bool { return s.Phase == connect.Exchanging })
			return k
		},
		"following": (*world).connecting,
		"looking at the link": func(w *world) *walk {
			k := w.connecting()
			w.wire.at("GET /links/", silence)
			time.Sleep(10 * time.Second)
			return k
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				k := reach(w)
				synctest.Wait()
				k.run.Cancel()
				if phase := k.run.State().Phase; phase != connect.Failed {
					w.Errorf("%s after Cancel", phase)
				}
				if s := k.ends(connect.Failed); !errors.Is(s.Err, context.Canceled) {
					w.Errorf("%v", s.Err)
				}
				k.run.Cancel()
			})
			in(t, func(w *world) { // or with what is around it
				ctx, cancel := context.WithCancel(w.Context())
				k := reach(w)
				again := w.follows(k.run.Again(ctx))
				synctest.Wait()
				cancel()
				k.run.Cancel()
				if s := again.ends(connect.Failed); !errors.Is(s.Err, context.Canceled) {
					w.Errorf("%v", s.Err)
				}
			})
		})
	}
}

func TestExchangeAfterCancel(t *testing.T) {
	in(t, func(w *world) {
		w.wire.at(exchange, silence)
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: instantBank})
		k.waits(func(s connect.State) bool { return s.Phase == connect.Exchanging })
		k.run.Cancel()
		k.ends(connect.Failed)
		w.wire.mend()
		if s := w.follows(k.run.Again(w.Context())).ends(connect.Connected); len(s.Events) != 0 {
			w.Errorf("%+v", s)
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{})
		k.asks(connect.AskInstitution)
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		if s, err := k.run.Next(ctx, k.latest.Version); !errors.Is(err, context.DeadlineExceeded) || s.Version != k.latest.Version {
			w.Errorf("%+v, %v", s, err)
		}
		k.run.Cancel()
	})
}
