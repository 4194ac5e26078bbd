package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// hooked is a line of till webhooks listen --json.
type hooked struct {
	Kind      string `json:"kind"`
	URL       string `json:"url"`
	Link      string `json:"link_id"`
	State     string `json:"state"`
	RequestID string `json:"request_id"`
	Verified  bool   `json:"verified"`
	Duplicate bool   `json:"duplicate"`
	Attempt   int    `json:"attempt"`
	Checks    []struct {
		Name    string `json:"name"`
		Outcome string `json:"outcome"`
	} `json:"checks"`
}

// listening is a till webhooks listen that runs.
type listening struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	errs  bytes.Buffer
}

func listens(t *testing.T, env []string, args ...string) *listening {
	t.Helper()
	l := &listening{t: t, cmd: home(t, append([]string{"webhooks", "listen", "--json"}, args...)...)}
	l.cmd.Env = append(l.cmd.Env, env...)
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	l.cmd.Stderr = &l.errs
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.cmd.Process.Kill(); _ = l.cmd.Wait() })
	l.lines = bufio.NewScanner(out)
	return l
}

// next reads the next line, which has to be of a kind.
func (l *listening) next(kind string) hooked {
	l.t.Helper()
	if !l.lines.Scan() {
		l.t.Fatalf("the output ended; on standard error: %s", l.errs.String())
	}
	var line hooked
	if err := json.Unmarshal(l.lines.Bytes(), &line); err != nil || line.Kind != kind {
		l.t.Fatalf("%v: %s, want %s", err, l.lines.Text(), kind)
	}
	return line
}

// interrupted ends it as ctrl+c does.
func (l *listening) interrupted() {
	l.t.Helper()
	if err := l.cmd.Process.Signal(syscall.SIGINT); err != nil {
		l.t.Fatal(err)
	}
	for l.lines.Scan() { // to its end, before the process is waited for
	}
	if err := l.cmd.Wait(); err != nil {
		l.t.Errorf("%v: %s", err, l.errs.String())
	}
}

func (l *listening) takesTest() hooked {
	l.t.Helper()
	came := l.next("webhook")
	if !came.Verified || came.Attempt != 1 || len(came.Checks) != 7 || came.Checks[6].Outcome != "passed" {
		l.t.Errorf("%+v", came)
	}
	if read := l.next("link"); read.Link != came.Link || read.State != "connected" || read.RequestID == "" {
		l.t.Errorf("%+v", read)
	}
	return came
}

func TestWebhooksOfTheEmbeddedSandbox(t *testing.T) {
	l := listens(t, nil, "--sandbox", "--test", "link.product_refresh")
	if url := l.next("listening").URL; !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Error(url)
	}
	l.takesTest()
	l.interrupted()
}

func TestWebhooksOfALink(t *testing.T) {
	s := serve(t)
	token := s.token()
	var page struct {
		Links []struct {
			ID string `json:"link_id"`
		} `json:"links"`
	}
	if err := json.Unmarshal([]byte(s.ask("GET", "/links", token, "")), &page); err != nil || len(page.Links) == 0 {
		t.Fatal(err)
	}
	id, former := page.Links[0].ID, `"webhook":"https://shop.example/hook"`
	s.ask("PATCH", "/links/"+id, token, "{"+former+"}")
	l := listens(t, []string{"MONEYKIT_URL=" + s.url, "MONEYKIT_CLIENT_ID=" + s.pair.ID, "MONEYKIT_CLIENT_SECRET=" + s.pair.Secret},
		"--link", id, "--path", "/hook", "--test", "link.state_changed")
	if url := l.next("listening").URL; !strings.HasSuffix(url, "/hook") {
		t.Error(url)
	}
	if came := l.takesTest(); came.Link != id {
		t.Errorf("%+v", came)
	}
	l.interrupted()
	if link := s.ask("GET", "/links/"+id, token, ""); !strings.Contains(link, former) {
		t.Errorf("the webhook is not what it was: %s", link)
	}
}

// The embedded Sandbox signs by its own clock, also after that was advanced.
func TestWebhooksScreen(t *testing.T) {
	p := sit(t, home(t, "--sandbox"), 120, 36)
	p.sees("12 links")
	p.types("W")
	p.sees("● listening", "11 links of the Sandbox point here.")
	p.types("T\r\r")
	p.sees("state: connected", "✓ verified", "✓ body hash", "MoneyKit says: ● connected")
	p.types("C")
	p.sees("Advance the Sandbox's clock")
	p.types("\r")
	p.sees("It is now")
	p.types("T\r\x1b[B\r")
	p.sees("MoneyKit sends link.product_refresh", "accounts: completed", "✓ body hash")
	p.types("g\r")
	p.sees("Y copy payload")
	p.types("\x03")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("till left with code %d", code)
	}
}
