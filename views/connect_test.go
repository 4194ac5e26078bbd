package views

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
)

// login fills in a bank's form.
func (w *world) login(user, password string) {
	w.Type(user)
	w.Press("enter")
	w.Type(password)
	w.Press("enter")
}

// newLink begins a new link in the terminal and chooses an institution.
func (w *world) newLink(institution string) {
	w.newLinkAt(institution)
}

func (w *world) newLinkAt(institution string) {
	w.Press("n", "enter", "enter", "enter")
	w.Sees("session ▸ Connect")
	w.Type(institution)
	w.Press("enter")
}

// isLinked waits until the new link is open.
func (w *world) isLinked(institution string) {
	w.Wait(6 * time.Second)
	w.Sees("Links ▸ "+institution, "● connected", institution+" is connected", "1 Overview")
}

func TestNewLinkWithEveryLogin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		user, password string
		answer         func(*world)
	}{
		"no question":   {"user_good", "pass_good", func(*world) {}},
		"first persona": {"user_1", "pass_good", func(*world) {}},
		"other persona": {"user_2", "pass_good", func(*world) {}},
		"device": {"user_good", "mfa_device", func(w *world) {
			w.Sees("device ending in 4821", "otp")
			w.Type("4321")
			w.Press("enter")
			w.Sees("Answer 1 is not right", "user_input_incorrect", "device ending in 4821")
			w.Type("1234")
			w.Press("enter")
		}},
		"questions": {"user_good", "mfa_question", func(w *world) {
			w.Sees("the Sandbox expects Hello")
			w.Type("Hello")
			w.Press("enter")
			w.Sees("the Sandbox expects World")
			w.Type("Moon")
			w.Press("enter")
			w.Sees("Answer 2 is not right", "expects Hello")
			w.Type("Hello")
			w.Press("enter")
			w.Type("World")
			w.Press("enter")
		}},
		"choice": {"user_good", "mfa_selections", func(w *world) {
			w.Sees("Red", "Blue", "Green", "the Sandbox expects Blue")
			w.Press("enter")
			w.Sees("is not right", "Green")
			w.Press("down")
			w.Sees("▌ Blue")
			w.Press("enter")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, 120, 40, func(_ *testing.T, w *world) {
				w.newLink("creden")
				w.Sees("Credentials Bank: what is shared?", "[x] transactions")
				w.Press("enter")
				w.login(test.user, "wrong")
				w.Sees("user name or password is wrong", "error_id: invalid_credentials", "request id req_", "Username at Credentials Bank")
				w.login(test.user, test.password)
				w.Misses(test.password + " ") // the password itself is masked
				test.answer(w)
				w.Sees("Which accounts are shared?", "[x] Checking", "accounts")
				w.Press("enter")
				w.Sees("success", "◌ connecting")
				w.isLinked("Credentials Bank")
			})
		})
	}
}

func TestNewLinkAtOAuthBank(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.newLink("oauth")
		w.Press("enter") // what is shared
		w.Sees("Let this app see your accounts?", "In a browser this is a page of OAuth Bank")
		w.Press("down", "enter")
		w.Sees("Access was denied at OAuth Bank", "error_id: user_oauth_denied", "Allow access")
		w.Press("enter")
		w.Sees("Which accounts are shared?", "open_oauth")
		w.Press("enter")
		w.isLinked("OAuth Bank")
	})
}

func TestNewLinkAtInstantBank(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.newLink("instant")
		w.isLinked("Instant Bank")
		w.Press("esc")
		w.Sees("13 links")
	})
}

func TestNewLinkAsksForWhatIsTicked(t *testing.T) {
	t.Parallel()
	in(t, 80, 30, func(t *testing.T, w *world) {
		w.Press("n")
		w.Press("down", "space", "enter") // account numbers too
		w.Type("-7")
		w.Press("enter", "down", "down", "enter")
		w.Sees("more settings", "Institution id")
		w.Type("moneykit-creds-bank")
		w.Press("enter", "enter")
		w.Type("vip, demo")
		w.Press("enter")
		w.Type("nonsense")
		w.Press("enter")
		w.Sees("a webhook is a URL")
		for range len("nonsense") {
			w.Press("backspace")
		}
		w.Type("https://app.example/hook")
		w.Press("enter", "enter", "enter")
		w.Sees("[x] transactions", "[x] account numbers")
		w.Press("down", "space", "enter") // no transactions
		w.login("user_good", "pass_good")
		w.Press("down", "space", "down", "space", "enter") // Checking alone
		w.isLinked("Credentials Bank")
		w.Sees("tags         vip, demo", "webhook      https://app.example/hook", "account numbers  now")
		w.Misses("transactions     now")
		w.Press("2")
		w.Sees("Checking")
		w.Misses("Savings")
	})
}

