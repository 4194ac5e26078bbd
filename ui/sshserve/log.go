package sshserve

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/time/rate"
)

// tally logs what happens often once a second at most, and how often.
type tally struct {
	mu    sync.Mutex
	times int
	now   rate.Sometimes
}

func newTally() *tally { return &tally{now: rate.Sometimes{Interval: time.Second}} }

// add counts one, and calls log with how many there were since it was called last.
func (t *tally) add(log func(times int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times++
	t.now.Do(func() {
		log(t.times)
		t.times = 0
	})
}

// refuse counts a connection or a session that is refused.
func (s *server) refuse(why reason, attrs ...any) {
	s.metrics.refused(why)
	s.mu.Lock()
	count := s.tallies[why]
	if count == nil {
		count = newTally()
		s.tallies[why] = count
	}
	s.mu.Unlock()
	count.add(func(times int) {
		s.log.Warn("refused", append([]any{"reason", string(why), "times", times}, attrs...)...)
	})
}

// clean is text of a guest for a log: without control characters and short.
func clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return text
}
