package views

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/termsafe"
)

// KeptMirror is the mirror of a profile as it was opened.
type KeptMirror struct {
	Store *mirror.Store
	// Aside is where a damaged one was put, of which this one takes the place; empty
	// for none.
	Aside string
}

// OpenMirror opens the mirror that is kept of a profile in dir, with the key that
// keyOf returns. One that cannot be read is set aside, and a new one begun.
func OpenMirror(ctx context.Context, keyOf func(context.Context, string) ([]byte, error), dir string, p keystore.Profile) (KeptMirror, error) {
	key, err := keyOf(ctx, p.Name)
	if err != nil {
		return KeptMirror{}, err
	}
	path := MirrorPath(dir, p)
	store, err := mirror.Open(path, key)
	if !errors.Is(err, mirror.ErrDamaged) {
		return KeptMirror{Store: store}, err
	}
	aside, err := mirror.SetAside(path, time.Now())
	if err != nil {
		return KeptMirror{}, err
	}
	store, err = mirror.Open(path, key)
	return KeptMirror{Store: store, Aside: aside}, err
}

// MirrorPath is where the mirror of a profile is kept under dir: another one for
// each server and key pair that a profile of that name has had.
func MirrorPath(dir string, p keystore.Profile) string {
	sum := sha256.Sum256([]byte(p.BaseURL + "\n" + p.ClientID))
	return filepath.Join(dir, url.PathEscape(p.Name)+"-"+hex.EncodeToString(sum[:4])+".db")
}

// keepSensitive tells the mirror what to keep, when till is opened to be used. A
// mirror that cannot let go of what it must not keep is not used.
func (s *session) keepSensitive(ctx context.Context) {
	store := s.mirror.Store()
	err := store.KeepSensitive(ctx, s.app.MirrorSensitive)
	if err == nil {
		return
	}
	_ = store.Close()
	s.unkept, s.mirror = err, mirror.New(s.client, mirror.NewMemory())
}

// toldOfMirror says what is unusual about the session's mirror.
func (s *session) toldOfMirror() tea.Cmd {
	switch {
	case s.aside != "":
		return ui.Toast(ui.Failure, "The mirror could not be read. It is built anew from MoneyKit; the old one is "+termsafe.Line(s.aside))
	case s.unkept != nil:
		f := explain(s.unkept)
		return ui.Toast(ui.Notice, "The mirror lasts until you leave: "+f.line())
	}
	return nil
}

// checkMirror reads through a mirror that is kept, while it is used already. One that
// is damaged is set aside, and the session begun again with a new one.
func (s *session) checkMirror() tea.Cmd {
	store, ctx := s.mirror.Store(), s.ctx
	if store.Path() == "" {
		return nil
	}
	return func() tea.Msg {
		if err := store.Check(ctx); !errors.Is(err, mirror.ErrDamaged) {
			return nil // what else it is shows where the mirror is used
		}
		return ui.Restart(newOpening(s.app, s.anew(), place{}))()
	}
}

// anew opens the session's profile with a new mirror.
func (s *session) anew() opener {
	again := s.again
	return opener{again.what, func(ctx context.Context, app *App) (*session, error) {
		_ = s.mirror.Store().Close()
		aside, err := mirror.SetAside(s.mirror.Store().Path(), time.Now())
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		next, err := again.open(ctx, app)
		if next != nil {
			next.aside = aside
		}
		return next, err
	}}
}

// recall shows the links as they were when till was left, before MoneyKit is asked. It
// reports whether there were any.
func recall(ctx context.Context, s *session) (held bool) {
	err := s.mirror.Store().Links(ctx, func(page []mirror.LinkSeen) bool {
		snapshots := make([]watch.Snapshot, len(page))
		for i, seen := range page {
			snapshots[i] = watch.Snapshot{ID: seen.Link.ID, Link: seen.Link, At: seen.At}
		}
		s.watch.Recall(snapshots...)
		held = true
		return true
	})
	_ = err // MoneyKit is asked anyway
	return held
}

// remembered makes links known that GET /links may leave out.
func (s *session) remembered(ctx context.Context) {
	if known, err := s.mirror.Store().Known(ctx); err == nil {
		s.watch.Add(known...)
	}
	s.watch.Add(s.known()...)
}

// met makes links known, to a mirror that lasts first: it keeps them in this order.
func (s *session) met(ctx context.Context, ids []moneykit.LinkID) {
	if store := s.mirror.Store(); store.Path() != "" {
		_ = store.Remember(ctx, ids...) // keep tells what fails
	}
	s.watch.Add(ids...)
}

// keep writes what was learned of links into a mirror that lasts.
func (s *session) keep(snapshots []watch.Snapshot) tea.Cmd {
	store := s.mirror.Store()
	if store.Path() == "" {
		return nil
	}
	var seen []mirror.LinkSeen
	for _, now := range snapshots {
		if now.Link != nil && !now.Recalled && now.Err == nil {
			seen = append(seen, mirror.LinkSeen{Link: now.Link, At: now.At})
		}
	}
	if len(seen) == 0 {
		return nil
	}
	ctx := s.ctx
	return func() tea.Msg {
		if err := store.PutLinks(ctx, seen...); err != nil && ctx.Err() == nil {
			return ui.Toast(ui.Failure, "The mirror was not written. "+explain(err).line())()
		}
		return nil
	}
}

// accounts returns a link's accounts. When MoneyKit does not give them and there are
// some from before, the failure is only the reason why they are late.
func (s *session) accounts(ctx context.Context, id moneykit.LinkID) (accounts []moneykit.Account, late, err error) {
	store := s.mirror.Store()
	result, err := s.client.Accounts(ctx, id)
	if err == nil {
		// What cannot be kept is shown all the same; keep tells of the mirror.
		changes, _ := store.PutAccounts(ctx, id, time.Now(), result.Accounts...)
		s.accountNews.add(id, changes)
		return result.Accounts, nil, nil
	}
	kept, at, unread := store.Accounts(ctx, id)
	if unread != nil || at.IsZero() {
		return nil, nil, err
	}
	return kept, err, nil
}
