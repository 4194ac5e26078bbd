package connect

import (
	"encoding/json"
	"errors"
	"time"

	"till/moneykit"
)

// Event is something that happened in Connect, such as select_institution. Its
// texts come from there and have to be made safe before they are drawn.
type Event struct {
	At         time.Time      `json:"at"`
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties,omitempty"` // as JSON decodes them
}

// message is what Connect's frame posts to the page around it, and that page to
// the Run.
type message struct {
	Page int             `json:"page"` // which of the pages that were opened
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

var (
	errMessage = errors.New("not a message of Connect")
	errOlder   = errors.New("a message of an older page")
)

// take acts on a message from Connect. It returns the outcome that ends the walk,
// nil when it goes on. last tells that the message is from the page opened last:
// an earlier one may complete the run, but not leave it.
func (r *Run) take(m message, last bool) (*outcome, error) {
	switch m.Type {
	case "link.event":
		var e Event
		if json.Unmarshal(m.Data, &e) != nil || e.Name == "" {
			return nil, errMessage
		}
		r.event(e.Name, e.Properties)
	case "link.complete":
		if r.relinks() {
			return &outcome{}, nil
		}
		var data struct {
			Token string          `json:"exchangeableToken"`
			Link  moneykit.LinkID `json:"link_id"`
		}
		if json.Unmarshal(m.Data, &data) != nil || data.Token == "" {
			return nil, errMessage
		}
		return &outcome{token: moneykit.NewSecret(data.Token), link: data.Link}, nil
	case "relink.complete":
		if !r.relinks() {
			return nil, errMessage
		}
		return &outcome{}, nil
	case "link.exit":
		var data struct {
			Error *Refusal `json:"error"`
		}
		if json.Unmarshal(m.Data, &data) != nil {
			return nil, errMessage
		}
		if !last {
			return nil, errOlder
		}
		return &outcome{left: true, exit: data.Error}, nil
	}
	return nil, nil // also for what Connect may tell one day
}
