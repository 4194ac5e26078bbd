package watch

import (
	"time"

	"till/moneykit"
)

// EventKind says what has happened to a link.
type EventKind string

// The kinds of events.
const (
	StateChanged     EventKind = "state changed"
	ProductRefreshed EventKind = "product refreshed"
	ProductFailed    EventKind = "product failed"
	Appeared         EventKind = "link appeared"
	Gone             EventKind = "link gone"
)

// Event is one thing that two answers of MoneyKit show to have happened to a link
// between them. It tells nothing that no answer showed.
type Event struct {
	Link          moneykit.LinkID
	InstitutionID moneykit.InstitutionID
	Institution   string // its name, as MoneyKit gives it
	Kind          EventKind
	Since         time.Time // of the answer before, zero for none
	At            time.Time // of the answer that shows it
	RequestID     string    // of that answer

	// Before and After are the states in the two answers.
	Before, After State

	Product   moneykit.Product      // of ProductRefreshed and ProductFailed
	ProductAt time.Time             // when, by MoneyKit's clock, the product was refreshed or failed; zero when not told
	Error     moneykit.ProductError // of ProductFailed
	Message   string                // of ProductFailed, as MoneyKit gives it
}

// State is where a link stands, and what is wrong with it. It is zero for a link
// that was not seen before.
type State struct {
	State moneykit.LinkState
	Error moneykit.LinkError
}

func stateOf(link *moneykit.Link) State { return State{link.State, link.ErrorCode} }

// Between tells what two snapshots of a link show to have happened between them,
// oldest first: what became of the link before what became of its products. A before
// without a Link tells nothing but that the link is there, an after without one
// nothing at all. A product that the link gained or lost, and a time that moved
// back, are no events.
func Between(before, after Snapshot) []Event {
	if after.Link == nil {
		return nil
	}
	found := Event{
		Link: after.ID, InstitutionID: after.Link.InstitutionID, Institution: after.Link.InstitutionName,
		At: after.At, RequestID: after.Link.RequestID, After: stateOf(after.Link),
	}
	if before.Link == nil {
		found.Kind = Appeared
		return []Event{found}
	}
	found.Since, found.Before = before.At, stateOf(before.Link)
	var events []Event
	if found.Kind = found.change(); found.Kind != "" {
		events = append(events, found)
	}
	for product, now := range after.Link.Products.All() {
		if was := before.Link.Products.Of(product); was != nil {
			found.Product = product
			events = append(events, found.ofProduct(was, now)...)
		}
	}
	return events
}

// change says what became of the link itself, and is empty for nothing.
func (e Event) change() EventKind {
	deleted := e.After.State == moneykit.Deleted
	switch {
	case e.Before == e.After, deleted && e.Before.State == moneykit.Deleted:
		return ""
	case deleted:
		return Gone
	}
	return StateChanged
}

// ofProduct says what became of the event's product.
func (e Event) ofProduct(was, now *moneykit.ProductStatus) []Event {
	var events []Event
	if now.RefreshedAt.After(was.RefreshedAt) {
		refreshed := e
		refreshed.Kind, refreshed.ProductAt = ProductRefreshed, now.RefreshedAt
		events = append(events, refreshed)
	}
	if failedSince(was, now) {
		e.Kind, e.ProductAt, e.Error, e.Message = ProductFailed, now.LastAttemptedAt, now.ErrorCode, now.ErrorMessage
		events = append(events, e)
	}
	return events
}

// failedSince reports that an attempt failed between two statuses. An answer may
// show the attempt first and its error later.
func failedSince(was, now *moneykit.ProductStatus) bool {
	if now.ErrorCode == "" || now.LastAttemptedAt.Before(was.LastAttemptedAt) {
		return false
	}
	return now.LastAttemptedAt.After(was.LastAttemptedAt) || now.ErrorCode != was.ErrorCode ||
		now.LastAttemptedAt.IsZero() && now.ErrorMessage != was.ErrorMessage
}

// News is what a Watcher has learned since it was last asked.
type News struct {
	Snapshots []Snapshot // the newest of every link that changed
	Events    []Event    // all of them, oldest first
}
