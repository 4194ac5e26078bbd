package views

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/inspect"
	"till/moneykit/sandbox"
	"till/moneykit/webhooks"
)

// canary stands before every private text that MoneyKit tells.
const canary = "CANARY"

// secretive is a profile of which nothing may show while privacy is on.
var secretive = keystore.Profile{
	Name: "canary-profile", Mode: keystore.Live, BaseURL: "https://canary-host.example", ClientID: sandbox.DefaultClientID,
}

var (
	privateIDs   = []string{"link_id", "account_id", "transaction_id", "investment_transaction_id", "security_id", "institution_id", "institution_id_aliases"}
	privateTexts = []string{
		"institution_name", "name", "nickname", "description", "raw_description", "names", "street", "city", "postal_code", "address",
		"account_number", "routing_number", "wire_routing_number", "iban", "bic", "ticker", "isin", "domain", "institution_avatar", "logo",
	}
	privateAmounts = []string{"amount", "current", "available", "limit", "price", "quantity", "cost_basis", "close_price"}
)

// carrier is a function that carries a request.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// answered changes what next answers: each text, with the name of the field that it is
// in, or that its list is in.
func answered(next http.RoundTripper, change func(field string, v any) any) carrier {
	var walk func(field string, v any) any
	walk = func(field string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = walk(name, v[name])
			}
		case []any:
			for i := range v {
				v[i] = walk(field, v[i])
			}
		case string, json.Number:
			return change(field, v)
		}
		return v
	}
	return func(r *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var answer any
		if decoder.Decode(&answer) == nil {
			if body, err = json.Marshal(walk("", answer)); err != nil {
				return nil, err
			}
		}
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return res, nil
	}
}

// marksPrivate puts the canary before every private text.
func marksPrivate(next http.RoundTripper) http.RoundTripper {
	return answered(next, func(field string, v any) any {
		if text, ok := v.(string); ok && text != "" && slices.Contains(privateTexts, field) {
			return canary + " " + text
		}
		return v
	})
}

// fakeMask masks as privacy does, always alike.
type fakeMask struct {
	mu       sync.Mutex
	revealed map[string]string // of pseudonyms
}

func newFakeMask() *fakeMask { return &fakeMask{revealed: map[string]string{}} }

func hashed(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	return h.Sum32()
}

func (m *fakeMask) pseudonym(id string) string {
	pseudonym := fmt.Sprintf("px_%08x", hashed(id))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revealed[pseudonym] = id
	return pseudonym
}

// reveal takes every id for a pseudonym, as privacy does.
func (m *fakeMask) reveal(pseudonym string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id, known := m.revealed[pseudonym]; known {
		return id
	}
	if strings.HasPrefix(pseudonym, "mk_") {
		return "of_nobody"
	}
	return pseudonym
}

// ids are all that was masked.
func (m *fakeMask) ids() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for _, id := range m.revealed {
		ids = append(ids, id)
	}
	return ids
}

func (m *fakeMask) transport(next http.RoundTripper) http.RoundTripper {
	masked := answered(next, func(field string, v any) any {
		text, isText := v.(string)
		switch {
		case slices.Contains(privateAmounts, field):
			amount, err := decimal.NewFromString(fmt.Sprint(v))
			if err != nil {
				return v
			}
			if amount = amount.Mul(decimal.NewFromInt(2)); isText {
				return amount.String()
			}
			return json.Number(amount.String())
		case text == "":
		case slices.Contains(privateIDs, field):
			return m.pseudonym(text)
		case slices.Contains(privateTexts, field):
			return fmt.Sprintf("Nobody %03d", hashed(text)%1000)
		case field == "account_mask":
			return "0000"
		}
		return v
	})
	return carrier(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		parts := strings.Split(r.URL.Path, "/")
		for i, part := range parts {
			parts[i] = m.reveal(part)
		}
		r.URL.Path, r.URL.RawPath = strings.Join(parts, "/"), ""
		query := r.URL.Query()
		for _, values := range query {
			for i, value := range values {
				values[i] = m.reveal(value)
			}
		}
		r.URL.RawQuery = query.Encode()
		return masked(r)
	})
}

// maskable lets privacy be turned on in w, behind which all private texts are marked.
// It returns the App with privacy on.
func maskable(t *testing.T, w *world, mask *fakeMask) *App {
	marked := marksPrivate(w.wire.sandbox)
	w.wire.fault = marked.RoundTrip
	calls, drift, open := inspect.NewLog(), moneykit.NewDriftReport(), w.app
	masked := &App{
		Calls: calls, Drift: drift, Program: open.Program, Masked: true, Guest: open.Guest, ReadOnly: open.ReadOnly,
		Keys: open.Keys, Environment: open.Environment, ForgetMirror: open.ForgetMirror, Browse: open.Browse, Tunnel: open.Tunnel,
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithTransport(mask.transport(w.wire)),
				moneykit.WithObserver(calls.Add), moneykit.WithDriftReport(drift))
		},
		Connect: func(context.Context, *moneykit.Client, moneykit.LinkSessionRequest) *connect.Run {
			t.Error("Connect runs with privacy on")
			return nil
		},
		Webhooks: func(context.Context, *moneykit.Client, webhooks.Config) (WebhookReceiver, error) {
			t.Error("webhooks are received with privacy on")
			return nil, errors.New("no webhooks")
		},
		Mirror: func(context.Context, keystore.Profile) (KeptMirror, error) {
			t.Error("the mirror on disk is opened with privacy on")
			return KeptMirror{}, errors.New("no mirror")
		},
		Sandbox:   func() (Embedded, error) { return mask.embedded(open) },
		Pseudonym: func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.pseudonym(string(id))) },
		Reveal:    func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.reveal(string(id))) },
	}
	open.Mask = func(on bool) *App {
		if on {
			return masked
		}
		return open
	}
	masked.Mask = open.Mask
	return masked
}

// embedded is an App's Sandbox by its pseudonyms.
func (m *fakeMask) embedded(app *App) (Embedded, error) {
	box, err := app.Sandbox()
	if err != nil {
		return box, err
	}
	links := box.Links
	box.Links = func() []moneykit.LinkID {
		ids := links()
		for i, id := range ids {
			ids[i] = moneykit.LinkID(m.pseudonym(string(id)))
		}
		return ids
	}
	if box.Controls != nil {
		controls := *box.Controls
		controls.SetState = func(link moneykit.LinkID, state moneykit.LinkState, code moneykit.LinkError) error {
			return box.Controls.SetState(moneykit.LinkID(m.reveal(string(link))), state, code)
		}
		box.Controls = &controls
	}
	return box, nil
}
