package watch

import "time"

// asleep is how far the wall clock leaves the process's own behind when the machine
// has slept; less than that is a clock being set right.
const asleep = 2 * time.Second

// clock tells the time by which links are due. It goes on while the machine sleeps and
// never goes back, whatever the wall clock is set to.
type clock struct {
	wall     func() time.Time // without a monotonic reading
	last     time.Time
	lastWall time.Time
	slept    time.Duration
}

func newClock() clock {
	return clock{wall: func() time.Time { return time.Now().Round(0) }}
}

func (c *clock) now() time.Time {
	now, wall := time.Now(), c.wall()
	if gap := wall.Sub(c.lastWall) - now.Sub(c.last); !c.last.IsZero() && gap > asleep {
		c.slept += gap
	}
	c.last, c.lastWall = now, wall
	return now.Add(c.slept)
}
