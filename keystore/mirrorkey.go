package keystore

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
)

// KeySize is the length of a mirror key in bytes.
const KeySize = 32

var errNoKey = errors.New("the item is not the text of a key")

// mirrorItem names the keyring item of a profile's mirror key. No profile can
// have that name itself, for names hold no slash.
func mirrorItem(profile string) string { return "mirror/" + profile }

// MirrorKey returns the key that the named profile's mirror is encrypted with:
// KeySize random bytes, made at the first call and kept in the keyring alone.
// The profile need not be in the index. An item that is no key is never
// replaced. A failure of the keyring is an *Error.
func (s *Store) MirrorKey(ctx context.Context, profile string) ([]byte, error) {
	if err := validateName(profile); err != nil {
		return nil, err
	}
	item := mirrorItem(profile)
	text, err := guarded(ctx, s, func(func() bool) (string, error) { return s.vault.Get(service, item) }, nil)
	switch {
	case err == nil:
	case classify(err) == NotFound:
		if text, err = s.makeKey(ctx, profile); err != nil {
			return nil, err
		}
	default:
		return nil, newMirrorError("read", profile, err)
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != KeySize {
		return nil, &Error{Op: "read", Profile: profile, Mirror: true, Reason: Damaged, Err: errNoKey}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keyed[profile] = true
	return key, nil
}

// makeKey puts a new key into the keyring, unless another till was faster. It
// returns the text that the keyring then holds.
func (s *Store) makeKey(ctx context.Context, profile string) (string, error) {
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // it never fails
	fresh := hex.EncodeToString(raw)
	release, err := s.lock(ctx, keyringLock)
	if err != nil {
		return "", err
	}
	writing := make(chan struct{}, 1) // full while the job writes
	defer func() {
		select {
		case writing <- struct{}{}:
			release()
			<-writing
		default:
			// A write that hangs keeps the lock: it could replace a key that
			// another till makes meanwhile.
			go func() {
				writing <- struct{}{}
				release()
			}()
		}
	}()
	item := mirrorItem(profile)
	text, err := guarded(ctx, s, func(gone func() bool) (string, error) {
		text, err := s.vault.Get(service, item)
		if err == nil || classify(err) != NotFound {
			return text, err
		}
		writing <- struct{}{}
		defer func() { <-writing }()
		if gone() {
			return "", context.Canceled
		}
		return fresh, s.writeKey(item, fresh)
	}, nil)
	if err != nil {
		return "", newMirrorError("save", profile, err, fresh)
	}
	return text, nil
}

// writeKey writes a new key and reads it back; it runs inside a job. What the
// keyring garbled is removed. A key that cannot be read back stays, for another
// till may have read it.
func (s *Store) writeKey(item, text string) error {
	if err := s.vault.Set(service, item, text); err != nil {
		return err
	}
	back, err := s.vault.Get(service, item)
	if err != nil && classify(err) != NotFound {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(back), []byte(text)) != 1 {
		_ = s.restore(item, before{})
		return &Error{Reason: Mismatch}
	}
	return nil
}

// ForgetMirrorKey removes the named profile's mirror key from the keyring, in
// whatever state it is. What the keyring does not have is no failure.
func (s *Store) ForgetMirrorKey(ctx context.Context, profile string) error {
	release, err := s.lock(ctx, keyringLock)
	if err != nil {
		return err
	}
	defer release()
	return s.eraseKey(ctx, profile)
}

// eraseKey removes the key; the caller holds the keyring lock.
func (s *Store) eraseKey(ctx context.Context, profile string) error {
	if err := s.erase(ctx, mirrorItem(profile)); err != nil {
		return newMirrorError("delete", profile, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keyed, profile)
	return nil
}

// heldWithKey tells whether the profile is in this session alone, while its
// mirror key is in the keyring.
func (s *Store) heldWithKey(profile string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, held := s.held[profile]
	_, listed := s.index.find(profile)
	return held && !listed && s.keyed[profile]
}
