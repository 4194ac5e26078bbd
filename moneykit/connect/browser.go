package connect

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync"

	"github.com/cli/browser"

	"till/moneykit/internal/loopback"
)

// Why no browser is opened.
var (
	ErrRemote    = errors.New("connect: this computer is used over SSH, where a browser would open for nobody")
	ErrNoDisplay = errors.New("connect: there is no display to open a browser on")
)

// OpenBrowser opens the browser of whoever sits in front of this computer. It
// may return only when that browser ends. The environment, read through getenv,
// tells when there is nobody to see it: ErrRemote or ErrNoDisplay.
func OpenBrowser(getenv func(string) string, page string) error {
	switch {
	case remote(getenv) != "":
		return ErrRemote
	case runtime.GOOS == "linux" && cmp.Or(getenv("DISPLAY"), getenv("WAYLAND_DISPLAY"), getenv("WSL_DISTRO_NAME")) == "":
		return ErrNoDisplay
	}
	hush()
	return browser.OpenURL(page)
}

// hush keeps what a browser prints off the terminal.
var hush = sync.OnceFunc(func() { browser.Stdout, browser.Stderr = io.Discard, io.Discard })

// Tunnel returns the command that makes what this computer answers at addresses
// reachable from the one that its user came from by SSH, empty when they did not
// come by SSH. Addresses of other computers need none.
func Tunnel(getenv func(string) string, addresses ...string) string {
	if remote(getenv) == "" {
		return ""
	}
	command := "ssh -N"
	for _, address := range addresses {
		if u, err := url.Parse(address); err == nil && loopback.Host(u.Hostname()) {
			port := cmp.Or(u.Port(), "80")
			command += " -L " + port + ":" + net.JoinHostPort(u.Hostname(), port)
		}
	}
	if command == "ssh -N" {
		return ""
	}
	// SSH_CONNECTION holds the addresses and ports of both ends.
	server := "HOST"
	if ends := strings.Fields(getenv("SSH_CONNECTION")); len(ends) == 4 {
		server = ends[2]
		if ends[3] != "22" {
			command += " -p " + ends[3]
		}
	}
	if user := getenv("USER"); user != "" {
		server = user + "@" + server
	}
	return command + " " + server
}

func remote(getenv func(string) string) string {
	return cmp.Or(getenv("SSH_CONNECTION"), getenv("SSH_CLIENT"), getenv("SSH_TTY"))
}
