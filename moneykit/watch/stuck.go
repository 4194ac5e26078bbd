package watch

import (
	"errors"
	"slices"
	"strings"
	"time"

	"till/moneykit"
)

const (
	// longConnecting is well above what it takes to connect.
	longConnecting = 30 * time.Minute
	// longFault is when a bank's or provider's fault no longer goes away by itself.
	longFault = 24 * time.Hour
	// A link flaps when its state changed so often within flapWithin.
	flapChanges = 4
	flapWithin  = 24 * time.Hour
	// manyFailures of a product in a row are no accident.
	manyFailures = 3
	// lately is how much of its history is evidence for a link in error.
	lately = 5
	// longUnrefreshed makes all data of a link old.
	longUnrefreshed = 7 * 24 * time.Hour
)

// Step is what to do next with a link.
type Step string

// The steps.
const (
	NoStep        Step = "nothing"         // nothing is wrong
	WaitStep      Step = "wait"            // it goes on by itself
	RefreshStep   Step = "refresh"         // ask for fresh data
	RelinkStep    Step = "relink"          // the customer goes through Connect again
	AskStep       Step = "ask the user"    // the customer has to do something at the bank
	ContactStep   Step = "contact support" // only MoneyKit can help
	NewLinkStep   Step = "link anew"       // this link is gone
	LookAgainStep Step = "read again"      // what is known is too little or too old
)

// Diagnosis says why a link is stuck and what to do next.
type Diagnosis struct {
	Step     Step
	Until    time.Time          // of WaitStep, zero when nobody knows
	Products []moneykit.Product // of RefreshStep
	Reason   string             // a sentence, in which nothing comes from outside
	Evidence []Evidence         // newest first
}

// Evidence is one line that a Diagnosis rests on. Its text may hold what MoneyKit or
// a bank said.
type Evidence struct {
	Text      string
	At        time.Time // zero when no time belongs to it; such lines come first
	RequestID string    // of the answer that shows it, empty for none
}

// Why works out why a link is stuck, from its last answer and from what happened to
// it before. history is newest first and may be empty. All times are MoneyKit's: who
// has another clock converts those of the answers, and now, before.
func Why(link Snapshot, history []Event, now time.Time) Diagnosis {
	c := &inquiry{Snapshot: link, history: history, now: now}
	d := c.diagnose()
	slices.SortStableFunc(c.evidence, newestFirst)
	d.Evidence = c.evidence
	return d
}

// newestFirst orders evidence, that without a time before all other.
func newestFirst(a, b Evidence) int {
	if a.At.IsZero() != b.At.IsZero() {
		if a.At.IsZero() {
			return -1
		}
		return 1
	}
	return b.At.Compare(a.At)
}

// inquiry is what a diagnosis is made from, and the evidence found so far.
type inquiry struct {
	Snapshot
	history  []Event
	now      time.Time
	evidence []Evidence
}

func (c *inquiry) diagnose() Diagnosis {
	if d, over := c.unknown(); over {
		return d
	}
	c.seen("the last answer shows it "+c.state().words(), c.At)
	switch {
	case c.Link.State == moneykit.Deleted:
		return Diagnosis{Step: NewLinkStep, Reason: "This link was disconnected for good, and only a new link brings the customer's data again."}
	case c.Refreshing():
		c.note("a refresh is "+string(c.Refresh.Phase), c.Refresh.Started, "")
		return Diagnosis{Step: WaitStep, Reason: "A refresh of this link is in flight."}
	case c.Link.State == moneykit.Connecting:
		return c.connecting()
	case c.Link.State == moneykit.AwaitingTokenExchange:
		c.sinceWhen()
		return Diagnosis{Step: WaitStep, Reason: "The customer is through Connect, and your app has yet to exchange the token that Connect gave it."}
	case c.flaps():
		return toSupport("The state of this link changes again and again, which nothing on your side puts right.")
	case c.Link.State == moneykit.InError:
		return c.inError()
	case c.Link.State == moneykit.Connected:
		return c.connected()
	}
	c.sinceWhen()
	return toSupport("This link is in a state that MoneyKit's documentation does not name.")
}

