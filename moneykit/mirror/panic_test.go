package mirror_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/mirror"
)

// panics answers with a token and then no more.
type panics struct{ token bool }

func (p panics) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/auth/token" || !p.token {
		panic("broken")
	}
	rec := httptest.NewRecorder()
	rec.WriteHeader(http.StatusCreated)
	_, _ = rec.WriteString(`{"access_token":"t","token_type":"bearer","expires_in":86400}`)
	return rec.Result(), nil
}

// A panic of the client's transport, in goroutines of which the caller knows
// nothing, is a sync that has failed.
func TestAPanicIsAFailedSync(t *testing.T) {
	for told, transport := range map[string]panics{"reading broke off: broken": {true}, "asking for a token broke off": {false}} {
		client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
			moneykit.WithTransport(transport), moneykit.WithRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		store := mirror.NewMemory()
		if _, err := mirror.New(client, store).Sync(t.Context(), bank); err == nil || !strings.Contains(err.Error(), told) {
			t.Errorf("%v", err)
		}
		_ = store.Close()
	}
}
