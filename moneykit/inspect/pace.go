package inspect

import (
	"slices"
	"time"
)

const (
	paceSpan  = time.Minute
	rateSpan  = 10 * time.Second
	maxBeats  = 4096 // a minute at the client's own rate limit, and then some
	medianOf  = 50
	slowestOf = 95
)

// beat is what the pace is made of. More beats than exchanges are kept: a
// minute at full speed has more calls than the ring has room for.
type beat struct {
	at     time.Time
	took   time.Duration
	failed bool
}

// Pace says how busy the last minute was. Requests count from when they were
// sent, and each attempt is one.
type Pace struct {
	Calls, Failed int
	PerSecond     float64 // over the last 10 s
	Median, P95   time.Duration
	// Seconds counts the calls of each second of the minute, the current one
	// last.
	Seconds [60]int
}

// Pace returns the pace of the minute that ends at now.
func (l *Log) Pace(now time.Time) Pace {
	pace, took := l.count(now)
	slices.Sort(took)
	pace.Median, pace.P95 = percentile(took, medianOf), percentile(took, slowestOf)
	return pace
}

func (l *Log) count(now time.Time) (pace Pace, took []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := 0
	for _, b := range l.beats {
		age := now.Sub(b.at)
		if age < 0 || age >= paceSpan {
			continue
		}
		took = append(took, b.took)
		if second := len(pace.Seconds) - 1 - int(now.Unix()-b.at.Unix()); second >= 0 {
			pace.Seconds[second]++
		}
		if b.failed {
			pace.Failed++
		}
		if age < rateSpan {
			recent++
		}
	}
	pace.Calls, pace.PerSecond = len(took), float64(recent)/rateSpan.Seconds()
	return pace, took
}

// percentile returns the value that percent of the sorted values do not exceed.
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (percent*len(sorted) + 99) / 100
	return sorted[rank-1]
}
