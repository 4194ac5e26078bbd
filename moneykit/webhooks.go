package moneykit

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// WebhookEvent says what a webhook reports. Unknown cases are kept as they
// came.
type WebhookEvent string

// The documented events.
const (
	EventLinkStateChanged      WebhookEvent = "link.state_changed"
	EventProductRefresh        WebhookEvent = "link.product_refresh"
	EventTransactionsAvailable WebhookEvent = "transactions.updates_available"
	// EventProductStateChanged is documented for [Client.TriggerTestWebhook]
	// alone.
	EventProductStateChanged WebhookEvent = "product.state_changed"
)

// ProductState says how far the refresh of a product has come.
type ProductState string

// The documented states of a refresh.
const (
	RefreshPending    ProductState = "pending"
	RefreshInProgress ProductState = "in_progress"
	RefreshCompleted  ProductState = "completed"
	RefreshFailed     ProductState = "failed"
)

// Webhook is one event that MoneyKit reports. Which of the fields after LinkTags
// are filled depends on Event; on an unknown event none is.
type Webhook struct {
	Event        WebhookEvent `json:"webhook_event"`
	MajorVersion int          `json:"webhook_major_version"` // 1 when not given
	MinorVersion int          `json:"webhook_minor_version"`
	// IdempotencyKey and Timestamp stay the same when MoneyKit sends an event
	// again: the key tells whether it has been dealt with.
	IdempotencyKey string    `json:"webhook_idempotency_key"`
	Timestamp      time.Time `json:"webhook_timestamp"`
	LinkID         LinkID    `json:"link_id"`
	LinkTags       []string  `json:"link_tags"`

	State LinkState `json:"-"` // EventLinkStateChanged only
	Error LinkError `json:"-"` // EventLinkStateChanged only, empty for none
	// ErrorMessage explains a failure, in EventLinkStateChanged and
	// EventProductRefresh; empty for none.
	ErrorMessage string `json:"-"`

	Product        Product      `json:"-"` // EventProductRefresh only
	ProductState   ProductState `json:"-"` // EventProductRefresh only
	StateChangedAt time.Time    `json:"-"` // EventProductRefresh only

	// HasHistory reports that all of the history has arrived;
	// EventTransactionsAvailable only. It is nil when MoneyKit does not say.
	HasHistory *bool `json:"-"`

	// Body is the JSON as it came.
	Body []byte `json:"-"`
}

// MarshalJSON returns Body.
func (w Webhook) MarshalJSON() ([]byte, error) {
	if w.Body == nil {
		return nil, errors.New("moneykit: a webhook that was not received has no body")
	}
	return w.Body, nil
}

// UnmarshalJSON is [ParseWebhook], without verifying like it.
func (w *Webhook) UnmarshalJSON(body []byte) error {
	parsed, err := ParseWebhook(body)
	if err == nil {
		*w = *parsed
	}
	return err
}

// ParseWebhook decodes the body of a webhook WITHOUT verifying it: anyone can
// have sent it. [Client.VerifyWebhook] is what a server calls.
//
// Unknown events and unknown members are no error. A body that is not a JSON
// object of the form that the contract gives, or that has no webhook_event or
// no link_id, is a [*WebhookError] with the fault [WebhookUnreadable].
func ParseWebhook(body []byte) (*Webhook, error) {
	w := &Webhook{MajorVersion: 1}
	type plain Webhook // without UnmarshalJSON, which comes here
	if err := readWebhook(body, (*plain)(w)); err != nil {
		return nil, err
	}
	switch {
	case w.Event == "":
		return nil, unreadable("it has no webhook_event")
	case w.LinkID == "":
		return nil, unreadable("it has no link_id")
	}
	if err := w.readEvent(body); err != nil {
		return nil, err
	}
	w.Body = bytes.Clone(body)
	return w, nil
}

// readEvent reads what belongs to the event alone. The member state means two
// things, and an unknown event may use any name in its own way.
func (w *Webhook) readEvent(body []byte) error {
	switch w.Event {
	case EventLinkStateChanged:
		var e struct {
			State        LinkState `json:"state"`
			Error        LinkError `json:"error"`
			ErrorMessage string    `json:"error_message"`
		}
		if err := readWebhook(body, &e); err != nil {
			return err
		}
		w.State, w.Error, w.ErrorMessage = e.State, e.Error, e.ErrorMessage
	case EventProductRefresh:
		var e struct {
			Product      Product      `json:"product"`
			State        ProductState `json:"state"`
			ChangedAt    time.Time    `json:"state_changed_at"`
			ErrorMessage string       `json:"error_message"`
		}
		if err := readWebhook(body, &e); err != nil {
			return err
		}
		w.Product, w.ProductState, w.StateChangedAt, w.ErrorMessage = e.Product, e.State, e.ChangedAt, e.ErrorMessage
	case EventTransactionsAvailable:
		var e struct {
			HasHistory *bool `json:"has_history"`
		}
		if err := readWebhook(body, &e); err != nil {
			return err
		}
		w.HasHistory = e.HasHistory
	}
	return nil
}

// readWebhook leaves the decoder's error out, which quotes what it has read.
func readWebhook(body []byte, out any) error {
	err := json.Unmarshal(body, out)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return unreadable("a value in " + wrong.Field + " is of the wrong type")
	}
	if err != nil {
		return unreadable("it is not the JSON that it should be")
	}
	return nil
}

func unreadable(reason string) error {
	return &WebhookError{Fault: WebhookUnreadable, Err: errors.New(reason)}
}
