package watch

import (
	"errors"
	"math"
	"net/http"
	"time"

	"till/moneykit"
)

const (
	// longestPause bounds how long MoneyKit's wish to be left alone is heeded
	// without another look.
	longestPause = 2 * time.Minute
	// slowest is the share of the limit that is left after many refusals.
	slowest = 1. / 8
	// growth is the share of the limit that comes back after each growEvery
	// without a refusal.
	growth    = 1. / 10
	growEvery = 10 * time.Second
)

// pace says when a request may be sent. It never goes by the wall clock: a clock that
// is set must not cut short what MoneyKit asked for.
type pace struct {
	limit    float64 // requests a second
	rate     float64 // allowed now
	atOnce   int     // requests in flight, and those that may be saved up
	saved    float64 // requests that may be sent now
	counted  time.Time
	inFlight int
	begun    int       // requests so far
	halved   int       // what begun was when rate was halved
	changed  time.Time // the last refusal, or the last growth after it
	paused   time.Time // no requests before: MoneyKit asked for a rest
}

func newPace(perSecond float64, atOnce int) pace {
	return pace{limit: perSecond, rate: perSecond, atOnce: atOnce, saved: float64(atOnce)}
}

// wait returns how long no request may be sent.
func (p *pace) wait(now time.Time) time.Duration {
	switch p.count(now); {
	case p.inFlight >= p.atOnce:
		return never
	case now.Before(p.paused):
		return p.paused.Sub(now)
	case p.saved >= 1:
		return 0
	}
	return min(never, time.Duration((1-p.saved)/p.rate*float64(time.Second))+1)
}

// count saves up the requests that the time since the last call allows.
func (p *pace) count(now time.Time) {
	if math.IsInf(p.rate, 1) {
		p.saved = float64(p.atOnce)
	} else if !p.counted.IsZero() {
		p.saved = min(float64(p.atOnce), p.saved+now.Sub(p.counted).Seconds()*p.rate)
	}
	p.counted = now
}

// begin takes a request and returns its number.
func (p *pace) begin() int {
	p.saved--
	p.inFlight++
	p.begun++
	return p.begun
}

// end takes how a request was answered.
func (p *pace) end(now time.Time, number int, err error) {
	p.inFlight--
	p.count(now)
	refusal := (*moneykit.Error)(nil)
	switch {
	case err == nil && p.rate < p.limit && now.Sub(p.changed) >= growEvery:
		p.rate, p.changed = min(p.limit, p.rate+p.limit*growth), now
	case errors.As(err, &refusal):
		p.refuse(now, number, refusal)
	}
}

// refuse slows down when there are too many requests, and pauses for as long as
// MoneyKit asks to be left alone. It never shortens a pause: answers that were on
// their way say less.
func (p *pace) refuse(now time.Time, number int, refusal *moneykit.Error) {
	rest := refusal.RetryAfter
	if refusal.Status == http.StatusTooManyRequests {
		rest = max(rest, defaultPause)
		p.changed = now
		if number > p.halved { // what was on its way at the last halving is no news
			p.rate, p.halved = max(p.rate/2, p.limit*slowest), p.begun
		}
	}
	if until := now.Add(min(rest, longestPause)); until.After(p.paused) {
		p.paused = until
	}
}
