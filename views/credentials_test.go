package views

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
	"till/ui"
)

const secret = "s3cr3t-canary"

// inProfile runs test with till started without --sandbox.
func inProfile(t *testing.T, test func(*testing.T, *world), setUp ...func(*world)) {
	t.Helper()
	in(t, 80, 24, test, append(setUp, func(w *world) {
		w.first = First(w.app, false, w.profile, "")
	})...)
}

// fill fills the form of credentials for the Sandbox behind the wire.
func (w *world) fill(secret string) {
	w.fillUpToRedirect(secret)
	w.Press("enter")
}

func (w *world) fillUpToRedirect(secret string) {
	w.Type("acme")
	w.Press("enter", "enter") // the mode stays Sandbox
	w.Type(sandbox.DefaultClientID)
	w.Press("enter")
	w.Type(secret)
	w.Press("enter")
	for range len(keystore.DefaultBaseURL) {
		w.Press("backspace")
	}
	w.Type(sandboxURL)
	w.Press("enter")
}

// redirectTo types another redirect URI into the form's last field.
func (w *world) redirectTo(uri string) {
	w.Send(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
	w.Paste(uri)
	w.Press("enter")
}

func TestWelcome(t *testing.T) {
	t.Parallel()
	inProfile(t, func(_ *testing.T, w *world) {
		w.Sees("Explore the Sandbox", "Add MoneyKit credentials")
		w.Press("enter")
		w.Sees("12 links", "sandbox")
	})
}

func TestCredentialsAreTriedBeforeTheyAreStored(t *testing.T) {
	t.Parallel()
	inProfile(t, func(t *testing.T, w *world) {
		w.Press("down", "enter")
		w.Sees("Profile name", "Client secret", "Base URL")
		w.fill("wrong")
		w.Sees("MoneyKit refused the client id or secret", "[req_", sandbox.DefaultClientID)
		if n := w.wire.asked("GET /auth/introspect"); n != 0 {
			t.Errorf("asked %d times who it is without a token", n)
		}
		keys, err := w.app.Keys()
		if err != nil {
			t.Fatal(err)
		}
		if profiles := keys.Profiles(); len(profiles) > 0 {
			t.Errorf("wrong credentials were stored: %v", profiles)
		}
	})
}

func TestWithoutAKeyringASecretLivesForTheSession(t *testing.T) {
	t.Parallel()
	inProfile(t, func(t *testing.T, w *world) {
		w.Press("down", "enter")
		w.fill(sandbox.DefaultClientSecret)
		w.Wait(time.Minute) // the keyring has its deadline
		w.Sees("The credentials work, the keyring does not", "till stores a secret nowhere else")
		w.Press("enter") // no is the default
		w.Sees("Add MoneyKit credentials")

		w.Press("enter")
		w.fill(sandbox.DefaultClientSecret)
		w.Wait(time.Minute)
		w.Press("left", "enter")
		w.Sees("acme", "secret not saved", "● connected")
		w.Press("p")
		w.Sees("acme", "not saved", "Embedded Sandbox")
		keys, err := w.app.Keys()
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(filepath.Dir(keys.Path()))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(filepath.Join(filepath.Dir(keys.Path()), file.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), sandbox.DefaultClientSecret) {
				t.Errorf("the secret is in %s", file.Name())
			}
		}
	})
}

func TestTheRedirectURIIsKept(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		keystore.DefaultRedirectURI: keystore.DefaultRedirectURI,
		" https://x.example/back ":  "https://x.example/back",
		" ":                         "",
	} {
		inProfile(t, func(t *testing.T, w *world) {
			w.Press("down", "enter")
			w.fillUpToRedirect(sandbox.DefaultClientSecret)
			w.redirectTo(typed)
			w.Wait(time.Minute) // the keyring has its deadline
			w.Press("left", "enter")
			w.Sees("acme", "● connected")
			keys, err := w.app.Keys()
			if err != nil {
				t.Fatal(err)
			}
			if p, ok := keys.Current(); !ok || p.RedirectURI != want {
				t.Errorf("%q was kept as %q, want %q", typed, p.RedirectURI, want)
			}
		})
	}
}

func TestAWrongRedirectURIIsToldInTheForm(t *testing.T) {
	t.Parallel()
	inProfile(t, func(t *testing.T, w *world) {
		w.Press("down", "enter")
		w.fillUpToRedirect(sandbox.DefaultClientSecret)
		w.redirectTo("https://x.example/?state=1")
		w.Sees("the redirect URI must not carry a query", "https://x.example/?state=1")
		if n := w.wire.asked("POST /auth/token"); n != 0 {
			t.Errorf("the API was asked for a token %d times", n)
		}
	})
}

