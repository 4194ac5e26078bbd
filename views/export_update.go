package views

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/termsafe"
)

// updating brings the mirror up to date before an export.
type updating struct {
	ExportCommand
	*session
	progress io.Writer
	late     int // links that could not be read
}

// links are those that are exported.
func (u *updating) links(ctx context.Context) ([]moneykit.LinkID, error) {
	store, chosen := u.mirror.Store(), u.chosen()
	if !u.Offline && len(chosen) == 0 {
		if err := u.list(ctx); err != nil {
			return nil, err
		}
	}
	known, err := store.Known(ctx)
	if err != nil {
		return nil, errors.New(explain(err).line())
	}
	if len(chosen) == 0 {
		return known, nil
	}
	for _, id := range chosen {
		if u.Offline && !slices.Contains(known, id) {
			return nil, fmt.Errorf("the mirror knows no link %s; without --offline MoneyKit is asked for it", id)
		}
	}
	return chosen, nil
}

// list makes every link known to the mirror.
func (u *updating) list(ctx context.Context) error {
	store, all := u.mirror.Store(), u.known()
	for ref, err := range u.client.Links(ctx, linksPage) {
		if err != nil {
			told := explain(err).line()
			if store.Path() != "" {
				told += " --offline exports what the mirror has."
			}
			return errors.New(told)
		}
		all = append(all, ref.ID)
	}
	if err := store.Remember(ctx, all...); err != nil {
		return errors.New(explain(err).line())
	}
	return nil
}

// update reads what is exported of each link. What fails for one of them is told,
// and the others go on.
func (u *updating) update(ctx context.Context, links []moneykit.LinkID) error {
	if u.Offline {
		return nil
	}
	for _, id := range links {
		told, err := u.read(ctx, id)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			told = explain(err).line()
		}
		switch {
		case errors.Is(err, moneykit.LinkNotFound) && len(u.Links) > 0:
			return fmt.Errorf("%s: %s", id, told)
		case err != nil && !ofTheLink(err):
			u.late++
		}
		_, _ = fmt.Fprintln(u.progress, termsafe.Line(string(id))+": "+told)
	}
	return nil
}

// ofTheLink reports that MoneyKit has no such data of a link, which is no failure.
func ofTheLink(err error) bool {
	for _, code := range []moneykit.ErrorCode{moneykit.LinkBadState, moneykit.LinkDeleted, moneykit.LinkForbiddenAction, moneykit.LinkNotFound} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// tellUnread tells of links of which the mirror never held what is asked for; that it
// holds nothing at all is an error.
func (u *updating) tellUnread(ctx context.Context, links []moneykit.LinkID) error {
	var unread []moneykit.LinkID
	for _, id := range links {
		known, err := u.holds(ctx, id)
		if err != nil {
			return errors.New(explain(err).line())
		}
		if !known {
			unread = append(unread, id)
		}
	}
	switch {
	case len(unread) > 0 && len(unread) == len(links):
		return fmt.Errorf("the mirror holds no %s yet; leave --offline out to read them", u.What)
	case len(unread) > 0:
		_, _ = fmt.Fprintf(u.progress, "of %s the mirror holds no %s yet\n", plural(len(unread), "link"), u.What)
	}
	return nil
}

// holds reports whether the mirror has what is asked for of a link.
func (u *updating) holds(ctx context.Context, id moneykit.LinkID) (bool, error) {
	store := u.mirror.Store()
	switch u.What {
	case "links":
		return true, nil
	case "accounts":
		_, at, err := store.Accounts(ctx, id)
		return !at.IsZero(), err
	}
	head, err := store.Head(ctx, id)
	return head.Cursor != "", err
}

// read brings one link up to date and tells of it.
func (u *updating) read(ctx context.Context, id moneykit.LinkID) (string, error) {
	store := u.mirror.Store()
	if u.What == "links" {
		link, err := u.client.Link(ctx, id)
		if err != nil {
			return "", err
		}
		return linkLook(link).word, store.PutLinks(ctx, mirror.LinkSeen{Link: link, At: time.Now()})
	}
	accounts, err := u.client.Accounts(ctx, id)
	if err == nil {
		_, err = store.PutAccounts(ctx, id, time.Now(), accounts.Accounts...)
	}
	switch {
	case err != nil && (u.What == "accounts" || !ofTheLink(err)):
		return "", err
	case u.What == "accounts":
		return plural(len(accounts.Accounts), "account"), nil
	}
	done, err := u.mirror.Sync(ctx, id) // names that are missing do no harm
	return plural(done.Created, "new transaction"), err
}
