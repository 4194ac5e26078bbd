package views

import (
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/sandbox"
	"till/ui"
)

// mortal is an App on a Sandbox of its own, each of which tells when it is gone.
func mortal(gone chan<- string) *App {
	world, calls := sandbox.New(), inspect.NewLog()
	app := &App{
		Calls: calls, Drift: moneykit.NewDriftReport(), Guest: true,
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithTransport(world.Transport()), moneykit.WithObserver(calls.Add), moneykit.WithRateLimit(0, 0))
		},
		Sandbox: func() (Embedded, error) {
			var ids []moneykit.LinkID
			for _, id := range world.LinkIDs() {
				ids = append(ids, moneykit.LinkID(id))
			}
			return Embedded{
				URL: sandboxURL, Links: func() []moneykit.LinkID { return ids }, Controls: &Controls{Now: world.Now, Advance: world.Advance, Faults: world.ActiveFaults},
				Credentials: moneykit.Credentials{ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret)},
			}, nil
		},
	}
	tell := func(what string) { gone <- what }
	runtime.AddCleanup(app, tell, "app")
	runtime.AddCleanup(world, tell, "world")
	runtime.AddCleanup(calls, tell, "calls")
	return app
}

// drawn tells once that a frame shows links, and lets the model be as it is.
type drawn struct {
	*ui.Shell
	links func()
}

func (d drawn) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := d.Shell.Update(msg)
	if news, ok := msg.(newsMsg); ok && len(news.snapshots) > 0 {
		d.links()
	}
	return d, cmd
}

// Nothing of a session is left when it ends in the middle, neither goroutines, of
// which TestMain takes care, nor memory.
func TestASessionThatIsCutOffLeavesNothing(t *testing.T) {
	gone := make(chan string, 3)
	ctx, cancel := context.WithCancel(t.Context())
	program := tea.NewProgram(drawn{ui.NewShell(ctx, First(mortal(gone), true, "", "")), cancel}, tea.WithContext(ctx), tea.WithInput(nil),
		tea.WithOutput(io.Discard), tea.WithWindowSize(80, 24), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignalHandler())
	_, _ = program.Run() // ends as a program does whose context has ended
	program = nil
	for left, until := 3, time.After(beatEvery/2); left > 0; {
		runtime.GC()
		select {
		case <-gone:
			left--
		case <-until:
			t.Fatalf("%d of a session's app, world and calls are still in memory", left)
		default:
			runtime.Gosched()
		}
	}
}