// The smallest terminal shows less than half of the form's lines at once.
func TestTheFormOfCredentialsFitsTheSmallestTerminal(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {ui.MinWidth, ui.MinHeight}} {
		in(t, size[0], size[1], func(_ *testing.T, w *world) {
			w.Press("p", "n")
			w.Sees("Profile name", "acme sandbox")
			w.Type("acme")
			w.Press("enter")
			w.Sees("Mode of the app", "Sandbox · test data", "Live · real customers")
			w.Press("enter")
			w.Sees("Client id")
			w.Type("till-id")
			w.Press("enter")
			w.Sees("till-id", "Client secret")
			w.Type("wrong")
			w.Press("enter")
			w.Sees("> *****", "Base URL", keystore.DefaultBaseURL)
			w.Press("enter")
			w.Sees("Redirect URI for OAuth banks", "approved at MoneyKit; till listens there", keystore.DefaultRedirectURI)
			w.redirectTo("x")
			w.Sees("the redirect URI must begin with https://", "Redirect URI for OAuth banks", "> x")
		})
	}
}

func TestTheEnvironmentWins(t *testing.T) {
	t.Parallel()
	inProfile(t, func(_ *testing.T, w *world) {
		w.Sees("environment", "LIVE", "● connected")
	}, func(w *world) {
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return keystore.Profile{Name: "environment", Mode: keystore.Live, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID},
				moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
	})
}

func TestALiveProfileCannotBeReset(t *testing.T) {
	t.Parallel()
	inProfile(t, func(_ *testing.T, w *world) {
		w.Press("x")
		w.Sees("a reset is for testing, and this profile is Live")
		w.Press("R")
		w.Sees("Relink", "in a browser")
		w.Misses("here in the terminal")
		w.Press("esc")
		w.Press("p", "down")
		w.Sees("Profiles", "LIVE")
	}, func(w *world) {
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return keystore.Profile{Name: "environment", Mode: keystore.Live, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID},
				moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
	})
}

func TestAnUnknownProfileIsNamed(t *testing.T) {
	t.Parallel()
	inProfile(t, func(_ *testing.T, w *world) {
		w.Sees(`there is no profile "nobody"`, "r try again")
	}, func(w *world) { w.profile = "nobody" })
}

func TestADamagedIndexIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "profiles.json")
	if err := os.WriteFile(path, []byte("{damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	inProfile(t, func(t *testing.T, w *world) {
		w.Sees("profiles.json")
		w.Misses("Explore the Sandbox")
		raw, err := os.ReadFile(path)
		if err != nil || string(raw) != "{damaged" {
			t.Errorf("the file is now %q, %v", raw, err)
		}
	}, func(w *world) {
		w.app.Keys = func() (*keystore.Store, error) { return keystore.Open(keystore.WithDir(dir)) }
	})
}

// TestASecretIsNeverDrawn types a secret, fails with it in every way, and looks
// at each frame.
func TestASecretIsNeverDrawn(t *testing.T) {
	t.Parallel()
	inProfile(t, func(t *testing.T, w *world) {
		w.Press("down", "enter")
		for _, fault := range []func(*http.Request) (*http.Response, error){
			unplugged, status(500, `{"error_message":"`+secret[:1]+`"}`), status(401, `{}`), status(201, `{"access_token":`),
		} {
			w.wire.breaks(http.MethodPost, "/auth/token", fault)
			w.fill(secret)
			w.Misses(secret)
			w.Press("esc", "enter")
			w.Misses(secret)
		}
	})
}

func TestClosingTheFormGivesUpTheCheck(t *testing.T) {
	t.Parallel()
	inProfile(t, func(t *testing.T, w *world) {
		w.Press("down", "enter")
		gone := false
		w.wire.breaks(http.MethodPost, "/auth/token", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			gone = true
			return nil, r.Context().Err()
		})
		w.fill(sandbox.DefaultClientSecret)
		w.Sees("Working…", "esc cancel")
		w.Press("esc")
		w.Wait(2 * time.Minute)
		w.Sees("Explore the Sandbox")
		w.Misses("Add MoneyKit credentials ─", "refused", "keyring does not")
		keys, err := w.app.Keys()
		if err != nil {
			t.Fatal(err)
		}
		if profiles := keys.Profiles(); len(profiles) > 0 || !gone {
			t.Errorf("profiles %v, the request gone: %v", profiles, gone)
		}
	})
}