// unknown ends the inquiry when the link as it is now is not known.
func (c *inquiry) unknown() (d Diagnosis, over bool) {
	if c.Link != nil && c.Link.State == moneykit.Deleted {
		return Diagnosis{}, false // nothing comes after that
	}
	if c.Err != nil {
		c.note(c.Err.Error(), time.Time{}, moneykit.RequestID(c.Err))
	}
	if c.Link != nil && (c.Err != nil || c.Recalled) {
		c.seen("the last answer showed it "+c.state().words(), c.At)
	}
	switch {
	case errors.Is(c.Err, moneykit.LinkNotFound), errors.Is(c.Err, moneykit.LinkDeleted):
		return Diagnosis{Step: NewLinkStep, Reason: "MoneyKit has no link of this id, or has none any more."}, true
	case c.Err != nil:
		return Diagnosis{Step: LookAgainStep, Reason: "The last read of this link failed, so how it is now is not known."}, true
	case c.Link == nil:
		c.note("no answer has arrived yet", time.Time{}, "")
		return Diagnosis{Step: LookAgainStep, Reason: "This link was not read yet."}, true
	case c.Recalled:
		return Diagnosis{Step: LookAgainStep, Reason: "What is known of this link is from an earlier run, and it was not read since."}, true
	}
	return Diagnosis{}, false
}

func (c *inquiry) state() State { return stateOf(c.Link) }

// words say it after a verb such as "is" or "shows it".
func (s State) words() string {
	text := named(s.State)
	switch s.State {
	case moneykit.InError:
		text = "in error"
	case "":
		text = "in no state"
	}
	if s.Error != "" {
		text += ": " + named(s.Error)
	}
	return text
}

// named writes one of the API's words as people do.
func named[T ~string](word T) string { return strings.ReplaceAll(string(word), "_", " ") }

// seen is evidence that the last answer holds.
func (c *inquiry) seen(text string, at time.Time) { c.note(text, at, c.Link.RequestID) }

// note is evidence, unless it was noted before.
func (c *inquiry) note(text string, at time.Time, request string) {
	if e := (Evidence{Text: text, At: at, RequestID: request}); !slices.Contains(c.evidence, e) {
		c.evidence = append(c.evidence, e)
	}
}

// happened is evidence of the link's history.
func (c *inquiry) happened(e Event) {
	switch e.Kind {
	case StateChanged, Appeared, Gone:
		c.changed(e)
	case ProductRefreshed:
		c.note(named(e.Product)+" refreshed", e.At, e.RequestID)
	case ProductFailed:
		c.note(named(e.Product)+" failed: "+named(e.Error), e.At, e.RequestID)
	}
}

// changed is evidence of the state's history.
func (c *inquiry) changed(e Event) {
	text := "it went from " + e.Before.words() + " to " + e.After.words()
	if e.Kind == Appeared {
		text = "it was first seen " + e.After.words()
	}
	c.note(text, e.At, e.RequestID)
}

// sinceWhen tells since when the link is known to be as it is, and is zero when the
// history does not say.
func (c *inquiry) sinceWhen() time.Time {
	for _, e := range c.history {
		switch e.Kind {
		case StateChanged, Appeared, Gone:
			if e.After != c.state() {
				return time.Time{}
			}
			c.changed(e)
			return e.At
		}
	}
	return time.Time{}
}

// lasts reports that something known since a moment has gone on for longer than limit.
func (c *inquiry) lasts(since time.Time, limit time.Duration) bool {
	return !since.IsZero() && c.now.Sub(since) > limit
}

func (c *inquiry) connecting() Diagnosis {
	if c.lasts(c.sinceWhen(), longConnecting) {
		return toSupport("This link has been connecting for more than 30 minutes, and does not seem to end by itself.")
	}
	return Diagnosis{Step: WaitStep, Reason: "This link is being connected, and its state changes by itself."}
}

// flaps reports that the state changes again and again.
func (c *inquiry) flaps() bool {
	var changes []Event
	for _, e := range c.history {
		if e.Kind == StateChanged && c.now.Sub(e.At) <= flapWithin {
			changes = append(changes, e)
		}
	}
	if len(changes) < flapChanges {
		return false
	}
	for _, e := range changes {
		c.changed(e)
	}
	return true
}
