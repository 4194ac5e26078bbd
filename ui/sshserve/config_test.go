package sshserve_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

func TestConfigsThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*sshserve.Config)
		says   string
	}{
		"no port":          {func(c *sshserve.Config) { c.Address = "127.0.0.1" }, "--addr takes a host and a port"},
		"no such port":     {func(c *sshserve.Config) { c.Address = "127.0.0.1:x" }, "--addr takes a host and a port"},
		"every interface":  {func(c *sshserve.Config) { c.Address = ":0" }, "can be reached from other computers"},
		"all zeros":        {func(c *sshserve.Config) { c.Address = "0.0.0.0:0" }, "--authorized-keys FILE"},
		"all of IPv6":      {func(c *sshserve.Config) { c.Address = "[::]:0" }, "--anonymous"},
		"a name":           {func(c *sshserve.Config) { c.Address = "demo.test:0" }, "can be reached"},
		"both":             {func(c *sshserve.Config) { c.Anonymous, c.AuthorizedKeys = true, "x" }, "give one of them"},
		"no host key":      {func(c *sshserve.Config) { c.HostKey = "" }, "--host-key takes a file"},
		"no program":       {func(c *sshserve.Config) { c.Start = nil }, "no program"},
		"open metrics":     {func(c *sshserve.Config) { c.Metrics = "0.0.0.0:0" }, "--metrics takes a loopback address"},
		"broken metrics":   {func(c *sshserve.Config) { c.Metrics = "9222" }, "--metrics takes a loopback address"},
		"a broken proxy":   {func(c *sshserve.Config) { c.Proxies = []string{"10.0.0.0/99"} }, "--proxy takes"},
		"no sessions":      {func(c *sshserve.Config) { c.Limits.Sessions = 0 }, "--sessions takes a number above 0"},
		"no rate":          {func(c *sshserve.Config) { c.Limits.NewPerSecond = math.NaN() }, "--new-per-second takes a number"},
		"an endless rate":  {func(c *sshserve.Config) { c.Limits.Resizes = math.Inf(1) }, "--resizes takes a number"},
		"a huge window":    {func(c *sshserve.Config) { c.Limits.Width = 5000 }, "--width takes a number above 0 and up to 1000"},
		"no idle time":     {func(c *sshserve.Config) { c.Limits.Idle = 0 }, "--idle-timeout takes a time above 0"},
		"a time before":    {func(c *sshserve.Config) { c.Limits.Session = -time.Second }, "--session-timeout takes a time above 0"},
		"a key that is no": {func(c *sshserve.Config) { write(c.HostKey, "nonsense", 0o600) }, "holds no host key"},
		"a folder":         {func(c *sshserve.Config) { c.HostKey = filepath.Dir(filepath.Dir(c.HostKey)) }, "is not a file"},
		"a public key": {func(c *sshserve.Config) {
			write(c.HostKey, "nonsense", 0o640)
		}, "run chmod 600"},
		"no keys file": {func(c *sshserve.Config) { c.AuthorizedKeys = "/nonexistent/keys" }, "authorized keys cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			test.change(&c)
			err := sshserve.Run(t.Context(), c, io.Discard)
			if usage := (sshserve.UsageError{}); !errors.As(err, &usage) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func write(path, text string, mode os.FileMode) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		panic(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		panic(err)
	}
}

func TestAnAddressInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, change := range []func(*sshserve.Config){
		func(c *sshserve.Config) { c.Address = listener.Addr().String() },
		func(c *sshserve.Config) { c.Metrics = listener.Addr().String() },
	} {
		c := config(t)
		change(&c)
		if err = sshserve.Run(t.Context(), c, io.Discard); err == nil || !strings.Contains(err.Error(), "is in use by another program") {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheHostKeyIsMadeOnceAndKept(t *testing.T) {
	c := config(t)
	const servers = 8
	told := make([]bytes.Buffer, servers)
	prints := map[string]bool{}
	var group sync.WaitGroup
	var mu sync.Mutex
	for i := range servers {
		group.Go(func() {
			s := serve(t, c)
			told[i].WriteString(s.told)
			_, rest, _ := strings.Cut(s.told, "host key ")
			print, _, _ := strings.Cut(rest, "\n")
			mu.Lock()
			prints[print] = true
			mu.Unlock()
		})
	}
	group.Wait()
	text, err := os.ReadFile(c.HostKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(prints) != 1 || !prints[ssh.FingerprintSHA256(key.PublicKey())] || key.PublicKey().Type() != ssh.KeyAlgoED25519 {
		t.Errorf("fingerprints %v", prints)
	}
	folder := filepath.Dir(c.HostKey)
	for path, mode := range map[string]os.FileMode{folder: 0o700, c.HostKey: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	c := config(t)
	write(filepath.Join(filepath.Dir(filepath.Dir(c.HostKey)), "file"), "", 0o600)
	c.HostKey = filepath.Join(filepath.Dir(filepath.Dir(c.HostKey)), "file", "key")
	if err := sshserve.Run(t.Context(), c, io.Discard); err == nil || !strings.Contains(err.Error(), "the host key cannot be") {
		t.Errorf("got %v", err)
	}
}

func TestTheServerNamesItself(t *testing.T) {
	s := serve(t, config(t))
	if version := string(s.dial().ServerVersion()); version != "SSH-2.0-till" {
		t.Errorf("version %q", version)
	}
}
