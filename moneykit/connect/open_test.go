package connect_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"till/moneykit/connect"
)

// from reads an environment that is name and value in turn.
func from(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

const address = "http://127.0.0.1:4711/SECRET/"

// browsers puts programs in place of those that open a browser.
func browsers(t *testing.T, script string) (opened func() string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if script != "" {
		if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\necho noise; echo noise >&2\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "opened"))
		return string(text)
	}
}

func TestNoBrowserIsOpenedForNobody(t *testing.T) {
	opened := browsers(t, `echo "$1" > "${0%/*}/opened"`)
	for _, name := range []string{"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"} {
		if err := connect.OpenBrowser(from(name, "x", "DISPLAY", ":10", "WAYLAND_DISPLAY", "wayland-0"), address); !errors.Is(err, connect.ErrRemote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runtime.GOOS == "linux" {
		if err := connect.OpenBrowser(from(), address); !errors.Is(err, connect.ErrNoDisplay) {
			t.Error(err)
		}
	}
	if got := opened(); got != "" {
		t.Errorf("it opened %q", got)
	}
}

func TestBrowserIsOpened(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems open browsers without PATH")
	}
	for _, display := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"} {
		opened := browsers(t, `echo "$1" > "${0%/*}/opened"`)
		if err := connect.OpenBrowser(from(display, "x"), address); err != nil || opened() != address+"\n" {
			t.Errorf("%s: %q, %v", display, opened(), err)
		}
	}
	browsers(t, "exit 3")
	if err := connect.OpenBrowser(from("DISPLAY", ":0"), address); err == nil {
		t.Error("a browser that fails is no success")
	}
	browsers(t, "")
	if err := connect.OpenBrowser(from("DISPLAY", ":0"), address); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("without a browser: %v", err)
	}
}

func TestTunnel(t *testing.T) {
	for _, x := range []struct {
		page, want string
		env        []string
	}{
		{address, "", nil},
		{address, "", []string{"USER", "ann", "DISPLAY", ":0"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 ann@192.0.2.7", []string{"USER", "ann", "SSH_CONNECTION", "198.51.100.2 50022 192.0.2.7 22"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 -p 2222 ann@192.0.2.7", []string{"USER", "ann", "SSH_CONNECTION", "198.51.100.2 50022 192.0.2.7 2222"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 192.0.2.7", []string{"SSH_CONNECTION", "198.51.100.2 50022 192.0.2.7 22"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 ann@2001:db8::7", []string{"USER", "ann", "SSH_CONNECTION", "2001:db8::2 50022 2001:db8::7 22"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 -p 2222 ann@fe80::7%eth0", []string{"USER", "ann", "SSH_CONNECTION", "fe80::2%eth0 50022 fe80::7%eth0 2222"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 ann@HOST", []string{"USER", "ann", "SSH_CONNECTION", "what is this"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 ann@HOST", []string{"USER", "ann", "SSH_CLIENT", "198.51.100.2 50022 22"}},
		{address, "ssh -N -L 4711:127.0.0.1:4711 HOST", []string{"SSH_TTY", "/dev/pts/1"}},
		{"http://localhost/cb/", "ssh -N -L 80:localhost:80 HOST", []string{"SSH_TTY", "/dev/pts/1"}},
		{"http://[::1]:8080/cb/", "ssh -N -L 8080:[::1]:8080 HOST", []string{"SSH_TTY", "/dev/pts/1"}},
		{"http://127.0.0.1:x/", "", []string{"SSH_TTY", "/dev/pts/1"}},
	} {
		if got := connect.Tunnel(from(x.env...), x.page); got != x.want {
			t.Errorf("%q from %s: %q, want %q", x.env, x.page, got, x.want)
		}
	}
}

// A Sandbox on this computer has to be reached, too.
func TestTunnelToTwoPlaces(t *testing.T) {
	env := from("USER", "ann", "SSH_CONNECTION", "198.51.100.2 50022 192.0.2.7 2222")
	if got, want := connect.Tunnel(env, address, "http://127.0.0.1:8787"), "ssh -N -L 4711:127.0.0.1:4711 -L 8787:127.0.0.1:8787 -p 2222 ann@192.0.2.7"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := connect.Tunnel(env, address, connect.DefaultHost), "ssh -N -L 4711:127.0.0.1:4711 -p 2222 ann@192.0.2.7"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := connect.Tunnel(env, connect.DefaultHost); got != "" {
		t.Errorf("%q", got)
	}
}

func TestHostOf(t *testing.T) {
	for api, want := range map[string]string{
		"https://api.moneykit.com":         connect.DefaultHost,
		"":                                 connect.DefaultHost,
		"http://127.0.0.1:4711":            "http://127.0.0.1:4711",
		"http://127.0.0.1:4711/api/":       "http://127.0.0.1:4711",
		"http://LOCALHOST:1":               "http://LOCALHOST:1",
		"http://[::1]:1":                   "http://[::1]:1",
		"http://127.0.0.1.evil.example":    connect.DefaultHost,
		"http://127.0.0.1@evil.example/":   connect.DefaultHost,
		"http://localhost.evil.example:80": connect.DefaultHost,
		"http://192.0.2.1:4711":            connect.DefaultHost,
		"http://127.0.0.1:x":               connect.DefaultHost,
	} {
		if got := connect.HostOf(api); got != want {
			t.Errorf("%q: %q, want %q", api, got, want)
		}
	}
}
