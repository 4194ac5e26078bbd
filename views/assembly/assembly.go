// Package assembly puts the parts together: the App of whoever sits at this computer, and
// that of a guest who comes over SSH. It draws nothing and decides nothing.
package assembly

import (
	"context"
	"crypto/rand"
	"net/http"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/inspect"
	"till/moneykit/privacy"
	"till/moneykit/sandbox"
	"till/views"
)

// line is how the clients of an App reach MoneyKit.
type line struct {
	version   string // of this program
	transport func(baseURL string) http.RoundTripper
	options   func(baseURL string) []moneykit.Option
}

// lay gives an App clients with a log of their own. With a mask they read nothing that
// is not masked.
func (l line) lay(app *views.App, mask *privacy.Mask, kept ...inspect.Option) {
	calls, drift := inspect.NewLog(kept...), moneykit.NewDriftReport()
	app.Calls, app.Drift, app.Program, app.Masked = calls, drift, "till "+l.version, mask != nil
	transport := l.transport
	if mask != nil {
		app.Pseudonym = func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.ID(string(id))) }
		app.Reveal = func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.Reveal(string(id))) }
		transport = func(baseURL string) http.RoundTripper { return mask.Transport(l.transport(baseURL)) }
	}
	app.Client = func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
		return moneykit.New(creds, append(l.options(baseURL),
			moneykit.WithBaseURL(baseURL), moneykit.WithTransport(transport(baseURL)), moneykit.WithUserAgent("till/"+l.version),
			moneykit.WithObserver(calls.Add), moneykit.WithDriftReport(drift))...)
	}
	app.Connect = func(ctx context.Context, c *moneykit.Client, r moneykit.LinkSessionRequest) *connect.Run {
		return connect.InTerminal(ctx, c, transport(c.BaseURL()), r)
	}
}

// pair is an App and the same with privacy on, each made when it is first asked for.
type pair struct {
	build         func(mask *privacy.Mask) *views.App
	plain, masked *views.App
}

func (p *pair) app(on bool) *views.App {
	app, mask := &p.plain, (*privacy.Mask)(nil)
	if on {
		app = &p.masked
	}
	if *app == nil {
		if on {
			mask = newMask()
		}
		*app = p.build(mask)
		(*app).Mask = p.app
	}
	return *app
}

// newMask returns a Mask whose pseudonyms nobody has seen before.
func newMask() *privacy.Mask {
	key := make([]byte, privacy.KeySize)
	_, _ = rand.Read(key) // it never fails
	return privacy.New(key)
}

// embedded is a Sandbox of this process, as a client sees it at url.
func embedded(world *sandbox.Sandbox, url string, mask *privacy.Mask) views.Embedded {
	shown, real := func(id string) string { return id }, func(id string) string { return id }
	if mask != nil {
		shown, real = mask.ID, mask.Reveal
	}
	return views.Embedded{
		URL: url,
		Credentials: moneykit.Credentials{
			ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
		},
		Links: func() []moneykit.LinkID {
			var ids []moneykit.LinkID
			for _, id := range world.LinkIDs() {
				ids = append(ids, moneykit.LinkID(shown(id)))
			}
			return ids
		},
		Controls: &views.Controls{
			Now: world.Now, Advance: world.Advance, Faults: world.ActiveFaults, ClearFaults: world.ClearFaults,
			SetState: func(link moneykit.LinkID, state moneykit.LinkState, code moneykit.LinkError) error {
				return world.SetState(real(string(link)), string(state), string(code))
			},
			Fault: func(f views.SandboxFault) error {
				_, err := world.AddFault(sandbox.Fault{
					Status: f.Status, ErrorCode: f.ErrorCode, Latency: f.Latency, Truncated: f.Truncated, Malformed: f.Malformed, Reset: f.Reset,
					WrongTypes: f.WrongTypes, EscapeSequences: f.EscapeSequences, LoopingCursor: f.LoopingCursor, Times: f.Times,
				})
				return err
			},
		},
	}
}
