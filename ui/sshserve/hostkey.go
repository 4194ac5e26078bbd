package sshserve

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"
)

// hostKey reads the host key, and makes it when there is none.
func hostKey(path string) (ssh.Signer, error) {
	key, err := readHostKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err = makeHostKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the host key cannot be made: %w", err)
	}
	return readHostKey(path) // which another server may have made meanwhile
}

// largestKey is more than any file of a key has.
const largestKey = 1 << 16

func readHostKey(path string) (ssh.Signer, error) {
	info, err := os.Stat(path) // before it is opened, which waits when it is a pipe
	switch {
	case err != nil:
		return nil, fmt.Errorf("the host key cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return nil, usage("%s is not a file; give --host-key another", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, usage("others on this computer may read the host key; run chmod 600 %s, or remove it to have a new one made", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the host key cannot be read: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, largestKey))
	if err != nil {
		return nil, fmt.Errorf("the host key cannot be read: %w", err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if protected := (*ssh.PassphraseMissingError)(nil); errors.As(err, &protected) {
		return nil, usage("the host key %s has a passphrase, and nobody to ask for it; give --host-key another", path)
	}
	if err != nil {
		return nil, usage("%s holds no host key; remove it to have one made, or give --host-key another", path)
	}
	return key, nil
}

// makeHostKey writes a new key beside path and links it there when it is whole.
func makeHostKey(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "till")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".host_key")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(pem.EncodeToMemory(block))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}
