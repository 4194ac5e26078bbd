package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ownCalls lists what the Sandbox answers beyond the contract. None of it needs
// a token.
func (s *Sandbox) ownCalls() []route {
	return []route{
		{"POST", "/sandbox/connect/next", "", "", 200, true, s.connectNext},
		{"POST", "/sandbox/connect", "", "", 200, true, s.connect},
		{"GET", "/sandbox/clock", "", "", 200, true, s.getClock},
		{"POST", "/sandbox/links/{id}/state", "", "", 200, true, s.setState},

		{"GET", "/sandbox/faults", "", "", 200, true, s.getFaults},
		{"POST", "/sandbox/faults", "", "", 201, true, s.postFault},
		{"DELETE", "/sandbox/faults", "", "", 204, true, s.deleteFaults},
		{"DELETE", "/sandbox/faults/{id}", "", "", 204, true, s.deleteFault},
	}
}

// ownPages adds what is answered with something else than an object, or while
// the Sandbox goes on.
func (s *Sandbox) ownPages() {
	s.mux.HandleFunc("POST /sandbox/clock", s.serveClock)
	s.mux.HandleFunc("GET /sandbox/events", s.serveEvents)
	s.mux.HandleFunc("GET /sandbox/bank/{token}", s.showBank)
	s.mux.HandleFunc("POST /sandbox/bank/{token}", s.answerBank)
}

// clockAnswer is the time in the Sandbox, and how fast it goes.
type clockAnswer struct {
	Now  time.Time `json:"now"`
	Rate float64   `json:"rate"`
}

func (s *Sandbox) getClock(*call) (any, error) { return clockAnswer{s.now(), s.Dial.Rate}, nil }

