package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/moneykit/sandbox"
	"till/moneykit/sandbox/serve"
)

// config is one that serves on a free port; the given flags count as asked for.
func config(given ...string) serve.Config {
	return serve.Config{
		Address: "127.0.0.1:0", Shape: sandbox.Shape{Seed: 1, Links: 3, Transactions: 40}, Controls: true, Rate: 1,
		Given: func(flag string) bool { return strings.Contains(strings.Join(given, " "), flag) },
	}
}

// start runs a server until stop is called, which returns what Run did. said is
// what the server tells when it is ready.
func start(t *testing.T, c serve.Config) (said string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, told := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := serve.Run(ctx, c, told, io.Discard)
		_ = told.CloseWithError(io.EOF)
		ended <- err
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "{") || strings.HasPrefix(lines.Text(), "ctrl+c") {
			break
		}
	}
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = stop() })
	return said, stop
}

// refused runs a server that cannot start, and returns why.
func refused(t *testing.T, c serve.Config) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := serve.Run(ctx, c, io.Discard, io.Discard)
	if err == nil {
		t.Fatal("it serves")
	}
	return err
}

func TestTellsWhatIsServed(t *testing.T) {
	c := config()
	c.Clients = []string{"shop:hush", "reader:quiet:links:read,accounts:read"}
	c.State = filepath.Join(t.TempDir(), "world.till")
	said, stop := start(t, c)
	for _, text := range []string{
		"http://127.0.0.1:", "shop", "hush", "reader", "links:read accounts:read", "3 links, seed 1", "update", c.State, "/sandbox/ clock",
	} {
		if !strings.Contains(said, text) {
			t.Errorf("%q is missing in\n%s", text, said)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	c.Clients, c.JSON, c.Controls = nil, true, false
	said, _ = start(t, c)
	for _, text := range []string{`"client_id":"till_sandbox"`, `"controls":false`, `"links":3`} {
		if strings.Count(said, "\n") != 1 || !strings.Contains(said, text) {
			t.Errorf("%q is missing in\n%s", text, said)
		}
	}
}

func TestWhatCannotBe(t *testing.T) {
	state := filepath.Join(t.TempDir(), "world.till")
	c := config()
	c.State = state
	_, stop := start(t, c)
	if err := refused(t, c); !errors.Is(err, sandbox.ErrHeld) {
		t.Errorf("two servers keep one world: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for flag, change := range map[string]func(*serve.Config){
		"seed":         func(c *serve.Config) { c.Shape.Seed = 2 },
		"links":        func(c *serve.Config) { c.Shape.Links = 4 },
		"transactions": func(c *serve.Config) { c.Shape.Transactions = 50 },
		"pending":      func(c *serve.Config) { c.Shape.PendingReplaced = true },
	} {
		other := config(flag)
		other.State = state
		change(&other)
		if err := refused(t, other); !errors.As(err, &serve.UsageError{}) || !strings.Contains(err.Error(), "--"+flag+" ") {
			t.Errorf("%s: %v", flag, err)
		}
		other.Given = func(string) bool { return false }
		if _, stop := start(t, other); stop() != nil { // the file counts
			t.Errorf("%s was not asked for, and yet counts", flag)
		}
	}
	if err := os.WriteFile(state, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, c); !errors.Is(err, sandbox.ErrDamaged) || !strings.Contains(err.Error(), state) {
		t.Errorf("damaged: %v", err)
	}
	if text, err := os.ReadFile(state); err != nil || string(text) != "something else" {
		t.Errorf("the damaged file is %q, %v", text, err)
	}
}

// A key pair without scopes may do everything.
func TestKeyPairWithoutScopes(t *testing.T) {
	c := config()
	c.Clients, c.JSON = []string{"shop:hush"}, true
	said, _ := start(t, c)
	url, _, _ := strings.Cut(strings.TrimPrefix(said, `{"base_url":"`), `"`)
	call := func(req *http.Request, into any) int {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/auth/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("shop", "hush")
	var token struct {
		Token string `json:"access_token"`
	}
	call(req, &token)
	req, err = http.NewRequestWithContext(t.Context(), "GET", url+"/links", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	if status := call(req, new(any)); status != 200 {
		t.Errorf("GET /links answers %d", status)
	}
}

func TestWorldAtAnotherTime(t *testing.T) {
	c := config("rate")
	c.Now, c.Rate, c.State = "2031-05-06T07:08:09Z", 0, filepath.Join(t.TempDir(), "world.till")
	said, stop := start(t, c)
	_, url, _ := strings.Cut(said, "base URL       ")
	url, _, _ = strings.Cut(url, "\n")
	res, err := http.Get(url + "/sandbox/clock")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || string(text) != `{"now":"2031-05-06T07:08:09Z","rate":0}` {
		t.Errorf("%s, %v", text, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, c); !errors.As(err, &serve.UsageError{}) || !strings.Contains(err.Error(), "--now") {
		t.Errorf("a world begins twice: %v", err)
	}
}

func TestTakenAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	c := config()
	c.Address = taken.Addr().String()
	if err := refused(t, c); !strings.Contains(err.Error(), "something else listens at "+c.Address) {
		t.Error(err)
	}
}

// Whoever follows the events does not keep the server from stopping.
func TestStopsWithAFollower(t *testing.T) {
	said, stop := start(t, config())
	_, url, _ := strings.Cut(said, "base URL       ")
	url, _, _ = strings.Cut(url, "\n")
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/sandbox/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}
