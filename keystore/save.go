package keystore

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"
)

var errStillThere = errors.New("the item is still there after it was deleted")

// before is what the keyring held under a profile's name.
type before struct {
	secret string
	had    bool
}

// Save puts the secret into the keyring, reads it back, and then lists the
// profile in the index. When the keyring fails (an *Error) the index is left
// as it was; when the index cannot be written the keyring is put back to what
// it held before. A profile of the same name is replaced, and is no longer
// held for the session only.
func (s *Store) Save(ctx context.Context, p Profile, secret string) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if secret == "" {
		return errors.New("the client secret is empty")
	}
	if len(secret) > maxSecret {
		return &Error{Op: "save", Profile: p.Name, Reason: TooBig, Err: keyring.ErrSetDataTooBig}
	}
	release, err := s.lock(ctx, keyringLock)
	if err != nil {
		return err
	}
	defer release()
	x, err := readIndex(s.Path())
	if err != nil {
		return err
	}
	if other, ok := x.twin(p.Name); ok {
		return fmt.Errorf("there is a profile %q already: choose a name that differs in more than upper and lower case", other)
	}
	prior, err := s.store(ctx, p.Name, secret)
	if err != nil {
		return newError("save", p.Name, err, secret, prior.secret)
	}
	if err := s.change(ctx, func(x *index) error { x.put(p); return nil }); err != nil {
		return s.takeBack(ctx, p.Name, prior, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, p.Name)
	return nil
}

// store writes the secret and reads it back, all in one turn at the keyring. A
// write that succeeds after the caller has gone is undone.
func (s *Store) store(ctx context.Context, name, secret string) (before, error) {
	var prior before // the job's own until it has ended
	work := func(gone func() bool) (before, error) {
		old, err := s.vault.Get(service, name)
		if err != nil && classify(err) != NotFound {
			return before{}, err
		}
		prior = before{secret: old, had: err == nil}
		if gone() {
			return prior, context.Canceled
		}
		if err := s.vault.Set(service, name, secret); err != nil {
			return prior, err
		}
		back, err := s.vault.Get(service, name)
		switch {
		case err != nil && classify(err) != NotFound:
			_ = s.restore(name, prior)
			return prior, err
		case subtle.ConstantTimeCompare([]byte(back), []byte(secret)) != 1:
			_ = s.restore(name, before{})
			return prior, &Error{Reason: Mismatch}
		}
		return prior, nil
	}
	return guarded(ctx, s, work, func() {
		// Somebody may have saved anew in the meantime.
		if now, err := s.vault.Get(service, name); err == nil && now == secret {
			_ = s.restore(name, prior)
		}
	})
}

// restore puts the keyring back to what it held; it runs inside a job.
func (s *Store) restore(name string, prior before) error {
	if prior.had {
		return s.vault.Set(service, name, prior.secret)
	}
	if err := s.vault.Delete(service, name); err != nil && classify(err) != NotFound {
		return err
	}
	return nil
}

// takeBack undoes a write to the keyring after the index failed with cause. It
// outlives a cancelled context, so that no secret is left without its entry.
func (s *Store) takeBack(ctx context.Context, name string, prior before, cause error) error {
	work := func(func() bool) (struct{}, error) { return struct{}{}, s.restore(name, prior) }
	if _, err := guarded(context.WithoutCancel(ctx), s, work, nil); err != nil {
		return errors.Join(cause, newError("take back", name, err, prior.secret))
	}
	return cause
}

// Delete removes the profile's secret and its mirror key from the keyring and
// the profile from the index and from this session. What the keyring no longer
// has is no failure. When the keyring fails (an *Error) the index entry stays,
// so that Delete can be repeated. What is held for the session is forgotten
// anyway; a profile that is only held stays until its key is removed.
func (s *Store) Delete(ctx context.Context, name string) error {
	if s.heldWithKey(name) {
		if err := s.ForgetMirrorKey(ctx, name); err != nil {
			return err
		}
	}
	held, listed := s.forget(name)
	if held && !listed {
		return nil
	}
	release, err := s.lock(ctx, keyringLock)
	if err != nil {
		return err
	}
	defer release()
	x, err := readIndex(s.Path())
	if err != nil {
		return err
	}
	if _, saved := x.find(name); !saved && !listed {
		return fmt.Errorf("there is no profile %q", name)
	}
	if err := s.erase(ctx, name); err != nil {
		return newError("delete", name, err)
	}
	// After the secret, so that a profile that can still be used keeps its mirror.
	if err := s.eraseKey(ctx, name); err != nil {
		return err
	}
	if err := s.change(ctx, func(x *index) error { x.remove(name); return nil }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen == name {
		s.chosen = ""
	}
	return nil
}

// forget drops a held profile. It tells whether there was one, and whether the
// index as last read lists the name.
func (s *Store) forget(name string) (held, listed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, held = s.held[name]
	delete(s.held, name)
	_, listed = s.index.find(name)
	if held && !listed && s.chosen == name {
		s.chosen = ""
	}
	return held, listed
}

// erase deletes the item and looks whether it is gone: the keyring library
// reports success for a question that the user dismissed.
func (s *Store) erase(ctx context.Context, name string) error {
	_, err := guarded(ctx, s, func(func() bool) (struct{}, error) {
		err := s.vault.Delete(service, name)
		if err != nil {
			if classify(err) == NotFound {
				err = nil
			}
			return struct{}{}, err
		}
		_, err = s.vault.Get(service, name)
		switch {
		case err == nil:
			return struct{}{}, &Error{Reason: Denied, Err: errStillThere}
		case classify(err) == NotFound:
			return struct{}{}, nil
		}
		return struct{}{}, err
	}, nil)
	return err
}
