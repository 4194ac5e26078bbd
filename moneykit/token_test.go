package moneykit_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

// slow answers after d, or not at all when the request is given up.
func slow(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			then(w, r)
		case <-r.Context().Done():
		}
	}
}

func numbered(n string) http.HandlerFunc {
	return answer(201, `{"access_token":"token-`+n+`","token_type":"bearer","expires_in":3600}`)
}

func TestTokenRequest(t *testing.T) {
	creds := credentials()
	creds.Scopes = []string{"links:read", "accounts"}
	a := &api{handle: answer(200, link())}
	c, err := moneykit.New(creds, moneykit.WithTransport(a), moneykit.WithUserAgent("till/test"))
	must(err)
	if err := errors.Join(get(t.Context(), c), get(t.Context(), c)); err != nil {
		t.Fatal(err)
	}
	if _, tokens := a.asked(); tokens != 1 {
		t.Fatalf("%d tokens for two calls", tokens)
	}
	req := a.tokens[0]
	same(t, "request", req.method+" "+req.uri, "POST /auth/token")
	same(t, "version", req.header.Get("MoneyKit-Version"), moneykit.Version)
	same(t, "agent", req.header.Get("User-Agent"), "till/test")
	form, err := url.ParseQuery(req.body)
	must(err)
	same(t, "form", form, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {testID}, "client_secret": {testSecret}, "scope": {"links:read accounts"},
	})
}

func TestTokenIsRenewedAheadOfItsEnd(t *testing.T) {
	for _, x := range []struct {
		lifetime    int
		good, stale time.Duration // ages at which it is still used, and no longer
	}{
		{3600, 58 * time.Minute, 59*time.Minute + time.Second},
		{60, 29 * time.Second, 31 * time.Second},
		{10, 4 * time.Second, 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &api{handle: answer(200, link()), lifetime: x.lifetime}
			c := inMemory(t, a)
			for i, age := range []time.Duration{0, x.good, x.stale - x.good} {
				time.Sleep(age)
				if err := get(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				_, tokens := a.asked()
				same(t, "tokens", tokens, []int{1, 1, 2}[i])
			}
			calls, _ := a.asked()
			same(t, "the last call's token", calls[2].header.Get("Authorization"), "Bearer token-2")
		})
	}
}

func TestManyCallersShareOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer token-1" {
				slow(time.Second, answer(401, expired))(w, r)
				return
			}
			answer(200, link())(w, r)
		}}
		a.token = sequence(slow(time.Second, numbered("1")), slow(time.Second, numbered("2")), numbered("3"))
		c := inMemory(t, a)
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() {
				if err := get(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		calls, tokens := a.asked()
		same(t, "tokens", tokens, 2) // the first one, and the one that replaces it
		same(t, "calls", len(calls), 400)
	})
}

// A caller that learns late that its token had expired uses the one that
// replaced it meanwhile.
func TestALateCallerUsesTheNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := sequence(answer(401, expired), slow(time.Minute/4, answer(401, expired)))
		a := &api{handle: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer token-1" {
				late(w, r)
				return
			}
			answer(200, link())(w, r)
		}}
		a.token = sequence(slow(time.Second, numbered("1")), numbered("2"), numbered("3"))
		c := inMemory(t, a)
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				if err := get(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		calls, tokens := a.asked()
		same(t, "calls and tokens", []int{len(calls), tokens}, []int{4, 2})
	})
}

func TestACallerThatLeavesLeavesTheRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(200, link())}
		a.token = slow(10*time.Second, numbered("1"))
		c := inMemory(t, a)
		ctx, cancel := context.WithCancel(t.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		go func() { left <- get(ctx, c) }() // starts the renewal
		synctest.Wait()
		go func() { stayed <- get(t.Context(), c) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-left:
			if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.Route != "/auth/token" {
				t.Errorf("%v", err)
			}
		default:
			t.Error("it still waits")
		}
		if err := <-stayed; err != nil {
			t.Error(err)
		}
		if _, tokens := a.asked(); tokens != 1 {
			t.Errorf("%d tokens", tokens)
		}
	})
}

