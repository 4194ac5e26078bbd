package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"till/moneykit/connect/connecttest"
)

// told is a line of --json.
type told struct {
	Phase   string `json:"phase"`
	Page    string `json:"page"`
	Link    string `json:"link_id"`
	Bank    string `json:"institution_name"`
	ErrorID string `json:"error_id"`
	Event   *struct {
		Name string `json:"name"`
	} `json:"event"`
}

// command is a till link new or relink that runs against a Sandbox.
type command struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	errs  bytes.Buffer
}

func (s *served) connects(args ...string) *command {
	s.Helper()
	c := &command{t: s.T, cmd: home(s.T, append([]string{"link"}, args...)...)}
	c.cmd.Env = append(c.cmd.Env, "MONEYKIT_URL="+s.url, "MONEYKIT_CLIENT_ID="+s.pair.ID, "MONEYKIT_CLIENT_SECRET="+s.pair.Secret)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	c.cmd.Stderr = &c.errs
	if err := c.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.lines = bufio.NewScanner(out)
	return c
}

// until reads lines up to one that is wanted.
func (c *command) until(want func(told) bool) told {
	c.t.Helper()
	for c.lines.Scan() {
		var line told
		if err := json.Unmarshal(c.lines.Bytes(), &line); err != nil {
			c.t.Fatalf("%v: %s", err, c.lines.Text())
		}
		if want(line) {
			return line
		}
	}
	c.t.Fatalf("the output ended; on standard error: %s", c.errs.String())
	return told{}
}

func (c *command) visits() *connecttest.Visitor {
	c.t.Helper()
	return connecttest.Visit(c.t, c.until(func(l told) bool { return l.Page != "" }).Page)
}

func (c *command) ends(code int, says string) {
	c.t.Helper()
	for c.lines.Scan() { // to its end, before the process is waited for
	}
	_ = c.cmd.Wait()
	if got := c.cmd.ProcessState.ExitCode(); got != code || !strings.Contains(c.errs.String(), says) {
		c.t.Errorf("exit code %d, want %d; it said %q", got, code, c.errs.String())
	}
}

func TestLinkNewAndRelink(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.connects("new", "--json", "--no-browser", "--tag", "demo")
	v := c.visits()
	v.Tells("link.event", map[string]any{"name": "open"})
	c.until(func(l told) bool { return l.Event != nil && l.Event.Name == "open" })
	v.Tells("link.complete", map[string]any{"exchangeableToken": v.Links()})
	done := c.until(func(l told) bool { return l.Phase == "connected" })
	if done.Bank != "Instant Bank" || !strings.Contains(s.ask("GET", "/links/"+done.Link, s.token(), ""), `"demo"`) {
		t.Errorf("%+v", done)
	}
	c.ends(0, "")

	c = s.connects("relink", done.Link, "--json", "--no-browser")
	v = c.visits()
	v.Finish(map[string]any{})
	v.Tells("relink.complete", map[string]any{})
	if again := c.until(func(l told) bool { return l.Phase == "connected" }); again.Link != done.Link {
		t.Errorf("%+v", again)
	}
	c.ends(0, "")
}

func TestLinkNewThatIsLeft(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.connects("new", "--json", "--no-browser")
	c.visits().Tells("link.exit", map[string]any{"error": map[string]any{"error_id": "bank_down", "displayed_message": "Evil \x1b[31m", "request_id": "req_7"}})
	if left := c.until(func(l told) bool { return l.Phase == "left" }); left.ErrorID != "bank_down" {
		t.Errorf("%+v", left)
	}
	c.ends(1, "[req_7]")
	if strings.Contains(c.errs.String(), "\x1b") {
		t.Errorf("%q paints the terminal", c.errs.String())
	}

	c = s.connects("new", "--json", "--no-browser")
	c.visits()
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	c.ends(1, "interrupted")
}

// TestLinkNewForAPerson has the link's id alone on standard output.
func TestLinkNewForAPerson(t *testing.T) {
	t.Parallel()
	s := serve(t)
	cmd := home(t, "link", "new", "--no-browser")
	cmd.Env = append(cmd.Env, "MONEYKIT_URL="+s.url, "MONEYKIT_CLIENT_ID="+s.pair.ID, "MONEYKIT_CLIENT_SECRET="+s.pair.Secret)
	var out bytes.Buffer
	cmd.Stdout = &out
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	told := ""
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		told += lines.Text() + "\n"
		if _, page, found := strings.Cut(lines.Text(), "within 10 minutes: "); found {
			v := connecttest.Visit(t, page)
			v.Tells("link.event", map[string]any{"name": "select_institution", "properties": map[string]any{"name": "\x1b[2Jbank"}})
			v.Tells("link.complete", map[string]any{"exchangeableToken": v.Links()})
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, told)
	}
	if id := out.String(); !strings.HasPrefix(id, "mk_") || strings.Count(id, "\n") != 1 || strings.Contains(id, " ") {
		t.Errorf("standard output is %q", id)
	}
	for _, text := range []string{"select_institution  name=␛[2Jbank", "fetching from the bank", "connected: Instant Bank"} {
		if !strings.Contains(told, text) {
			t.Errorf("%q is not told in:\n%s", text, told)
		}
	}
}
