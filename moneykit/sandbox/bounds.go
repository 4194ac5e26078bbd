package sandbox

import (
	"fmt"
	"time"
)

// Bounds limit what can be made of a Sandbox by whoever has it to play with. Zero
// is no bound.
type Bounds struct {
	Links int           // in all, those that were deleted among them
	Steps int           // that the data of one link moves on: refreshes, imports and corrections
	Clock time.Duration // how far Advance and AdvanceTo move the clock from where the world began
	// Transactions is how many of all links are kept worked out; a single link can have
	// more.
	Transactions int
}

// WithBounds limits what can be made of the Sandbox. A call that would go beyond is
// refused with 403, and a move of the clock with [ErrClock].
func WithBounds(b Bounds) Option { return func(o *options) { o.bounds = b } }

// WithoutWebhooks sends no webhook, whatever address a link has.
func WithoutWebhooks() Option { return func(o *options) { o.silent = true } }

// roomForLink refuses a link too many.
func (s *Sandbox) roomForLink() error {
	if most := s.bounds.Links; most > 0 && s.Total >= most {
		return forbiddenConfig(fmt.Sprintf("This Sandbox has room for %d links, and has them.", most))
	}
	return nil
}

// roomForStep refuses what would move a link's data on too often.
func (s *Sandbox) roomForStep(l *link) error {
	if most := s.bounds.Steps; most > 0 && len(l.Steps) >= most {
		return forbidden(fmt.Sprintf("In this Sandbox the data of a link changes %d times at most.", most))
	}
	return nil
}

// last is how far the clock can be moved.
func (s *Sandbox) last() time.Time {
	if s.bounds.Clock > 0 {
		if last := s.Born.Add(s.bounds.Clock); last.Before(lastDay) {
			return last
		}
	}
	return lastDay
}
