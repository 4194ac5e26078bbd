package sandbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzRequests holds that no request makes the Sandbox panic or fail.
func FuzzRequests(f *testing.F) {
	link := New().LinkIDs()[0]
	for _, seed := range [][4]string{
		{"GET", "/links/" + link + "/transactions", "page=2&size=10&start_date=2026-01-01", ""},
		{"GET", "/links/" + link + "/transactions/sync", "cursor=MC4wLjA&size=3", ""},
		{"POST", "/links/" + link + "/products", "", `{"products":["accounts","transactions"]}`},
		{"PATCH", "/links/" + link, "", `{"webhook":null,"link_tags":["a"]}`},
		{"POST", "/link-session", "", `{"customer_user":{"id":"user"},"redirect_uri":"a:b","settings":{"products":{}}}`},
		{"POST", "/sandbox/connect", "", `{"link_session_token":"x","answers":null}`},
		{"POST", "/auth/token", "", "grant_type=client_credentials&client_id=%zz"},
		{"CONNECT", "//links/..", "limit=500&cursor=%ff", "[]"},
		{"GET", "/links/%2e%2e/accounts/a%2Fb", "account_ids=", "null"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		clock := &clock{now: noon}
		box := New(WithNow(clock.Now))
		box.Tokens[digest("token")] = accessToken{ClientID: DefaultClientID, ExpiresAt: noon.Add(time.Hour)}
		req := httptest.NewRequest("GET", "/", strings.NewReader(body))
		req.Method = method
		req.URL = &url.URL{Path: path, RawQuery: query}
		if decoded, err := url.PathUnescape(path); err == nil {
			req.URL.Path, req.URL.RawPath = decoded, path
		}
		req.Header.Set("Authorization", "Bearer token")
		for range 2 {
			rec := httptest.NewRecorder()
			box.ServeHTTP(rec, req)
			if rec.Code >= 500 || rec.Code >= 300 && rec.Code < 400 || rec.Header().Get("X-Request-Id") == "" {
				t.Fatalf("%s %s?%s %s: %d", method, path, query, body, rec.Code)
			}
			clock.Move(2 * time.Second)
		}
	})
}

// FuzzHandlers holds that no two requests in a row make the Sandbox panic, fail
// or redirect, whatever is there already: a session, an imported link, a fault.
// Only the page of a bank sends the browser on.
func FuzzHandlers(f *testing.F) {
	const session, imported, link = "SESSION", "IMPORTED", "LINK"
	for _, seed := range [][4]string{
		{"POST /links/import", importText, "GET /links", ""},
		{"POST /links/" + imported + "/import/transactions", `{"transactions":[{"account_id":"one","amount":"1e3","date":"9999-12-31T23:59:59-01:00"}]}`, "GET /links/" + imported + "/transactions", ""},
		{"POST /links/" + imported + "/transactions/mine/enrichment", `{"category":"travel","subcategory":null}`, "GET /links/" + imported + "/transactions/sync?size=1", ""},
		{"POST /sandbox/connect/next", `{"link_session_token":"` + session + `","institution_id":"moneykit-oauth-bank","redirect_url":"a:b?state=1"}`, "POST /sandbox/connect", `{"link_session_token":"` + session + `","institution_id":"moneykit-instant-bank","account_ids":["Checking"]}`},
		{"GET /connect/bank/" + session, "", "POST /connect/bank/" + session, "decision=allow&account=Checking"},
		{"POST /sandbox/clock", `{"advance":"2400000h"}`, "POST /sandbox/clock", `{"set":"9999-12-31T23:59:59Z","rate":1e5}`},
		{"POST /sandbox/clock", `{"rate":1e-300}`, "GET /sandbox/clock", ""},
		{"POST /sandbox/links/" + link + "/state", `{"state":"error","error_code":"incomplete","products":{"accounts":"timeout"}}`, "GET /links/" + link, ""},
		{"POST /sandbox/faults", `{"truncated":true,"wrong_types":true,"looping_cursor":true}`, "GET /links/" + link + "/transactions/sync", ""},
		{"GET /sandbox/events?after=1", "", "DELETE /sandbox/faults/1", ""},
		{"POST /webhooks/test/link/" + link, `{"webhook_event":"link.state_changed","webhook_idempotency_key":"k"}`, "POST /sandbox/clock", `{"advance":"3h"}`},
		{"PATCH /links/" + link, `{"webhook":"http://localhost:1/"}`, "POST /links/" + link + "/products", `{"products":["transactions"]}`},
		{"POST /link-session", `{"customer_user":{"id":"user"},"redirect_uri":"a:b","custom_sandbox_data":{"accounts":[{"account_type":"investment.ira","name":"n","account_number":"1"}],"owners":[{}]}}`, "POST /links/" + imported + "/products", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, line1, body1, line2, body2 string) {
		a := newFuzzed(t)
		token := a.session("")
		known := strings.NewReplacer(session, token, imported, a.post("/links/import", importText).want(t, 200).text("link_id"), link, a.link(1))
		for _, request := range [][2]string{{line1, body1}, {line2, body2}, {line1, body1}} {
			a.survives(known.Replace(request[0]), known.Replace(request[1]))
			a.clock.Move(2 * time.Second)
		}
		a.survives("GET /links/"+a.link(1)+"/transactions", "")
		if err := a.box.Save(t.TempDir() + "/state"); err != nil {
			t.Error(err)
		}
	})
}

const importText = `{"customer_user":{"id":"user_5"},"institution_id":"moneykit-instant-bank",
"accounts":[{"account_id":"one","name":"One","type":"depository.checking","balances":{"current":10,"currency":"CHF"}}],
"transactions":[{"account_id":"one","transaction_id":"mine","amount":"1.50","date":"2026-01-01","type":"debit","description":"Mine"}]}`

// newFuzzed is a small Sandbox that reaches no network.
func newFuzzed(t testing.TB) *api {
	a := newAPI(t, WithTransactions(10))
	a.box.courier.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no network")
	}
	return a
}

// survives sends a request of a line such as "GET /links?limit=500".
func (a *api) survives(line, body string) {
	method, target, _ := strings.Cut(line, " ")
	req := httptest.NewRequest("POST", "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	req.Method, req.URL = method, &url.URL{Path: path, RawQuery: query}
	if decoded, err := url.PathUnescape(path); err == nil {
		req.URL.Path, req.URL.RawPath = decoded, path
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Accept", "application/json")
	if strings.HasPrefix(path, "/connect/bank/") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	out := &reply{header: http.Header{}, status: http.StatusOK}
	a.box.ServeHTTP(out, req)
	own := false
	a.box.mu.Lock()
	for i := range a.box.faults.list {
		fault := &a.box.faults.list[i]
		fault.Latency = 0
		own = own || fault.Status == out.status && fault.Applied > 0
	}
	a.box.mu.Unlock()
	sent := out.status == http.StatusSeeOther && method == "POST" && strings.HasPrefix(path, "/connect/bank/")
	if out.status >= 500 && !own || out.status >= 300 && out.status < 400 && !sent || out.header.Get("X-Request-Id") == "" {
		a.Errorf("%s %q: %d %s", line, body, out.status, out.body.Bytes())
	}
}

// FuzzWorld holds the same of any actions.
func FuzzWorld(f *testing.F) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 2))
		script := make([]byte, 120)
		for i := range script {
			script[i] = byte(rng.Uint32())
		}
		f.Add(seed%2 == 0, script)
	}
	f.Fuzz(func(t *testing.T, replaced bool, script []byte) {
		newTrial(t, replaced, script[:min(len(script), 400)]).run()
	})
}
