package keystore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
)

// Store is the index of profiles together with the keyring that holds their
// secrets. It is safe for concurrent use, and for use by several processes on
// the same folder.
type Store struct {
	dir     string
	ownDir  bool // the folder is till's own by its place, so its mode is ours to set
	timeout time.Duration

	vault    vault
	diagnose func(context.Context) Reason
	canAsk   func() bool
	gate     gate

	mu     sync.Mutex // guards what follows
	index  index      // as last read or written
	chosen string     // this session's choice; may be a held profile
	held   map[string]heldProfile
	keyed  map[string]bool // profiles whose mirror key this session was given
}

// heldProfile keeps its secret in a function, so that no verb of fmt prints it.
type heldProfile struct {
	profile Profile
	secret  func() string
}

// Option changes how Open makes a Store.
type Option func(*Store)

// WithDir puts the index into dir instead of the folder "till" in the user's
// configuration folder.
func WithDir(dir string) Option {
	return func(s *Store) { s.dir, s.ownDir = dir, false }
}

// WithTimeout sets how long a keyring call may take, ten seconds when not set.
func WithTimeout(d time.Duration) Option {
	return func(s *Store) { s.timeout = d }
}

// Open reads the index of profiles. A missing file is an empty index; a
// damaged one is an error that names the file, which is left as it is. Open
// writes nothing and does not touch the keyring.
func Open(opts ...Option) (*Store, error) {
	s := &Store{
		dir:      filepath.Join(xdg.ConfigHome, "till"),
		ownDir:   true,
		timeout:  defaultTimeout,
		vault:    systemVault{},
		diagnose: diagnose,
		canAsk:   canAsk,
		held:     map[string]heldProfile{},
		keyed:    map[string]bool{},
	}
	for _, o := range opts {
		o(s)
	}
	x, err := readIndex(s.Path())
	if err != nil {
		return nil, err
	}
	s.index = x
	return s, nil
}

// Path is the path of the index file, whether it exists or not.
func (s *Store) Path() string { return filepath.Join(s.dir, indexName) }

// Profiles returns the saved and the held profiles, sorted by name.
func (s *Store) Profiles() []Profile {
	s.mu.Lock()
	defer s.mu.Unlock()
	byName := map[string]Profile{}
	for _, p := range s.index.Profiles {
		byName[p.Name] = p
	}
	for name, h := range s.held {
		byName[name] = h.profile
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
}

// Current returns the profile last chosen, and false when there is none.
func (s *Store) Current() (Profile, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen != "" {
		return s.find(s.chosen)
	}
	return s.find(s.index.Current)
}

// find looks a profile up; the caller holds s.mu.
func (s *Store) find(name string) (Profile, bool) {
	if h, ok := s.held[name]; ok {
		return h.profile, true
	}
	return s.index.find(name)
}

// SetRedirect gives the named profile another redirect URI; an empty one stands
// for DefaultRedirectURI.
func (s *Store) SetRedirect(name, uri string) error {
	s.mu.Lock()
	p, known := s.find(name)
	h, held := s.held[name]
	_, saved := s.index.find(name)
	s.mu.Unlock()
	if !known {
		return fmt.Errorf("there is no profile %q", name)
	}
	p.RedirectURI = uri
	if err := p.Validate(); err != nil {
		return err
	}
	if saved {
		if err := s.amend(name, func(x *index, p Profile) {
			p.RedirectURI = uri
			x.put(p)
		}); err != nil {
			return err
		}
	}
	if held {
		s.Hold(p, h.secret())
	}
	return nil
}

// amend changes a saved profile's part of the index.
func (s *Store) amend(name string, edit func(*index, Profile)) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout) // a few milliseconds of file work
	defer cancel()
	return s.change(ctx, func(x *index) error {
		p, ok := x.find(name)
		if !ok {
			return fmt.Errorf("there is no profile %q", name)
		}
		edit(x, p)
		return nil
	})
}

// Choose makes the named profile the current one and remembers it in the
// index. The choice of a profile that is only held lasts for the session.
func (s *Store) Choose(name string) error {
	s.mu.Lock()
	_, held := s.held[name]
	_, saved := s.index.find(name)
	if held && !saved {
		s.chosen = name
	}
	s.mu.Unlock()
	if held && !saved {
		return nil
	}
	if err := s.amend(name, func(x *index, _ Profile) { x.Current = name }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen = name
	return nil
}

// Hold keeps a profile and its secret in memory until the process ends. It is
// listed by Profiles, hides a saved profile of the same name and is never
// written anywhere.
func (s *Store) Hold(p Profile, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[p.Name] = heldProfile{profile: p, secret: func() string { return secret }}
}

// Held tells whether the named profile's secret is held for this session only.
func (s *Store) Held(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.held[name]
	return ok
}

// Secret returns the named profile's secret and where it came from: from this
// session when it is held, else from the keyring. A failure is an *Error.
func (s *Store) Secret(ctx context.Context, name string) (string, Where, error) {
	s.mu.Lock()
	h, ok := s.held[name]
	s.mu.Unlock()
	if ok {
		return h.secret(), FromSession, nil
	}
	secret, err := guarded(ctx, s, func(func() bool) (string, error) { return s.vault.Get(service, name) }, nil)
	if err != nil {
		return "", "", newError("read", name, err)
	}
	if secret == "" {
		return "", "", &Error{Op: "read", Profile: name, Reason: NotFound, Err: errors.New("the item is empty")}
	}
	return secret, FromKeyring, nil
}

// change reads the index anew under its lock, so that no entry of another
// process is lost, changes it and writes it.
func (s *Store) change(ctx context.Context, edit func(*index) error) error {
	release, err := s.lock(ctx, indexLock)
	if err != nil {
		return err
	}
	defer release()
	x, err := readIndex(s.Path())
	if err != nil {
		return err
	}
	if err := edit(&x); err != nil {
		return err
	}
	if err := writeIndex(s.Path(), x); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = x
	return nil
}