func TestExpiredTokenIsReplacedOnce(t *testing.T) {
	t.Run("and the call goes through", func(t *testing.T) {
		a := &api{handle: sequence(answer(401, expired), answer(202, link()))}
		if _, err := inMemory(t, a).RefreshProducts(t.Context(), linkID, moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		calls, tokens := a.asked()
		if len(calls) != 2 || tokens != 2 || calls[1].header.Get("Authorization") != "Bearer token-2" {
			t.Fatalf("%d calls, %d tokens", len(calls), tokens)
		}
		same(t, "the body is sent again", calls[1].body, calls[0].body)
	})
	t.Run("and no more", func(t *testing.T) {
		a := &api{handle: answer(401, expired)}
		if err := get(t.Context(), inMemory(t, a)); !errors.Is(err, moneykit.ExpiredAccessToken) {
			t.Fatal(err)
		}
		if calls, tokens := a.asked(); len(calls) != 2 || tokens != 2 {
			t.Fatalf("%d calls, %d tokens", len(calls), tokens)
		}
	})
	t.Run("or the renewal's error is told", func(t *testing.T) {
		a := &api{handle: answer(401, expired)}
		a.token = sequence(numbered("1"), answer(401, `{"error_code":"api_error.auth.unauthorized","error_message":"Disabled."}`))
		if err := get(t.Context(), inMemory(t, a)); !errors.Is(err, moneykit.Unauthorized) || !strings.Contains(err.Error(), "Disabled.") {
			t.Fatal(err)
		}
	})
}

func TestTokenErrors(t *testing.T) {
	for _, x := range []struct {
		name   string
		token  http.HandlerFunc
		refuse moneykit.ErrorCode // empty for a ResponseError
		text   string
	}{
		{"401", answer(401, `{"error_code":"api_error.auth.unauthorized","error_message":"Wrong."}`), moneykit.Unauthorized, "401 api_error.auth.unauthorized Wrong."},
		{"400", answer(400, `{"error_code":"api_error.auth.unauthorized","error_message":"Wrong."}`), moneykit.Unauthorized, "400"},
		{"429", answer(429, `{"error_code":"api_error.rate_limit_exceeded","error_message":"Slow."}`, "Retry-After", "7"), moneykit.RateLimitExceeded, "Slow."},
		{"not JSON", answer(201, `token-1 <html>`), "", "no token"},
		{"no token", answer(201, `{"token_type":"bearer"}`), "", "no token"},
		{"a token that is a number", answer(201, `{"access_token":4711}`), "", "no token"},
		{"a form with a broken escape", answer(201, `access_token=%zz4711`, "Content-Type", "text/plain"), "", "no token"},
		{"a redirect", answer(307, "", "Location", "https://evil.example/"), "", "unexpected status 307"},
	} {
		t.Run(x.name, func(t *testing.T) {
			a := &api{handle: answer(200, link()), token: x.token}
			err := get(t.Context(), overHTTP(t, a, moneykit.WithRetries(0)))
			if err == nil || !strings.Contains(err.Error(), "POST /auth/token") || !strings.Contains(err.Error(), x.text) {
				t.Fatalf("%T %v", err, err)
			}
			if response := (*moneykit.ResponseError)(nil); errors.As(err, &response) == (x.refuse != "") {
				t.Errorf("%T", err)
			}
			if refusal := (*moneykit.Error)(nil); errors.As(err, &refusal) && (!errors.Is(err, x.refuse) || x.name == "429" && refusal.RetryAfter != 7*time.Second) {
				t.Errorf("%#v", refusal)
			}
			same(t, "request id", moneykit.RequestID(err), "req_token_1")
			hides(t, err.Error(), "4711", url.QueryEscape(testSecret))
			if calls, _ := a.asked(); len(calls) != 0 {
				t.Error("called without a token")
			}
		})
	}
}

func TestTokenErrorsAreNotKept(t *testing.T) {
	a := &api{handle: answer(200, link()), token: sequence(answer(500, ""), numbered("2"))}
	c := inMemory(t, a)
	if err := get(t.Context(), c); err == nil {
		t.Fatal("no error")
	}
	if err := get(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}