func TestConnectIsLeftAndTriedAgain(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.newLink("creden")
		w.Press("enter")
		w.Sees("Username", "esc another institution")
		w.Press("esc")
		w.Sees("Choose your institution", "esc leave Connect")
		w.Press("esc")
		w.Sees("left before the end", "exit", "r try again")
		w.Press("r")
		w.Type("instant")
		w.Press("enter")
		w.isLinked("Instant Bank")
	})
}

func TestASearchThatFindsNothingGoesNowhere(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.newLink("no such bank")
		w.Press("enter")
		w.Sees("Choose your institution")
		w.Misses("select_institution")
	})
}

func TestASessionThatIsRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodPost, "/link-session", status(403, `{"error_code":"link_session_error.forbidden_config","error_message":"redirect_uri is not approved"}`))
		w.Press("n", "enter", "enter", "enter")
		w.Sees("redirect_uri is not approved", "request id req_broken", "r try again")
		w.wire.mends()
		w.Press("r")
		w.Sees("Choose your institution")
		w.Press("esc", "esc")
		w.Sees("12 links")
	})
}

func TestAnExchangeThatGotLostIsTriedAgainWithItsToken(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodPost, "/exchange-token", func(*http.Request) (*http.Response, error) {
			return nil, errors.New("connection reset by peer")
		})
		w.newLink("instant")
		w.Sees("Exchanging the token")
		w.Press("esc") // does not cut it off
		w.Wait(25 * time.Second)
		w.Sees("cannot be reached", "r try again")
		w.wire.mends()
		w.Press("r")
		w.isLinked("Instant Bank") // without a question
	})
}

func TestRelinkStartsOverAfterAWrongAnswer(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 4)
		w.Press("R", "enter")
		w.login("user_good", "wrong")
		w.Sees("request id req_", "Username")
		w.login("user_good", "mfa_device")
		w.Type("9999")
		w.Press("enter")
		w.Sees("Answer 1 is not right", "device ending in")
		w.Type("1234")
		w.Press("enter")
		w.Sees("◌ connecting")
		w.Wait(5 * time.Second)
		w.Sees("Credentials Bank is relinked", "● 6 connected")
	})
}

func TestRelinkAtOAuthBank(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 2)
		w.Press("R", "enter")
		w.Press("down", "enter")
		w.Sees("Access was denied at OAuth Bank", "Allow access")
		w.Press("enter")
		w.Wait(6 * time.Second)
		w.Sees("is relinked")
	})
}

func TestRelinkAddsProducts(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("R")
		w.Sees("This link is connected", "Ask for more products?", "[ ] investments")
		w.Misses("enrichment")
		w.Press("space", "enter", "enter")
		w.Sees("Credentials Bank: what is shared?", "[x] investments")
		w.Press("enter")
		w.login("user_good", "pass_good")
		w.Wait(6 * time.Second)
		w.Press("enter")
		w.Sees("investments      now")
	})
}

func TestMarkedLinksAreRelinkedOneAfterAnother(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("a", "R")
		w.Sees("Relink 3 links", "OAuth Bank (auth expired)", "9 skipped, since", "5 connected", "1 deleted")
		w.Press("enter")
		w.Sees("1 of 3", "Relink OAuth Bank")
		w.Press("enter")
		w.Wait(6 * time.Second)
		w.Sees("2 of 3", "Username")
		w.Press("esc")
		w.Sees("left before the end", "n next link")
		w.Press("r")
		w.Sees("2 of 3", "Username")
		w.Press("esc", "n")
		w.Sees("3 of 3")
		if !strings.Contains(w.Frame(), "Username") {
			w.Press("enter")
		} else {
			w.login("user_good", "pass_good")
		}
		w.Wait(6 * time.Second)
		w.Sees("● relinked", "○ left as it was", "esc back")
		w.Press("esc")
		w.Sees("12 links", "12 marked")
	})
}

func TestMarkedLinksThatNeedNoRelink(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("space", "R")
		w.Sees("Nothing to relink", "1 skipped, since a relink would not help: 1", "connected.")
		w.Press("enter")
		w.Sees("1 marked")
	})
}

func TestALinkThatBreaksWhileItIsFollowed(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.newLink("instant")
		ids := w.sandbox.LinkIDs()
		if err := w.sandbox.SetState(ids[len(ids)-1], "error", string(moneykit.InstitutionError)); err != nil {
			t.Fatal(err)
		}
		w.Wait(3 * time.Second)
		w.Sees("exists and is not connected", "enter opens it")
	})
}

