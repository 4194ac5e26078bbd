// Command list shows till's own list over many made-up links, to measure what
// their number costs. In place of MoneyKit something answers the first reads
// and then asks to be left alone, so that the list rests while it is measured.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/views"
)

// answered is how many links are read before the pause: more than are shown.
const answered = 64

type stub struct{ reads atomic.Int64 }

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	switch {
	case r.URL.Path == "/auth/token":
		return answer(r, http.StatusCreated, `{"access_token":"t","token_type":"bearer","expires_in":3600}`), nil
	case r.URL.Path == "/links":
		return answer(r, http.StatusOK, `{"links":[],"next_cursor":""}`), nil
	case s.reads.Add(1) > answered:
		return answer(r, http.StatusTooManyRequests, `{"error_code":"api_error.rate_limit_exceeded"}`), nil
	}
	return answer(r, http.StatusOK, fmt.Sprintf(`{"link_id":%q,"institution_name":"Credentials Bank","state":"connected",
		"products":{"accounts":{"refreshed_at":"2026-01-01T00:00:00Z"},"transactions":{}}}`, path.Base(r.URL.Path))), nil
}

func answer(r *http.Request, status int, body string) *http.Response {
	header := http.Header{}
	if status == http.StatusTooManyRequests {
		header.Set("Retry-After", "3600")
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

func main() {
	fps := flag.Int("fps", 120, "frames a second")
	count := flag.Int("rows", 1000, "rows in the list")
	flag.Parse()
	transport := &stub{}
	app := &views.App{
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithTransport(transport))
		},
		Sandbox: func() (views.Embedded, error) {
			return views.Embedded{
				URL:         "http://127.0.0.1:1",
				Credentials: moneykit.Credentials{ClientID: "bench", ClientSecret: moneykit.NewSecret("bench")},
				Links: func() []moneykit.LinkID {
					ids := make([]moneykit.LinkID, *count)
					for i := range ids {
						ids[i] = moneykit.LinkID(fmt.Sprintf("mk_%022d", i))
					}
					return ids
				},
			}, nil
		},
	}
	shell := ui.NewShell(context.Background(), views.First(app, true, "", ""))
	if _, err := tea.NewProgram(shell, tea.WithFPS(*fps)).Run(); err != nil {
		fmt.Println(err)
	}
}
