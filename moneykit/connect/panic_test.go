package connect_test

import (
	"net/http"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
)

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("broken") }

// Nobody could recover from a panic of a Run's own goroutine.
func TestAPanicIsAFailedRun(t *testing.T) {
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
		moneykit.WithTransport(panics{}), moneykit.WithRetries(0), moneykit.WithObserver(func(moneykit.Exchange) { panic("broken") }))
	if err != nil {
		t.Fatal(err)
	}
	run := connect.InTerminal(t.Context(), client, panics{}, moneykit.LinkSessionRequest{ExistingLinkID: "mk_1"})
	defer run.Cancel()
	for seen := 0; ; {
		state, err := run.Next(t.Context(), seen)
		if err != nil {
			t.Fatal(err)
		}
		if seen = state.Version; state.Phase == connect.Failed {
			if !strings.Contains(state.Err.Error(), "broke off") {
				t.Error(state.Err)
			}
			return
		}
	}
}
