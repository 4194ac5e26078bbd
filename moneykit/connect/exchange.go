package connect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"till/moneykit"
)

// exchangeTime bounds the exchange of a token with all its repetitions.
const exchangeTime = 20 * time.Second

// exchange turns the token into a link. It is repeated while nobody answers, since
// the link is made already and only the token leads to it.
func (r *Run) exchange(ctx context.Context) (moneykit.LinkID, error) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	var why error // that it did not work so far
	for wait := time.Second; ; wait *= 2 {
		link, err := r.client.ExchangeToken(bounded, r.got.token)
		switch {
		case err == nil:
			r.keep(outcome{})
			return link.LinkID, nil
		case errors.Is(err, moneykit.InvalidTokenExchange):
			return r.exchanged(bounded, err)
		case ctx.Err() != nil:
			return "", ctx.Err()
		case !passing(err):
			return "", err
		case bounded.Err() != nil:
			return "", cmp.Or(why, err)
		}
		why = err
		select {
		case <-time.After(wait):
		case <-bounded.Done():
			return "", err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// exchanged returns the link of a token that is used already, if Connect told which
// that is: the answer to the exchange was lost then.
func (r *Run) exchanged(ctx context.Context, refused error) (moneykit.LinkID, error) {
	id := r.got.link
	r.keep(outcome{})
	if id == "" {
		return "", refused
	}
	link, err := r.client.Link(ctx, id)
	if err != nil || link.State == moneykit.AwaitingTokenExchange {
		return "", refused
	}
	return id, nil
}

// passing reports whether a call that failed may work a little later.
func passing(err error) bool {
	refused := (*moneykit.Error)(nil)
	return !errors.As(err, &refused) || refused.Status >= 500 || refused.Status == 429
}
