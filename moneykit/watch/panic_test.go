package watch_test

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"till/moneykit"
	"till/moneykit/watch"
)

// panics answers with a token and then no more.
type panics struct{}

func (panics) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/auth/token" {
		panic("broken")
	}
	rec := httptest.NewRecorder()
	rec.WriteHeader(http.StatusCreated)
	_, _ = rec.WriteString(`{"access_token":"t","token_type":"bearer","expires_in":86400}`)
	return rec.Result(), nil
}

// Whoever calls Run can recover from a panic of what it started.
func TestRunPanicsInPlaceOfItsWork(t *testing.T) {
	for name, begin := range map[string]func(*watch.Watcher) error{
		"read":    func(w *watch.Watcher) error { w.Add("mk_1"); return nil },
		"refresh": func(w *watch.Watcher) error { return w.Refresh("mk_1", moneykit.ProductAccounts) },
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")}, moneykit.WithTransport(panics{}))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := watch.New(client, watch.WithBudget(math.Inf(1), 4))
			ended := make(chan any)
			go func() {
				defer func() { ended <- recover() }()
				w.Run(ctx)
			}()
			synctest.Wait()
			if err := begin(w); err != nil {
				t.Fatal(err)
			}
			if told, _ := (<-ended).(string); !strings.HasPrefix(told, "broken\n") || !strings.Contains(told, "RoundTrip") {
				t.Errorf("%s: %q", name, told)
			}
		})
	}
}
