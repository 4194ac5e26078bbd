package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// served is a running till sandbox serve.
type served struct {
	*testing.T
	cmd  *exec.Cmd
	url  string
	pair struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	cmd := home(t, append([]string{"sandbox", "serve", "--addr", "127.0.0.1:0", "--json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		URL     string            `json:"base_url"`
		Clients []json.RawMessage `json:"clients"`
	}
	s := &served{T: t, cmd: cmd}
	if err := json.Unmarshal(line, &told); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if s.url = told.URL; len(told.Clients) != 1 || json.Unmarshal(told.Clients[0], &s.pair) != nil {
		t.Fatalf("%s", line)
	}
	return s
}

// ask calls the server as curl would, and returns the answer's body.
func (s *served) ask(method, path, token, body string) string {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func (s *served) token() string {
	s.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.pair.ID}, "client_secret": {s.pair.Secret}}
	var answer struct {
		Token string `json:"access_token"`
	}
	if text := s.ask("POST", "/auth/token", "", form.Encode()); json.Unmarshal([]byte(text), &answer) != nil || answer.Token == "" {
		s.Fatal(text)
	}
	return answer.Token
}

// stop ends the server with a signal, and returns the exit code.
func (s *served) stop(signal syscall.Signal) int {
	s.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.Fatal(err)
	}
	_ = s.cmd.Wait()
	return s.cmd.ProcessState.ExitCode()
}

func TestServeKeepsItsWorld(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "world.till")
	first := serve(t, "--state", state, "--seed", "7")
	token := first.token()
	var links struct {
		Links []struct {
			ID string `json:"link_id"`
		} `json:"links"`
	}
	if text := first.ask("GET", "/links", token, ""); json.Unmarshal([]byte(text), &links) != nil || len(links.Links) != 8 {
		t.Fatal(text)
	}
	link := "/links/" + links.Links[0].ID
	first.ask("POST", link+"/reset", token, "")
	if code := first.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}

	again := serve(t, "--state", state)
	if text := again.ask("GET", link, token, ""); !strings.Contains(text, `"error_code":"auth_expired"`) {
		t.Errorf("the reset, or the token, is forgotten: %s", text)
	}
	if text := again.ask("POST", "/sandbox/clock", "", `{"advance":"1h"}`); !strings.Contains(text, `"rate":1`) {
		t.Error(text)
	}
	if text := again.ask("GET", link, token, ""); !strings.Contains(text, "expired_access_token") {
		t.Errorf("the clock was not moved: %s", text)
	}
	other := home(t, "sandbox", "serve", "--addr", "127.0.0.1:0", "--state", state)
	if text, _ := other.CombinedOutput(); other.ProcessState.ExitCode() != 1 || !strings.Contains(string(text), "another process keeps its Sandbox there") {
		t.Errorf("two servers keep one file: %s", text)
	}
	if code := again.stop(syscall.SIGINT); code != 0 {
		t.Errorf("exit code %d after SIGINT", code)
	}
}

func TestServeForOthersHasNoControls(t *testing.T) {
	t.Parallel()
	s := serve(t, "--controls=false")
	if text := s.ask("GET", "/sandbox/clock", "", ""); !strings.Contains(text, "not_found") {
		t.Error(text)
	}
	if text := s.ask("GET", "/auth/introspect", s.token(), ""); !strings.Contains(text, "till_sandbox") {
		t.Error(text)
	}
}
