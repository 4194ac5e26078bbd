package views

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit/connect"
	"till/moneykit/connect/connecttest"
	"till/ui/qr"
)

// inBrowser begins a new link in a browser.
func (w *terminal) inBrowser() {
	w.sees("5 connected")
	w.key('n')
	w.sees("Customer user id")
	for _, key := range []rune{tea.KeyEnter, tea.KeyEnter, tea.KeyDown, tea.KeyEnter} {
		w.key(key)
	}
}

func TestNewLinkInABrowser(t *testing.T) {
	t.Parallel()
	pages := make(chan string, 2)
	tm := newTerminal(t, func(app *App) {
		app.Browse = func(page string) error {
			pages <- page
			return nil
		}
	})
	tm.inBrowser()
	tm.sees("Connect is open in your browser")
	tm.key('o')
	tm.sees("told to open the page")
	tm.key(tea.KeyEscape)
	tm.sees("Leave Connect?")
	tm.key(tea.KeyEscape)
	v := connecttest.Visit(t, <-pages)
	v.Tells("link.event", map[string]any{"name": "select_institution", "properties": map[string]any{"institution_name": "Evil \x1b[31m\u202ebank"}})
	tm.sees("select_institution")
	tm.sees("␛[31m⍰bank")
	v.Tells("link.complete", map[string]any{"exchangeableToken": v.Links()})
	tm.sees("Instant Bank is connected")
	tm.sees("1 Overview")
	tm.leaves()
}

func TestConnectInABrowserIsLeftWithAnError(t *testing.T) {
	t.Parallel()
	pages := make(chan string, 2)
	tm := newTerminal(t, func(app *App) {
		app.Browse = func(page string) error {
			pages <- page
			return nil
		}
	})
	tm.inBrowser()
	v := connecttest.Visit(t, <-pages)
	v.Tells("link.exit", map[string]any{"error": map[string]any{"error_id": "institution_down", "displayed_message": "The bank is down.", "request_id": "req_4711"}})
	tm.sees("The bank is down.")
	tm.sees("institution_down")
	tm.sees("req_4711")
	tm.key('r')
	v = connecttest.Visit(t, <-pages) // a page of its own
	v.Tells("link.exit", map[string]any{"error": nil})
	tm.sees("left before the end")
	tm.leaves()
}

// TestConnectOverSSH has no browser: it shows where the page is, and takes a token
// from elsewhere.
func TestConnectOverSSH(t *testing.T) {
	t.Parallel()
	pages := make(chan string, 2)
	tm := newTerminal(t, func(app *App) {
		app.Browse = func(page string) error {
			pages <- page
			return connect.ErrRemote
		}
		app.Tunnel = func(addresses ...string) string {
			if len(addresses) != 2 || !strings.HasPrefix(addresses[1], "http://127.0.0.1:") {
				t.Errorf("a tunnel to %q", addresses)
			}
			return "ssh -N -L 4711:127.0.0.1:4711 demo@host"
		}
	})
	tm.inBrowser()
	tm.sees("computer in front of you")
	tm.sees("ssh -N -L 4711:127.0.0.1:4711 demo@host")
	page := <-pages
	tm.sees(page[:30])
	tm.sees(qr.Lines(page)[5])
	tm.key('c')
	tm.sees("Address copied")
	tm.key('s')
	tm.sees("SSH command copied")
	v := connecttest.Visit(t, page)
	token := v.Links() // in another place, that tells nobody
	tm.key('v')
	tm.sees("Paste an exchangeable token")
	tm.Send(tea.PasteMsg{Content: token})
	tm.key(tea.KeyEnter)
	tm.sees("Instant Bank is connected")
	tm.leaves()
	if _, err := (&http.Client{Timeout: time.Second}).Get(page); err == nil {
		t.Error("the page is still there")
	}
}
