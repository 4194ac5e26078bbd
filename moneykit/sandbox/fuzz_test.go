package sandbox

import (
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
