package views

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/theme"
)

// productData is what a tab shows of a link's product that one request answers: at
// first what the mirror keeps of it, then what MoneyKit says. Only a tab that is open
// asks.
type productData[T any] struct {
	*linkPage
	product moneykit.Product
	ask     productCall[T]
	open    bool  // the tab is on screen
	stale   bool  // there is newer data than what was read
	failed  error // why the last read brought nothing newer
	data    resource[productAnswer[T]]
}

// productCall asks MoneyKit for all that a link's product has.
type productCall[T any] func(context.Context, *moneykit.Client, moneykit.LinkID) (*T, moneykit.Response, error)

// productAnswer is what a product answered.
type productAnswer[T any] struct {
	result *T
	at     time.Time
	kept   bool // the mirror gave it
}

type (
	productLoadedMsg[T any] struct {
		ui.To
		answer productAnswer[T]
		late   error // why this is not the newest
		err    error
	}
	// productKeptMsg brings what is in the mirror already.
	productKeptMsg[T any] struct {
		ui.To
		answer productAnswer[T]
	}
)

func loadProduct[T any](ctx context.Context, s *session, to ui.To, id moneykit.LinkID, product moneykit.Product, ask productCall[T]) tea.Cmd {
	return func() tea.Msg {
		result, response, err := ask(ctx, s.client, id)
		if err != nil {
			if kept, ok := keptAnswer[T](ctx, s, id, product); ok {
				return productLoadedMsg[T]{to, kept, err, nil}
			}
			return productLoadedMsg[T]{To: to, err: err}
		}
		at := time.Now()
		// What cannot be kept, or must not be, is shown all the same.
		_ = s.mirror.Store().PutAnswer(ctx, id, mirror.Answer{Product: product, At: at, RequestID: response.RequestID, Body: withoutLink(response.Body)})
		return productLoadedMsg[T]{to, productAnswer[T]{result, at, false}, nil, nil}
	}
}

func showProduct[T any](ctx context.Context, s *session, to ui.To, id moneykit.LinkID, product moneykit.Product) tea.Cmd {
	return func() tea.Msg {
		if kept, ok := keptAnswer[T](ctx, s, id, product); ok {
			return productKeptMsg[T]{to, kept}
		}
		return nil
	}
}

// keptAnswer reads the mirror. What it cannot give, MoneyKit is asked for anyway.
func keptAnswer[T any](ctx context.Context, s *session, id moneykit.LinkID, product moneykit.Product) (productAnswer[T], bool) {
	kept, err := s.mirror.Store().Answer(ctx, id, product)
	if err != nil || kept.At.IsZero() {
		return productAnswer[T]{}, false
	}
	result, err := moneykit.Decode[T](kept.Body)
	return productAnswer[T]{result, kept.At, true}, err == nil
}

// withoutLink leaves the link out of an answer: it is kept by itself, and changes more
// often than what is told of it here.
func withoutLink(body []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return body // an answer that was decoded is JSON
	}
	delete(members, "link")
	rest, err := json.Marshal(members)
	if err != nil {
		return body
	}
	return rest
}

func (p *productData[T]) load() tea.Cmd {
	if !p.data.begin() {
		return nil
	}
	p.stale = false
	return loadProduct(p.ctx, p.session, p.to, p.id, p.product, p.ask)
}

func (p *productData[T]) show() tea.Cmd {
	p.open = true
	switch {
	case p.status() == nil || !p.stale && (p.data.loading || p.data.loaded && p.failed == nil):
		return nil
	case p.data.loaded:
		return p.load()
	}
	return tea.Batch(showProduct[T](p.ctx, p.session, p.to, p.id, p.product), p.load())
}

func (p *productData[T]) hide() { p.open = false }

// status is the product's, nil for a link that lacks it or was not read.
func (p *productData[T]) status() *moneykit.ProductStatus {
	if p.snapshot.Link == nil {
		return nil
	}
	return p.snapshot.Link.Products.Of(p.product)
}

func (p *productData[T]) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case productLoadedMsg[T]:
		return p.took(msg)
	case productKeptMsg[T]:
		p.data.early(msg.answer)
	case linkNewsMsg:
		unasked := !p.data.loaded && !p.data.loading && p.failed == nil // it was not known that the link has the product
		return p.anew(unasked || msg.refreshed(p.product) || msg.mended(p.failure()))
	case movedMsg:
		return p.anew(p.data.loaded)
	}
	return nil
}

// anew reads what has changed, when the tab is open; else when it is opened.
func (p *productData[T]) anew(changed bool) tea.Cmd {
	if !changed {
		return nil
	}
	p.stale = true
	if !p.open {
		return nil
	}
	return p.show()
}

func (p *productData[T]) took(msg productLoadedMsg[T]) tea.Cmd {
	had := p.data.loaded
	again := p.data.end(msg.answer, msg.err)
	p.failed = cmp.Or(msg.err, msg.late)
	told := told(capital(words(string(p.product))), had, msg.err, msg.late)
	if again {
		return tea.Batch(told, p.load())
	}
	return told
}

func (p *productData[T]) failure() error { return p.failed }

// again reads once more what could not be read.
func (p *productData[T]) again() []ui.Action {
	switch {
	case p.status() == nil:
		return p.linkPage.again()
	case p.data.loaded:
		return nil
	}
	return []ui.Action{{Name: "Read the " + words(string(p.product)) + " again", Key: ui.Bind("r", "try again"), Do: p.load}}
}

// blank returns what stands in the place of data that is not there, "" when there is
// data.
func (p *productData[T]) blank(w, h int) string {
	switch {
	case p.snapshot.Link == nil && p.snapshot.Err != nil:
		return explain(p.snapshot.Err).pane(p.theme, w, h)
	case p.snapshot.Link == nil:
		return middle([]string{p.theme.Paint(theme.Muted, "Reading the link…")}, w, h)
	case p.status() == nil:
		return middle(p.lacks(p.product), w, h)
	}
	return p.data.blank(p.theme, w, h, "Reading the "+words(string(p.product))+"…")
}

// lacks says what to do about a product that the link does not have.
func (p *linkPage) lacks(lacked moneykit.Product) []string {
	product := words(string(lacked))
	muted := func(text string) string { return p.theme.Paint(theme.Muted, text) }
	next := muted("MoneyKit does not offer " + product + " for this link.")
	if slices.Contains(p.snapshot.Link.AvailableProducts, lacked) {
		key := ""
		if !p.app.ReadOnly {
			key = muted(" (") + p.theme.Paint(theme.Key, "R") + muted(")")
		}
		next = muted("A relink") + key + muted(" can ask the customer for "+product+".")
	}
	return []string{p.theme.Paint(theme.Text, "This link was made without "+product+"."), "", next}
}

// since says how old what the mirror gave is, "" for what MoneyKit did.
func (p *productData[T]) since() string {
	if !p.data.value.kept {
		return ""
	}
	return "as read " + ago(p.clock.tell(p.data.value.at), p.clock.now())
}
