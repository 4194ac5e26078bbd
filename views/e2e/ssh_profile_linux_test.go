package e2e

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// background runs a program until the test ends.
func background(t *testing.T, env []string, stdin string, out io.Writer, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout = env, strings.NewReader(stdin), out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// withKeyring gives a machine a keyring that is open, and returns its environment.
func withKeyring(t *testing.T, machine *exec.Cmd) []string {
	t.Helper()
	bus, daemon := need(t, "dbus-daemon", "dbus-daemon"), need(t, "gnome-keyring-daemon", "gnome-keyring")
	config := written(t, "bus.conf", []byte(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=`+filepath.Join(filepath.Dir(written(t, "here", nil)), "bus")+`</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	background(t, machine.Env, "", w, bus, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	_ = w.Close()
	address, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("the bus printed no address: %v", err)
	}
	env := append(slices.Clone(machine.Env), "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address)) // the last one counts
	background(t, env, "correct horse battery staple", io.Discard, daemon, "--foreground", "--components=secrets", "--unlock")
	return env
}

// addsProfile lets a person save a profile as one does.
func (s *served) addsProfile(cmd *exec.Cmd, name string) {
	s.Helper()
	p := sit(s.T, cmd, 120, 40)
	p.sees("Add MoneyKit credentials")
	p.types("j\r")
	p.sees("Profile name", "Client secret")
	p.types(name + "\r\r" + s.pair.ID + "\r" + s.pair.Secret + "\r\x15" + s.url + "\r\r")
	p.sees("8 links", "● connected", name)
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		s.Fatalf("till left with code %d", code)
	}
}

// secrets are what the guests of a served world are not to see.
func (s *served) secrets() []string {
	s.Helper()
	token := s.token()
	var links struct {
		Links []struct {
			ID string `json:"link_id"`
		} `json:"links"`
	}
	if text := s.ask("GET", "/links", token, ""); json.Unmarshal([]byte(text), &links) != nil || len(links.Links) != 8 {
		s.Fatal(text)
	}
	secrets := []string{s.pair.Secret, token}
	for _, link := range links.Links {
		secrets = append(secrets, link.ID, link.ID[:16]) // the list shows the begin of an id
		for _, path := range []string{"", "/accounts", "/identity", "/transactions"} {
			text := s.ask("GET", "/links/"+link.ID+path, token, "")
			for _, found := range telling.FindAllStringSubmatch(text, -1) {
				secrets = append(secrets, found[1])
			}
		}
	}
	slices.Sort(secrets)
	return slices.Compact(secrets)
}

// telling finds what tells of whom data is.
var telling = regexp.MustCompile(`"(?:institution_id|institution_name|account_id|transaction_id|request_id|address1|email|number|street|full_name)": ?"([^"]{6,})"`)

// TestAProfileOverSSH serves a profile of a MoneyKit that is somewhere else, to a guest
// who looks everywhere.
func TestAProfileOverSSH(t *testing.T) {
	t.Parallel()
	s := serve(t, "--seed", "5")
	k := newKey(t)
	cmd := sshCommand(t, "--addr", "127.0.0.1:0", "--tour=false", "--profile", "acme", "--read-only", "--authorized-keys", authorized(t, k))
	cmd.Env = withKeyring(t, cmd)
	add := exec.Command(till)
	add.Env = slices.Clone(cmd.Env)
	s.addsProfile(add, "acme")
	before := filesUnder(t, homeOf(cmd))
	h := startSSH(t, cmd)
	if client, err := h.dial("anybody"); err == nil {
		_ = client.Close()
		t.Error("anybody comes in")
	}
	v := h.visits("partner", 140, 50, k.auth())
	var shown strings.Builder
	looks := func(keys string, texts ...string) {
		t.Helper()
		v.types(keys)
		v.sees(append(texts, "PRIVACY")...)
		shown.WriteString(v.screen())
	}
	looks("", "8 links", "● connected", "read-only")
	looks("\r", "1 Overview")
	looks("2", "▌2")
	looks("3", "▌3", "transactions · in")
	for _, tab := range []string{"4", "5", "6", "7", "8", "9"} {
		looks(tab, "▌"+tab)
	}
	looks("Y", "copied")
	looks("y", "id copied")
	looks("w", "▸ Why")
	back := func(from string) {
		t.Helper()
		v.types("\x1b")
		v.loses(from)
	}
	back("▸ Why")
	looks("L", "▸ Requests", "/links")
	looks("\r", "▸ Requests ▸", "v reveal")
	looks("nv", "v reveal")
	looks("y", "copied")
	back("▸ Requests ▸")
	back("▸ Requests")
	back("1 Overview")
	looks("P", "8 links")
	looks("?", "Keys · Links")
	absent(t, v, "Refresh:", "Relink:", "Disconnect", "Reset:", "Export", "Profiles")
	back("Keys · Links")
	v.quits()
	received := v.out.String() + shown.String() + plain(v.out.String())
	for _, found := range osc52.FindAllStringSubmatch(v.out.String(), -1) {
		copied, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Fatal(err)
		}
		received += string(copied)
	}
	if n := len(osc52.FindAllString(v.out.String(), -1)); n < 3 {
		t.Errorf("%d copies arrived, want 3", n)
	}
	secrets := s.secrets()
	if !slices.Contains(secrets, "Credentials Bank") || len(secrets) < 100 {
		t.Fatalf("too little is looked for: %q", secrets)
	}
	for _, secret := range secrets {
		if strings.Contains(received, secret) {
			t.Errorf("the guest has seen %q", secret)
		}
		if strings.Contains(h.said.String()+h.told.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	for _, path := range filesUnder(t, homeOf(cmd)) {
		if !slices.Contains(before, path) && !strings.HasPrefix(path, hostKey) {
			t.Errorf("the server wrote %s", path)
		}
	}
}