type clockBody struct {
	Advance *string    `json:"advance"` // as in Go: 90m, 24h
	Set     *time.Time `json:"set"`
	Rate    *float64   `json:"rate"`
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
	if err := decode(&call{body: text}, &body); err != nil {
		return nil, err
	}
	by, err := body.distance(s.Now())
	if err != nil {
		return nil, err
	}
	if body.Rate != nil {
		if err := s.SetRate(*body.Rate); err != nil {
			return nil, invalid(bodyError("the rate is from 0, which stops the clock, to "+strconv.Itoa(maxRate), "value_error", "rate"))
		}
	}
	if body.Advance != nil || body.Set != nil {
		err := s.Advance(r.Context(), by)
		if errors.Is(err, ErrClock) {
			return nil, invalid(bodyError("the clock goes no further than the year 2200", "value_error"))
		}
		if err != nil {
			return nil, fail(http.StatusServiceUnavailable, "sandbox_error.interrupted", "The call was given up before the clock had moved all the way.")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getClock(nil)
}

// distance is how far the clock shall move.
func (b clockBody) distance(now time.Time) (time.Duration, error) {
	switch {
	case b.Advance == nil && b.Set == nil && b.Rate == nil, b.Advance != nil && b.Set != nil:
		return 0, invalid(bodyError("give advance or set, or rate", "value_error"))
	case b.Advance != nil:
		by, err := time.ParseDuration(*b.Advance)
		if err != nil || by < 0 || now.Add(by).After(lastDay) {
			return 0, invalid(bodyError("advance is a duration of zero or more, such as 90m or 24h, that ends before the year 2200", "value_error", "advance"))
		}
		return by, nil
	case b.Set != nil:
		by := b.Set.Sub(now)
		if by < 0 || b.Set.After(lastDay) {
			return 0, invalid(bodyError("the clock only goes forward, to the year 2200 at most, and it is "+now.Format(time.RFC3339Nano), "value_error", "set"))
		}
		return by, nil
	}
	return 0, nil
}

type stateBody struct {
	State     linkState         `json:"state"`
	ErrorCode string            `json:"error_code"`
	Products  map[string]string `json:"products"` // error codes by product
}

// ErrNoLink means that the Sandbox has no link of that id.
var ErrNoLink = errors.New("sandbox: there is no such link")

// SetState puts a link into a state, and into one of the error codes when the
// state is "error".
func (s *Sandbox) SetState(linkID, state, errorCode string) error {
	body := stateBody{State: linkState(state), ErrorCode: errorCode}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.find(linkID)
	if l == nil {
		return ErrNoLink
	}
	if errs := body.check(l); errs != nil {
		return fmt.Errorf("sandbox: %s: %s", strings.Join(errs[0].Location, "."), errs[0].Message)
	}
	s.settle(s.now())
	s.putInto(l, body)
	return nil
}

func (s *Sandbox) setState(c *call) (any, error) {
	l := s.find(c.PathValue("id"))
	if l == nil {
		return nil, linkNotFound()
	}
	var body stateBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if errs := body.check(l); errs != nil {
		return nil, invalid(errs...)
	}
	s.putInto(l, body)
	return l.answer(), nil
}

func (b stateBody) check(l *link) []validationError {
	var errs []validationError
	if b.State != "" || b.Products == nil {
		errs = member(errs, string(b.State), []string{string(connecting), string(awaitingTokenExchange), string(connected), string(inError), string(deleted)}, "state")
	}
	switch {
	case b.State == inError:
		errs = member(errs, b.ErrorCode, linkErrors[:], "error_code")
	case b.ErrorCode != "":
		errs = append(errs, bodyError("only the state error has one", "value_error", "error_code"))
	}
	for name, code := range b.Products {
		if l.product(product(name)) == nil {
			errs = append(errs, bodyError("the link does not have this product", "value_error", "products", name))
		} else if code != "" {
			errs = member(errs, code, productErrors[:], "products", name)
		}
	}
	slices.SortFunc(errs, func(a, b validationError) int {
		return cmp.Compare(a.Location[len(a.Location)-1], b.Location[len(b.Location)-1])
	})
	return errs
}

// productErrors are the error codes that a product of a link can have.
var productErrors = [...]string{
	"rate_limit", authExpired, "not_supported", "timeout", "unknown", "no_accounts", "institution_error", "no_permission",
}

// putInto puts a link into a state, and its products into errors; an empty error
// mends the product.
func (s *Sandbox) putInto(l *link, body stateBody) {
	now := s.now()
	if body.State != "" {
		s.enter(l, body.State, body.ErrorCode, now)
		if body.State == connected && !l.Fetched {
			s.fetch(l, now)
		}
	}
	for _, name := range allProducts {
		code, named := body.Products[string(name)]
		if !named {
			continue
		}
		p := l.product(name)
		p.AttemptedAt, p.Failure = now, nil
		if code == "" {
			p.RefreshedAt = now
			s.productChanged(l, name, productCompleted, "", now)
			continue
		}
		p.Failure = &failure{code, "The Sandbox was told to fail with " + code + "."}
		s.productChanged(l, name, productFailed, p.Failure.Message, now)
	}
	s.touch(l)
}

type eventsAnswer struct {
	Events []happening `json:"events"`
	Last   uint64      `json:"last"` // to ask for what comes after
}

// serveEvents tells what happened: a list of what came after ?after=, or, to
// whoever accepts text/event-stream, everything as it happens.
func (s *Sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	query := &parameters{values: r.URL.Query()}
	seq := query.integer("after", 0, 0, 0)
	if err := query.problem(); err != nil {
		write(w, 0, nil, err)
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		events, _ := s.after(uint64(seq))
		answer := eventsAnswer{Events: events, Last: uint64(seq)}
		if len(events) > 0 {
			answer.Last = events[len(events)-1].Seq
		}
		write(w, http.StatusOK, answer, nil)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	for last := uint64(seq); ; {
		events, more := s.after(last)
		for _, h := range events {
			text, err := json.Marshal(h)
			if err != nil {
				panic(err) // happenings are made of plain values
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", h.Seq, h.Kind, text); err != nil {
				return
			}
			last = h.Seq
		}
		if flush.Flush() != nil {
			return // nobody can be told as it happens
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}
