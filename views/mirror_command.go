package views

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/termsafe"
)

// MirrorCommand is about the mirror of a profile, from the command line.
type MirrorCommand struct {
	Profile string // empty for the one last chosen
	Yes     bool   // throw the history of syncs away
}

// ErrKeepsHistory asks for a yes: MoneyKit keeps no history of diffs that it could
// be built from again.
var ErrKeepsHistory = errors.New("this throws away the history of syncs, which MoneyKit does not keep; say --yes to go on")

// open opens the profile and its mirror.
func (c MirrorCommand) open(ctx context.Context, app *App) (*session, error) {
	s, err := openProfile(c.Profile).open(ctx, app)
	switch {
	case err != nil:
		return nil, errors.New(explain(err).line())
	case s == nil:
		return nil, errors.New("there is no profile yet; till offers to add one")
	case s.unkept != nil:
		_ = s.mirror.Store().Close()
		return nil, errors.New("there is no mirror: " + explain(s.unkept).line())
	}
	return s, nil
}

// Status tells where the mirror is and what it holds, and reads through all of it.
func (c MirrorCommand) Status(ctx context.Context, app *App, out io.Writer) error {
	s, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	store := s.mirror.Store()
	defer func() { _ = store.Close() }()
	stats, err := store.Stats(ctx)
	if err != nil {
		return errors.New(explain(err).line())
	}
	last := "never"
	if !stats.LastSync.IsZero() {
		last = ago(stats.LastSync, time.Now())
	}
	sound := "sound"
	if err := store.Check(ctx); err != nil {
		sound = explain(err).line()
	}
	for _, line := range [][2]string{
		{"file", termsafe.Line(store.Path())},
		{"size", fileSize(store.Path())},
		{"state", sound},
		{"links", fmt.Sprint(stats.Links)},
		{"transactions", fmt.Sprint(stats.Transactions)},
		{"versions", fmt.Sprint(stats.Versions)},
		{"syncs", fmt.Sprint(stats.Syncs)},
		{"last change", last},
	} {
		_, _ = fmt.Fprintf(out, "%-13s %s\n", line[0], line[1])
	}
	if busy, err := store.Syncing(ctx); err == nil && len(busy) > 0 {
		_, _ = fmt.Fprintf(out, "%s being synced by another till\n", plural(len(busy), "link"))
	}
	if s.aside != "" {
		_, _ = fmt.Fprintln(out, "A damaged mirror was set aside: "+termsafe.Line(s.aside))
	}
	return nil
}

func fileSize(path string) string {
	var bytes int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

// Rebuild builds the mirror anew from MoneyKit.
func (c MirrorCommand) Rebuild(ctx context.Context, app *App, progress io.Writer) error {
	if !c.Yes {
		return ErrKeepsHistory
	}
	s, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	links, err := allLinks(ctx, s) // before anything is thrown away
	_ = s.mirror.Store().Close()
	if err == nil {
		err = app.ForgetMirror(s.profile)
	}
	if err != nil {
		return errors.New(explain(err).line())
	}
	if s, err = c.open(ctx, app); err != nil {
		return err
	}
	defer func() { _ = s.mirror.Store().Close() }()
	return syncAll(ctx, s, links, progress)
}

// allLinks are the links that MoneyKit tells of.
func allLinks(ctx context.Context, s *session) ([]moneykit.LinkID, error) {
	var links []moneykit.LinkID
	for ref, err := range s.client.Links(ctx, linksPage) {
		if err != nil {
			return nil, err
		}
		links = append(links, ref.ID)
	}
	return links, nil
}

// syncAll syncs links side by side, and tells of each.
func syncAll(ctx context.Context, s *session, links []moneykit.LinkID, progress io.Writer) error {
	fleet := s.mirror.SyncAll(ctx, links)
	var now mirror.Progress
	for told, failed := 0, 0; !now.Over; {
		now, _ = fleet.Next(context.WithoutCancel(ctx), now.Version) // it ends with ctx by itself
		results, failures := fleet.Results(), fleet.Failures()
		for _, r := range results[told:] {
			_, _ = fmt.Fprintf(progress, "%s: %s\n", termsafe.Line(string(r.Link)), counts(r.Sync.Created, r.Sync.Updated, r.Sync.Removed))
		}
		for _, f := range failures[failed:] {
			_, _ = fmt.Fprintf(progress, "%s: %s\n", termsafe.Line(string(f.Link)), explain(f.Err).line())
		}
		told, failed = len(results), len(failures)
	}
	_, _ = fmt.Fprintf(progress, "%s synced: %s\n", plural(now.Done, "link"), counts(now.Created, now.Updated, now.Removed))
	switch {
	case now.Err != nil:
		return errors.New(explain(now.Err).line())
	case now.Cancelled:
		return errors.New("interrupted; what was synced is kept, and the next sync goes on from there")
	}
	if failed := slices.DeleteFunc(fleet.Failures(), func(f mirror.Failure) bool { return ofTheLink(f.Err) }); len(failed) > 0 {
		return fmt.Errorf("%s could not be synced", plural(len(failed), "link"))
	}
	return nil
}

// Forget removes the mirror and its key.
func (c MirrorCommand) Forget(ctx context.Context, app *App, out io.Writer) error {
	if !c.Yes {
		return ErrKeepsHistory
	}
	profile, err := c.profile(app)
	if err != nil {
		return err
	}
	if err := app.ForgetMirror(profile); err != nil {
		return errors.New(explain(err).line())
	}
	keys, err := app.Keys()
	if err == nil {
		err = keys.ForgetMirrorKey(ctx, profile.Name)
	}
	if err != nil {
		return fmt.Errorf("the mirror of %s is gone, and its key may still be in the keyring: %s", profile.Name, explain(err).line())
	}
	_, _ = fmt.Fprintln(out, "The mirror of "+termsafe.Line(profile.Name)+" is gone. till begins a new one when it is used next.")
	return nil
}

// profile finds the profile without its secret, which forgetting does not need.
func (c MirrorCommand) profile(app *App) (keystore.Profile, error) {
	if c.Profile == "" {
		if profile, _, given, err := app.Environment(); given || err != nil {
			return profile, err
		}
	}
	keys, err := app.Keys()
	if err != nil {
		return keystore.Profile{}, err
	}
	profile, found := keys.Current()
	if c.Profile != "" {
		profile, found = profileNamed(keys, c.Profile)
	}
	if !found {
		return keystore.Profile{}, errors.New("there is no such profile")
	}
	return profile, nil
}
