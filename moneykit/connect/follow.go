package connect

import (
	"context"
	"errors"
	"time"

	"till/moneykit"
)

const (
	followFirst   = time.Second // between the first looks at a link
	followSlowest = 10 * time.Second
	followTime    = 10 * time.Minute
	// mendTime is how long a relinked link may still be seen in its old error.
	mendTime = time.Minute
)

// follow reads the link until it is connected.
func (r *Run) follow(ctx context.Context, id moneykit.LinkID) error {
	ctx, cancel := context.WithTimeout(ctx, followTime)
	defer cancel()
	began, wait := time.Now(), followFirst
	for {
		link, err := r.client.Link(ctx, id)
		switch {
		case err == nil:
			r.change(func(s *State) { s.Last, s.Late = link, nil })
			if link.State == moneykit.Connected {
				return nil
			}
			if r.broken(link, time.Since(began)) {
				return &BrokenError{Link: id, State: link.State, Code: link.ErrorCode}
			}
		case !passing(err):
			return err
		case ctx.Err() == nil:
			r.change(func(s *State) { s.Late = err })
		}
		select {
		case <-time.After(wait):
			wait = min(wait*3/2, followSlowest)
		case <-ctx.Done():
			return r.gaveUp(ctx, id)
		}
	}
}

// broken reports whether a link that is not connected will not be.
func (r *Run) broken(link *moneykit.Link, after time.Duration) bool {
	switch link.State {
	case moneykit.Deleted:
		return true
	case moneykit.InError:
		return !r.relinks() || after >= mendTime
	}
	return false
}

// gaveUp tells why the link is followed no longer.
func (r *Run) gaveUp(ctx context.Context, id moneykit.LinkID) error {
	state := r.State()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case state.Late != nil:
		return state.Late
	case state.Last == nil:
		return ctx.Err()
	}
	return &BrokenError{Link: id, State: state.Last.State, Code: state.Last.ErrorCode}
}
