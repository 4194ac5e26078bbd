// Command fleet shows till over a server with many links, with a mirror whose key
// needs no keyring, to measure what their number costs from start to start.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/inspect"
	"till/ui"
	"till/views"
)

// framesPerSecond is till's own.
const framesPerSecond = 120

func main() {
	server := flag.String("server", "", "URL of the Sandbox")
	mirrors := flag.String("mirrors", "", "folder of the mirror")
	poll := flag.Float64("poll", 4, "requests a second")
	flag.Parse()
	profile := keystore.Profile{Name: "bench", Mode: keystore.Sandbox, BaseURL: *server, ClientID: "bench"}
	key := func(context.Context, string) ([]byte, error) { return make([]byte, 32), nil }
	app := &views.App{
		Calls: inspect.NewLog(), Drift: moneykit.NewDriftReport(), Program: "till bench", Poll: poll,
		Keys: sync.OnceValues(func() (*keystore.Store, error) { return keystore.Open(keystore.WithDir(*mirrors)) }),
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithRateLimit(0, 0))
		},
		Mirror: func(ctx context.Context, p keystore.Profile) (views.KeptMirror, error) {
			return views.OpenMirror(ctx, key, *mirrors, p)
		},
		Environment: func() (keystore.Profile, moneykit.Secret, bool, error) {
			return profile, moneykit.NewSecret("bench"), true, nil
		},
	}
	shell := ui.NewShell(context.Background(), views.First(app, false, "", ""))
	if _, err := tea.NewProgram(shell, tea.WithFPS(framesPerSecond)).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
