package sshserve_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

// line is how a file of keys has a key.
func line(key ssh.Signer) string { return string(ssh.MarshalAuthorizedKey(key.PublicKey())) }

// locked serves to the holders of keys, and gives who came.
func locked(t *testing.T, keys string) (*served, string, <-chan sshserve.Guest) {
	t.Helper()
	c := config(t)
	c.AuthorizedKeys = filepath.Join(t.TempDir(), "keys")
	write(c.AuthorizedKeys, keys, 0o600)
	guests := make(chan sshserve.Guest, 10)
	c.Start = func(_ context.Context, guest sshserve.Guest) (sshserve.Program, error) {
		guests <- guest
		return sshserve.Program{Model: &model{}}, nil
	}
	return serve(t, c), c.AuthorizedKeys, guests
}

func (s *served) refuses(t *testing.T, auth ...ssh.AuthMethod) {
	t.Helper()
	c, err := ssh.Dial("tcp", s.address, client(auth...))
	if err == nil {
		_ = c.Close()
		t.Error("let in")
	}
}

func TestOnlyAuthorizedKeysComeIn(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	s, _, guests := locked(t, "# guests\n\n"+line(key))
	open(t, s.dial(ssh.PublicKeys(stranger, key))).wait("size=80x24.")
	if guest := <-guests; guest.Key != ssh.FingerprintSHA256(key.PublicKey()) {
		t.Errorf("guest %+v", guest)
	}
	if record := s.log.wait(t, "session began"); record["key"] != ssh.FingerprintSHA256(key.PublicKey()) {
		t.Errorf("record %v", record)
	}
	s.refuses(t)
	s.refuses(t, ssh.PublicKeys(stranger))
	s.refuses(t, ssh.Password("guest"))
	s.refuses(t, ssh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
		t.Error("questions are asked")
		return nil, nil
	}))
	s.log.wait(t, "refused", "handshake")
}

// thief offers a public key and signs with another.
type thief struct {
	public ssh.PublicKey
	ssh.Signer
}

func (t thief) PublicKey() ssh.PublicKey { return t.public }

func TestAKeyThatIsOnlyOfferedProvesNothing(t *testing.T) {
	mine, theirs := newKey(t), newKey(t)
	s, _, guests := locked(t, line(mine)+line(theirs))
	s.refuses(t, ssh.PublicKeys(thief{theirs.PublicKey(), mine}))
	if len(guests) > 0 {
		t.Errorf("guest %+v", <-guests)
	}
}

func TestAnybodyComesInWithoutKeysAndNobodyIsKnown(t *testing.T) {
	s := serve(t, config(t))
	open(t, s.dial(ssh.PublicKeys(newKey(t)))).wait("size=80x24.")
	if record := s.log.wait(t, "session began"); record["key"] != "" {
		t.Errorf("record %v", record)
	}
}

func TestKeysAreReadAgainWhenTheyChange(t *testing.T) {
	first, second := newKey(t), newKey(t)
	s, path, _ := locked(t, line(first))
	early := s.dial(ssh.PublicKeys(first))
	s.refuses(t, ssh.PublicKeys(second))
	write(path, line(second), 0o600)
	s.refuses(t, ssh.PublicKeys(first))
	open(t, s.dial(ssh.PublicKeys(second))).wait("size=80x24.")
	term := open(t, early)
	if code := term.code(); code != 1 || term.String() != "till: your key may not come in any more.\r\n" {
		t.Errorf("read %q, code %d", term, code)
	}
	write(path, "nonsense", 0o600)
	open(t, s.dial(ssh.PublicKeys(second))).wait("size=80x24.")
	s.log.wait(t, "the ones before are kept", "line 1")
	for _, empty := range []func(){
		func() { write(path, "# nobody\n", 0o600) },
		func() { _ = os.Remove(path) },
	} {
		empty()
		s.refuses(t, ssh.PublicKeys(second))
		write(path, line(second), 0o600)
		open(t, s.dial(ssh.PublicKeys(second))).wait("size=80x24.")
	}
	s.log.wait(t, "nobody comes in", "holds no key")
}

func TestFilesOfKeysThatCannotBeKeptTo(t *testing.T) {
	key := newKey(t)
	certificate := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := certificate.SignCert(rand.Reader, newKey(t)); err != nil {
		t.Fatal(err)
	}
	for says, text := range map[string]string{
		"holds no key":                    "# nobody\n\n",
		"line 2: there is no public key":  line(key) + "ssh-ed25519 nonsense\n",
		"line 3: options of a key":        "\n" + line(key) + `from="10.0.0.0/8" ` + line(key),
		"line 1: options of a key":        `restrict,command="ls" ` + line(key),
		"line 1: markers":                 "@cert-authority " + line(key),
		"is larger than":                  strings.Repeat("#", 2<<20),
		"line 1: there is no public key":  "-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"line 2: certificates are not su": "\n" + string(ssh.MarshalAuthorizedKey(certificate)),
	} {
		c := config(t)
		c.AuthorizedKeys = filepath.Join(t.TempDir(), "keys")
		write(c.AuthorizedKeys, text, 0o600)
		err := sshserve.Run(t.Context(), c, io.Discard)
		if usage := (sshserve.UsageError{}); !errors.As(err, &usage) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", says, err)
		}
	}
}
