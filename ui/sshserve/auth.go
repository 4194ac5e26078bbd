package sshserve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// largestKeys is how large a file of authorized keys may be.
const largestKeys = 1 << 20

// authorizedKeys are the keys that may come in.
type authorizedKeys struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex
	text []byte          // as it was read last, broken or not
	keys map[string]bool // of the last text that was whole
	err  string          // what was logged last
}

var errNoKey = errors.New("holds no key, so nobody can come in")

func openAuthorizedKeys(path string, log *slog.Logger) (*authorizedKeys, error) {
	text, err := readAuthorizedKeys(path)
	if err != nil {
		return nil, usage("the authorized keys cannot be read: %w", err)
	}
	keys, err := parseAuthorizedKeys(path, text)
	if err != nil {
		return nil, UsageError{err}
	}
	return &authorizedKeys{path: path, log: log, text: text, keys: keys}, nil
}

// allow tells whether a key may come in now.
func (a *authorizedKeys) allow(key ssh.PublicKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refresh()
	return a.keys[string(key.Marshal())]
}

// refresh takes what the file says now, unless that is broken. A file that is gone or
// without keys lets nobody in.
func (a *authorizedKeys) refresh() {
	text, err := readAuthorizedKeys(a.path)
	if err == nil {
		if bytes.Equal(text, a.text) {
			return
		}
		a.text = text
		var keys map[string]bool
		if keys, err = parseAuthorizedKeys(a.path, text); err == nil {
			a.keys, a.err = keys, ""
			a.log.Info("authorized keys read again", "keys", len(keys))
			return
		}
	}
	kept := "the ones before are kept"
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoKey) {
		a.text, a.keys, kept = nil, nil, "nobody comes in"
	}
	if a.err != err.Error() {
		a.err = err.Error()
		a.log.Warn("authorized keys cannot be read: "+kept, "error", a.err)
	}
}

func readAuthorizedKeys(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, largestKeys+1))
	if err == nil && len(text) > largestKeys {
		err = fmt.Errorf("%s is larger than %d bytes", path, largestKeys)
	}
	return text, err
}

// parseAuthorizedKeys reads a file of plain keys. What it cannot keep to, such as the
// options of a key, it refuses.
func parseAuthorizedKeys(path string, text []byte) (map[string]bool, error) {
	keys := map[string]bool{}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "@") {
			return nil, fmt.Errorf("%s, line %d: markers such as @cert-authority are not supported; give plain keys", path, number)
		}
		key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: there is no public key", path, number)
		}
		if len(options) > 0 {
			return nil, fmt.Errorf("%s, line %d: options of a key are not supported; leave them out, or leave the key out", path, number)
		}
		if _, is := key.(*ssh.Certificate); is {
			return nil, fmt.Errorf("%s, line %d: certificates are not supported; give plain keys", path, number)
		}
		keys[string(key.Marshal())] = true
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s %w; add the public key of each guest on a line of its own", path, errNoKey)
	}
	return keys, nil
}
