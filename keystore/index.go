package keystore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	indexName    = "profiles.json"
	indexLock    = "profiles.lock" // held while the index is read, changed and written
	keyringLock  = "keyring.lock"  // held while an item and its index entry change together
	indexVersion = 1
	maxIndex     = 1 << 20
)

// index is the file that lists the profiles. It holds no secret.
type index struct {
	Version  int       `json:"version"`
	Current  string    `json:"current"`
	Profiles []Profile `json:"profiles"`
}

func (x *index) find(name string) (Profile, bool) {
	i := slices.IndexFunc(x.Profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return x.Profiles[i], true
}

func (x *index) put(p Profile) {
	x.drop(p.Name)
	x.Profiles = append(x.Profiles, p)
	slices.SortFunc(x.Profiles, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
}

func (x *index) remove(name string) {
	x.drop(name)
	if x.Current == name {
		x.Current = ""
	}
}

func (x *index) drop(name string) {
	x.Profiles = slices.DeleteFunc(x.Profiles, func(p Profile) bool { return p.Name == name })
}

// twin finds another profile whose name differs in upper and lower case only:
// Windows would keep both secrets in the same item.
func (x *index) twin(name string) (string, bool) {
	for _, p := range x.Profiles {
		if p.Name != name && strings.EqualFold(p.Name, name) {
			return p.Name, true
		}
	}
	return "", false
}

// readIndex reads the index; a missing file is an empty index. Nothing is ever
// repaired here: a damaged file is the user's to look at.
func readIndex(path string) (index, error) {
	empty := index{Version: indexVersion}
	f, err := os.Open(path) //nolint:gosec // the path is the store's own
	if errors.Is(err, os.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return empty, fmt.Errorf("read the profiles: %w", err)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return empty, fmt.Errorf("read the profiles: %w", err)
	}
	x, err := parseIndex(raw)
	if err != nil {
		return empty, fmt.Errorf("%s is damaged and was left as it is: %w", path, err)
	}
	return x, nil
}

func parseIndex(raw []byte) (index, error) {
	if len(raw) > maxIndex {
		return index{}, errors.New("it is far too long for a list of profiles")
	}
	var x index
	if err := json.Unmarshal(bytes.TrimSpace(raw), &x); err != nil {
		return index{}, err
	}
	if x.Version != indexVersion {
		return index{}, fmt.Errorf("it has version %d, and this till knows version %d only", x.Version, indexVersion)
	}
	seen := map[string]bool{}
	for i, p := range x.Profiles {
		if err := p.Validate(); err != nil {
			return index{}, fmt.Errorf("profile %d: %w", i+1, err)
		}
		if seen[p.Name] {
			return index{}, fmt.Errorf("profile %q is listed twice", p.Name)
		}
		seen[p.Name] = true
	}
	return x, nil
}

// writeIndex replaces the index in one step. The caller holds the index lock,
// so that the temporary name can be a fixed one: what a killed process left
// there is overwritten, and does not gather.
func writeIndex(path string, x index) (err error) {
	if x.Profiles == nil {
		x.Profiles = []Profile{}
	}
	raw, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return fmt.Errorf("write the profiles: %w", err)
	}
	temp := path + ".tmp"
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
			err = fmt.Errorf("write the profiles: %w", err)
		}
	}()
	if err := writeSynced(temp, append(raw, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

func writeSynced(path string, raw []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the path is the store's own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(0o600); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if _, err := f.Write(raw); err != nil {
		return err
	}
	return f.Sync()
}

// syncDir makes the rename last through a power cut, where folders can be
// synced at all.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil { //nolint:gosec // the path is the store's own
		_ = d.Sync()
		_ = d.Close()
	}
}
