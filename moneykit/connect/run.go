// Package connect takes somebody through Connect, the part of MoneyKit in which
// a bank asks its customer to log in, and ends with a link.
//
// A [Run] is one pass: it opens a link session, leads to Connect, follows its
// events, exchanges the token that Connect hands out, and follows the link until
// it is connected. Connect is reached in a web browser, by way of a page that the
// Run serves on loopback, or, where the embedded Sandbox stands in for it, by
// questions and answers without a browser.
package connect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"till/moneykit"
)

const (
	// callTime bounds every call that Connect answers itself.
	callTime = 15 * time.Second
	// maxEvents are kept; the oldest go first.
	maxEvents = 1000
)

// Phase is where a Run stands.
type Phase string

// The phases of a Run, in order. It ends with one of the last three.
const (
	Opening    Phase = "opening"    // the session is being opened
	Asking     Phase = "asking"     // the user is in Connect
	Exchanging Phase = "exchanging" // the token that Connect handed out, for a link
	Following  Phase = "following"  // the link, until it is connected
	Connected  Phase = "connected"
	Left       Phase = "left" // the user left Connect
	Failed     Phase = "failed"
)

// Over reports whether the Run has ended.
func (p Phase) Over() bool { return p == Connected || p == Left || p == Failed }

// State is a Run at a moment. It is a copy that nothing changes.
type State struct {
	Version int // grows with every change
	Phase   Phase
	// Events are the last that Connect told, oldest first, and Told is how many
	// there were.
	Events []Event
	Told   int
	// Page is the address to open in a browser while the phase is Asking; empty
	// for a Run without one. Who knows it can go through Connect.
	Page string
	Ends time.Time // when the page goes away
	// NoOAuth says why banks that ask on a page of their own cannot be used;
	// empty when they can.
	NoOAuth string
	// Question waits for Answer; nil for none.
	Question *Question
	Link     moneykit.LinkID // once it is known
	Last     *moneykit.Link  // as it was last read, nil before that
	Late     error           // why it could not be read since
	// Exit is why Connect ended when the phase is Left; nil for no other reason
	// than that the user wanted to.
	Exit *Refusal
	Err  error // of phase Failed
}