func TestReadOnlyHasNoNewLinks(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Press("n")
		w.Misses("New link")
	}, func(w *world) { w.app.ReadOnly = true })
}

func TestQuittingAsksWhileConnectIsInFlight(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.newLink("creden")
		w.Sees("1 in flight", "Connect is open")
		w.Press("ctrl+c")
		w.Sees("Leave till?")
		w.Press("esc", "esc", "esc")
		w.Sees("left before the end", "0 in flight")
		w.Press("esc")
		w.Sees("12 links")
	})
}

func TestWhereConnectIs(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]connect.Browser{
		keystore.DefaultBaseURL: {Host: connect.DefaultHost, Redirect: "http://localhost:4711/back"},
		"https://proxy.example": {Host: connect.DefaultHost, Redirect: "http://localhost:4711/back"},
		"http://127.0.0.1:8787": {Host: "http://127.0.0.1:8787"}, // a Sandbox takes any
	} {
		client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")}, moneykit.WithBaseURL(base))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := keystore.Open(keystore.WithDir(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		profile := keystore.Profile{Name: "shop", Mode: keystore.Sandbox, BaseURL: keystore.DefaultBaseURL, ClientID: "id"}
		keys.Hold(profile, "secret")
		s := newSession(&App{Keys: func() (*keystore.Store, error) { return keys, nil }}, profile, keystore.FromSession, client, memory(t))
		if err := keys.SetRedirect("shop", "http://localhost:4711/back"); err != nil { // after the session was opened
			t.Fatal(err)
		}
		if got := s.browser(); got != want {
			t.Errorf("%s: %+v, want %+v", base, got, want)
		}
	}
}

func TestKeysTypedAheadOfTheBankDoNothingElse(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		slow := make(chan struct{})
		w.wire.breaks(http.MethodPost, "/link-session", func(*http.Request) (*http.Response, error) {
			<-slow
			return nil, nil
		})
		w.at(t, 4)
		w.Press("R", "enter", "q", "r", "enter", "?", "L")
		w.Sees("Opening a link session", "esc give up")
		close(slow)
		w.Settle()
		w.Sees("Username at Credentials Bank")
		w.Press("esc", "esc")
		w.Sees("12 links")
	})
}

func TestTheRedirectURIOfAProfileIsChanged(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		keys, err := w.app.Keys()
		if err != nil {
			t.Fatal(err)
		}
		keys.Hold(keystore.Profile{Name: "shop", Mode: keystore.Sandbox, BaseURL: keystore.DefaultBaseURL, ClientID: "id"}, "secret")
		w.Press("p", "u")
		w.Sees("the embedded Sandbox takes any")
		w.Press("down", "u")
		w.Sees("Redirect URI of shop", keystore.DefaultRedirectURI)
		w.Press("ctrl+u")
		w.Type("ftp://x")
		w.Press("enter")
		w.Sees("the redirect URI must begin with https")
		w.Press("ctrl+u")
		w.Type("https://shop.example/back")
		w.Press("enter")
		w.Misses("Redirect URI of shop")
		if got := keys.Profiles()[0].RedirectURI; got != "https://shop.example/back" {
			t.Errorf("%q", got)
		}
	})
}

func TestSettingsAreChangedAfterARefusal(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("n", "enter", "enter", "down", "down", "enter")
		w.Type("no-bank")
		for range 6 {
			w.Press("enter")
		}
		w.Sees("does not allow this link session", "e settings")
		w.Press("e")
		w.Sees("more settings", "> no-bank")
		w.Press("ctrl+u")
		w.Type("moneykit-instant-bank")
		for range 6 {
			w.Press("enter")
		}
		w.isLinked("Instant Bank")
		w.Press("esc")
		w.Sees("13 links") // and not what failed before
	})
}

func TestEscClearsASearchFirst(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("n", "enter", "enter", "enter")
		w.Type("zzz")
		w.Misses("Credentials Bank")
		w.Press("esc")
		w.Sees("Credentials Bank · US", "esc leave Connect")
		w.Press("esc")
		w.Sees("left before the end")
	})
}

func TestNoAccountIsRefusedOnTheSpot(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.newLink("creden")
		w.Press("enter")
		w.login("user_good", "pass_good")
		w.Press("space", "down", "space", "down", "space", "enter")
		w.Sees("tick an account with space", "Which accounts are shared?")
	})
}

// The events give way where there is no room for them.
func TestConnectInASmallTerminal(t *testing.T) {
	t.Parallel()
	in(t, 60, 16, func(_ *testing.T, w *world) {
		w.newLinkAt("creden")
		w.Press("enter")
		w.Sees("Username at Credentials Bank", "Password")
		w.Misses("EVENTS")
	})
}
