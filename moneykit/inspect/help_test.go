package inspect_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/sandbox"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// answered is an exchange that brought body.
func answered(method, route, path string, status int, body string) moneykit.Exchange {
	return moneykit.Exchange{
		Call:     moneykit.Call{Method: method, Route: route, RequestID: "req_1"},
		ClientID: "till_sandbox", BaseURL: "https://api.moneykit.com",
		At: noon, Duration: 42 * time.Millisecond, Attempt: 1,
		URL: "https://api.moneykit.com" + path,
		RequestHeader: http.Header{
			"Accept": {"application/json"}, "Authorization": {"Bearer [redacted]"},
			"Moneykit-Version": {"2023-02-18"}, "User-Agent": {"till"},
		},
		Status: status, ResponseHeader: http.Header{"Content-Type": {"application/json"}},
		ResponseBody: []byte(body),
	}
}

// sent is an exchange that carried body.
func sent(method, route, path, contentType, body string) moneykit.Exchange {
	e := answered(method, route, path, http.StatusOK, "")
	e.RequestHeader.Set("Content-Type", contentType)
	e.RequestBody = []byte(body)
	return e
}

func show(e moneykit.Exchange) []inspect.Line { return inspect.Show(inspect.Entry{Exchange: e}) }

// screen is what an operator sees before revealing anything.
func screen(lines []inspect.Line) string {
	var b strings.Builder
	for _, l := range lines {
		value := l.Value
		if l.Hidden {
			value = inspect.Mask
		}
		b.WriteString(l.Before + value + l.After + "\n")
	}
	return b.String()
}

// section returns the lines of one section.
func section(t testing.TB, lines []inspect.Line, title string) (found []inspect.Line) {
	t.Helper()
	inside, any := false, false
	for _, l := range lines {
		switch {
		case l.Kind == inspect.Title:
			inside = l.Before == title
			any = any || inside
		case inside:
			found = append(found, l)
		}
	}
	if !any {
		t.Fatalf("no section %q", title)
	}
	return found
}

// revealed joins lines as they are when all is revealed.
func revealed(lines []inspect.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Before + l.Value + l.After + "\n")
	}
	return b.String()
}

// recorded returns a client of a Sandbox, and the log of what it does.
func recorded(t testing.TB) (*moneykit.Client, *sandbox.Sandbox, *inspect.Log) {
	t.Helper()
	box, log := sandbox.New(), inspect.NewLog()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(box.Transport()), moneykit.WithObserver(log.Add))
	if err != nil {
		t.Fatal(err)
	}
	return client, box, log
}

func want(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// wantFile compares with a file of testdata.
func wantFile(t testing.TB, got, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	want(t, got, string(text))
}