// Refusal says why the bank or Connect did not go on.
type Refusal struct {
	Code      moneykit.LinkError `json:"error_id"`
	Message   string             `json:"displayed_message"`
	RequestID string             `json:"request_id"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("connect: %s: %s (request %s)", r.Code, r.Message, r.RequestID)
}

// BrokenError says that a link was made, or a relink gone through, and that the
// link did not become connected.
type BrokenError struct {
	Link  moneykit.LinkID
	State moneykit.LinkState
	Code  moneykit.LinkError // of state InError
}

func (e *BrokenError) Error() string {
	if e.Code != "" {
		return fmt.Sprintf("connect: the link is in state %s: %s", e.State, e.Code)
	}
	return fmt.Sprintf("connect: the link is in state %s", e.State)
}

// ErrTimeout says that nobody came through Connect before its page went away.
var ErrTimeout = errors.New("connect: nobody came through Connect in time")

// outcome is how a user came out of Connect: with a token for a new link,
// without one from a relink, or with left set.
type outcome struct {
	token moneykit.Secret
	link  moneykit.LinkID // the new one, where Connect tells it
	left  bool
	exit  *Refusal
}

// way leads to Connect.
type way interface {
	// redirect is where banks send the user back to.
	redirect() string
	// walk takes the user through Connect with a session's token.
	walk(ctx context.Context, r *Run, session moneykit.Secret) (outcome, error)
	close()
}

// Run is one pass through Connect. Its methods are safe for concurrent use.
type Run struct {
	client  *moneykit.Client
	request moneykit.LinkSessionRequest
	open    func(*Run) (way, error)

	cancel  context.CancelFunc
	over    chan struct{}
	replies chan reply
	pasted  chan moneykit.Secret

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed at the next change
	got     outcome       // not exchanged yet
}

func start(ctx context.Context, client *moneykit.Client, request moneykit.LinkSessionRequest, got outcome, open func(*Run) (way, error)) *Run {
	ctx, cancel := context.WithCancel(ctx)
	r := &Run{
		client: client, request: request, open: open, cancel: cancel, got: got,
		over: make(chan struct{}), replies: make(chan reply, 1), pasted: make(chan moneykit.Secret, 1),
		state: State{Phase: Opening, Version: 1, Link: request.ExistingLinkID}, changed: make(chan struct{}),
	}
	go func() {
		defer close(r.over)
		defer cancel()
		r.work(ctx)
	}()
	return r
}

// Cancel ends the Run, whatever it is doing, and waits until nothing of it is
// left. The exchange of a token is not cut off: it stands for a link.
func (r *Run) Cancel() {
	r.cancel()
	<-r.over
}

// Again starts over after the Run has ended, with the same request. A token that
// could not be exchanged is tried again instead, since it stands for a link.
func (r *Run) Again(ctx context.Context) *Run {
	r.mu.Lock()
	got := r.got
	r.mu.Unlock()
	return start(ctx, r.client, r.request, got, r.open)
}

// Request is what the Run's session was opened with.
func (r *Run) Request() moneykit.LinkSessionRequest { return r.request }

// State returns where the Run stands.
func (r *Run) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Next waits until the Run has changed since the version seen, and returns its
// state. The error is that of ctx.
func (r *Run) Next(ctx context.Context, seen int) (State, error) {
	for {
		r.mu.Lock()
		state, changed := r.state, r.changed
		r.mu.Unlock()
		if state.Version > seen {
			return state, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return state, ctx.Err()
		}
	}
}

// Paste hands in an exchangeable token from a Connect that ran elsewhere, in
// place of the one behind the Run's page. It reports whether the Run takes it: a
// relink has none, and a Run that is past Connect has its own.
func (r *Run) Paste(token moneykit.Secret) bool {
	if r.relinks() || token.Empty() {
		return false
	}
	r.mu.Lock() // the page must not go away in between
	defer r.mu.Unlock()
	if r.state.Page == "" {
		return false
	}
	select {
	case r.pasted <- token:
		return true
	default:
		return false
	}
}

// change tells everybody who waits that the state is another.
func (r *Run) change(change func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
	r.state.Version++
	close(r.changed)
	r.changed = make(chan struct{})
}

// event notes what Connect tells.
func (r *Run) event(name string, properties map[string]any) {
	e := Event{At: time.Now(), Name: name, Properties: properties}
	r.change(func(s *State) {
		s.Told++
		s.Events = append(s.Events[max(0, len(s.Events)+1-maxEvents):], e)
	})
}

func (r *Run) relinks() bool { return r.request.ExistingLinkID != "" }

// work goes through all phases.
func (r *Run) work(ctx context.Context) {
	exit, err := r.phases(ctx)
	r.change(func(s *State) {
		s.Page, s.Question = "", nil
		switch {
		case exit != nil:
			s.Phase, s.Exit = Left, exit.exit
		case err != nil:
			s.Phase, s.Err = Failed, err
		default:
			s.Phase = Connected
		}
	})
}

// phases goes through Connect. A panic on the way is why the Run failed, since nobody
// else could recover from it.
func (r *Run) phases(ctx context.Context) (left *outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			left, err = nil, fmt.Errorf("connect: it broke off: %v", p)
		}
	}()
	if r.got.token.Empty() {
		out, err := r.ask(ctx)
		if err != nil {
			return nil, err
		}
		if out.left {
			return &out, nil
		}
		r.keep(out)
	}
	id := r.request.ExistingLinkID
	if !r.relinks() {
		r.change(func(s *State) { s.Phase, s.Page, s.Question = Exchanging, "", nil })
		if id, err = r.exchange(ctx); err != nil {
			return nil, err
		}
	}
	r.change(func(s *State) { s.Phase, s.Link, s.Page, s.Question = Following, id, "", nil })
	return nil, r.follow(ctx, id)
}

// keep notes what Connect handed out, for Again.
func (r *Run) keep(out outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = out
}

// ask opens a session and takes the user through Connect.
func (r *Run) ask(ctx context.Context) (outcome, error) {
	way, err := r.open(r)
	if err != nil {
		return outcome{}, err
	}
	defer way.close()
	request := r.request
	request.RedirectURI = way.redirect()
	session, err := r.client.CreateLinkSession(ctx, request)
	if err != nil {
		return outcome{}, err
	}
	return way.walk(ctx, r, session.Token)
}
