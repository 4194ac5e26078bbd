package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// clockAnswer is the time in the Sandbox, and how fast it goes.
type clockAnswer struct {
	Now  time.Time `json:"now"`
	Rate float64   `json:"rate"`
}

func (s *Sandbox) getClock(*call) (any, error) { return clockAnswer{s.now(), s.Dial.Rate}, nil }

type clockBody struct {
	Advance *string  `json:"advance"` // as in Go: 90m, 24h
	Set     *string  `json:"set"`     // RFC 3339
	Rate    *float64 `json:"rate"`
}

// serveClock moves the clock. It runs without the Sandbox locked, since webhooks
// are sent on the way and their receivers may ask for something.
func (s *Sandbox) serveClock(w http.ResponseWriter, r *http.Request) {
	answer, err := s.moveClock(w, r)
	write(w, http.StatusOK, answer, err)
}

func (s *Sandbox) moveClock(w http.ResponseWriter, r *http.Request) (any, error) {
	text, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	var body clockBody
	if err := decodeStrictly(&call{body: text}, &body); err != nil {
		return nil, err
	}
	if (body.Advance == nil) == (body.Set == nil) && (body.Advance != nil || body.Rate == nil) {
		return nil, invalid(bodyError("give advance or set, or rate", "value_error"))
	}
	var by time.Duration
	if body.Advance != nil {
		if by, err = time.ParseDuration(*body.Advance); err != nil {
			return nil, invalid(bodyError("advance is a duration such as 90m or 24h, of 292 years at most", "value_error", "advance"))
		}
	}
	var set time.Time
	if body.Set != nil {
		if set, err = time.Parse(time.RFC3339, *body.Set); err != nil {
			return nil, invalid(bodyError("set is a moment such as 2027-01-01T12:00:00Z", "value_error", "set"))
		}
	}
	backwards := by < 0 || body.Set != nil && set.Before(s.Now())
	if body.Rate != nil && !backwards {
		if err := s.SetRate(*body.Rate); err != nil {
			return nil, invalid(bodyError("the rate is from 0, which stops the clock, to "+strconv.Itoa(MaxRate), "value_error", "rate"))
		}
	}
	field := "advance"
	switch {
	case body.Advance != nil:
		err = s.Advance(r.Context(), by)
	case body.Set != nil:
		field, err = "set", s.AdvanceTo(r.Context(), set)
	}
	if errors.Is(err, ErrClock) {
		return nil, invalid(bodyError("the clock only goes forward, to "+s.last().Format(time.DateOnly)+" at most, and it is "+s.Now().Format(time.RFC3339Nano), "value_error", field))
	}
	if err != nil {
		return nil, fail(http.StatusServiceUnavailable, "sandbox_error.interrupted", "The call was given up before the clock had moved all the way.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getClock(nil)
}
