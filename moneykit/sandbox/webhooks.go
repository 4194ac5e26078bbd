package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// productState is how far the refresh of a product is.
type productState string

const (
	productPending    productState = "pending"
	productInProgress productState = "in_progress"
	productCompleted  productState = "completed"
	productFailed     productState = "failed"
)

// Names of the events that webhooks bring.
const (
	stateChangedEvent   = "link.state_changed"
	productRefreshEvent = "link.product_refresh"
	updatesEvent        = "transactions.updates_available"
	// oldProductEvent asks for a productRefreshEvent by its former name.
	oldProductEvent = "product.state_changed"
)

// webhook is what all events have in common.
type webhook struct {
	Event        string    `json:"webhook_event"`
	MajorVersion int       `json:"webhook_major_version"`
	MinorVersion int       `json:"webhook_minor_version"`
	Timestamp    time.Time `json:"webhook_timestamp"`
	Key          string    `json:"webhook_idempotency_key"`
	LinkID       string    `json:"link_id"`
	LinkTags     []string  `json:"link_tags"`
}

type stateChangedWebhook struct {
	webhook
	State        linkState `json:"state"`
	Error        *string   `json:"error"`
	ErrorMessage *string   `json:"error_message"`
}

type productRefreshWebhook struct {
	webhook
	Product        product      `json:"product"`
	State          productState `json:"state"`
	StateChangedAt time.Time    `json:"state_changed_at"`
	ErrorMessage   *string      `json:"error_message"`
}

type updatesWebhook struct {
	webhook
	HasHistory bool `json:"has_history"`
}

func (s *Sandbox) webhook(l *link, event, key string, at time.Time) webhook {
	return webhook{Event: event, MajorVersion: 1, Timestamp: at, Key: key, LinkID: l.id, LinkTags: l.tags()}
}

// stateChanged tells everybody about the state that a link is in.
func (s *Sandbox) stateChanged(l *link, at time.Time) {
	s.tell(happening{Kind: "link", At: at, LinkID: l.id, State: string(l.State), ErrorCode: l.ErrorCode})
	if l.Webhook != nil {
		s.notify(l, s.stateWebhook(l, s.mint("whk_"), at), at)
	}
}

func (s *Sandbox) stateWebhook(l *link, key string, at time.Time) any {
	return stateChangedWebhook{webhook: s.webhook(l, stateChangedEvent, key, at), State: l.State, Error: optional(l.ErrorCode), ErrorMessage: optional(l.explanation())}
}

// explanation says in a sentence why a link does not work; empty when it does.
func (l *link) explanation() string {
	if l.ErrorCode == "" {
		return ""
	}
	return explanations[l.ErrorCode]
}

var explanations = map[string]string{
	"system_error":         "Something went wrong on our side.",
	"provider_error":       "The provider that fetches the data does not answer.",
	"institution_error":    "The institution is not available at the moment.",
	"user_error":           "The user has to do something at the institution first.",
	authExpired:            "The login has expired. The user has to connect again.",
	"no_accounts":          "The institution shows no accounts that could be connected.",
	"user_setup_required":  "The user has to finish setting up the account at the institution.",
	"invalid_credentials":  "The user name or password is wrong.",
	"user_oauth_denied":    "The user did not allow access.",
	"user_input_incorrect": "The user gave a wrong answer.",
	incomplete:             "The user has not finished connecting.",
}

// productChanged tells everybody how far the refresh of a product is.
func (s *Sandbox) productChanged(l *link, name product, state productState, message string, at time.Time) {
	s.tell(happening{Kind: "product", At: at, LinkID: l.id, Product: name, State: string(state), Message: message})
	if l.Webhook == nil {
		return
	}
	s.notify(l, s.productWebhook(l, name, state, message, s.mint("whk_"), at), at)
	if name == transactionsProduct && state == productCompleted {
		s.notify(l, s.updatesWebhook(l, s.mint("whk_"), at), at)
	}
}

func (s *Sandbox) productWebhook(l *link, name product, state productState, message, key string, at time.Time) any {
	return productRefreshWebhook{
		webhook: s.webhook(l, productRefreshEvent, key, at), Product: name, State: state, StateChangedAt: at, ErrorMessage: optional(message),
	}
}

func (s *Sandbox) updatesWebhook(l *link, key string, at time.Time) any {
	return updatesWebhook{webhook: s.webhook(l, updatesEvent, key, at), HasHistory: l.Fetched}
}

type webhookTestBody struct {
	Event *string `json:"webhook_event"`
	Key   *string `json:"webhook_idempotency_key"`
}

type webhookTestAnswer struct {
	DeliveryToken string `json:"delivery_token"`
}

func (s *Sandbox) triggerTestWebhook(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	var body webhookTestBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if err := body.problem(); err != nil {
		return nil, err
	}
	if l.Webhook == nil {
		return nil, fail(http.StatusBadRequest, "link_error.bad_config", "The link has no webhook. Set one with PATCH /links/{id}.")
	}
	var hook any
	switch *body.Event {
	case stateChangedEvent:
		hook = s.stateWebhook(l, *body.Key, c.at)
	case updatesEvent:
		hook = s.updatesWebhook(l, *body.Key, c.at)
	default:
		hook = s.productWebhook(l, accountsProduct, productCompleted, "", *body.Key, c.at)
	}
	return webhookTestAnswer{DeliveryToken: s.notify(l, hook, c.at)}, nil
}

func (b webhookTestBody) problem() error {
	var errs []validationError
	if b.Event == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "webhook_event"))
	} else if !slices.Contains([]string{stateChangedEvent, productRefreshEvent, updatesEvent, oldProductEvent}, *b.Event) {
		errs = append(errs, bodyError("value is not a valid enumeration member", "type_error.enum", "webhook_event"))
	}
	if b.Key == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "webhook_idempotency_key"))
	}
	if errs == nil {
		return nil
	}
	return invalid(errs...)
}

// notify puts a webhook on its way to where the link's webhooks go, and returns
// the token of its delivery.
func (s *Sandbox) notify(l *link, hook any, at time.Time) string {
	text, err := json.Marshal(hook)
	if err != nil {
		panic(err) // webhooks are made of this package's own types
	}
	d := &delivery{Token: s.mint("whd_"), Number: s.Minted, LinkID: l.id, URL: *l.Webhook, Body: string(text), First: at}
	if s.silent {
		return d.Token
	}
	s.Deliveries[d.Token] = d
	s.plan(event{At: at, Duty: sendWebhook, Place: l.Place, Delivery: d.Token})
	return d.Token
}

func (s *Sandbox) getJWKS(*call) (any, error) { return s.signer.set(), nil }
