package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// parcel is a webhook as a receiver gets it.
type parcel struct {
	header http.Header
	body   string
}

// hook is what the body of any webhook has.
type hook struct {
	Event     string `json:"webhook_event"`
	Key       string `json:"webhook_idempotency_key"`
	Timestamp string `json:"webhook_timestamp"`
	LinkID    string `json:"link_id"`
	State     string `json:"state"`
	Error     string `json:"error"`
	Product   string `json:"product"`
}

func (p parcel) read(t testing.TB) hook {
	t.Helper()
	return into[hook](t, answer{body: []byte(p.body)})
}

// inbox is a receiver of webhooks that keeps them.
type inbox struct {
	url string

	mu     sync.Mutex
	status int // what it answers
	got    []parcel
	before func() // runs while a webhook is being received
}

func newInbox(t testing.TB) *inbox {
	in := &inbox{status: http.StatusOK}
	in.url = receiver(t, in.receive) + "/hook"
	return in
}

func (in *inbox) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in.mu.Lock()
	in.got = append(in.got, parcel{r.Header, string(body)})
	status, before := in.status, in.before
	in.mu.Unlock()
	if before != nil {
		before()
	}
	w.WriteHeader(status)
}

func (in *inbox) answer(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.status = status
}

// take empties the inbox.
func (in *inbox) take() []parcel {
	in.mu.Lock()
	defer in.mu.Unlock()
	got := in.got
	in.got = nil
	return got
}

// told is what all webhooks taken say, in their order.
func (in *inbox) told(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, p := range in.take() {
		h := p.read(t)
		all = append(all, strings.Join(strings.Fields(fmt.Sprint(strings.TrimPrefix(h.Event, "link."), " ", h.Product, " ", h.State, " ", h.Error)), " "))
	}
	return all
}

// subscribe has the link's webhooks sent to the inbox.
func (a *api) subscribe(place int, in *inbox) {
	a.Helper()
	a.call("PATCH", "/links/"+a.link(place), map[string]any{"webhook": in.url, "link_tags": []string{"vip"}}).want(a, 200)
}

// advance moves the Sandbox's clock by its own means.
func (a *api) advance(by string) {
	a.Helper()
	a.post("/sandbox/clock", map[string]any{"advance": by}).want(a, 200)
	a.authorize()
}

// genuine holds a webhook against the contract and its signature.
func (a *api) genuine(p parcel) {
	a.Helper()
	var body any
	if err := json.Unmarshal([]byte(p.body), &body); err != nil {
		a.Fatal(err)
	}
	schema := map[string]string{
		stateChangedEvent: "AppLinkStateChangedWebhook", productRefreshEvent: "ProductStateChangedWebhook", updatesEvent: "TransactionUpdatesAvailableWebhook",
	}[p.read(a).Event]
	if err := loadContract().doc.Components.Schemas[schema].Value.VisitJSON(body); err != nil {
		a.Errorf("%s: %v", p.body, err)
	}
	req := httptest.NewRequest("GET", "/.well-known/jwks.json", nil)
	req.Header.Set("X-Client-Id", DefaultClientID)
	keys := into[jose.JSONWebKeySet](a, a.send(req).want(a, 200))
	signed, err := jose.ParseSignedCompact(p.header.Get("MoneyKit-Signature"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		a.Fatal(err)
	}
	key := keys.Key(signed.Signatures[0].Protected.KeyID)
	if len(key) != 1 {
		a.Fatalf("%d keys of the id %q", len(key), signed.Signatures[0].Protected.KeyID)
	}
	payload, err := signed.Verify(key[0])
	if err != nil {
		a.Fatal(err)
	}
	var claims webhookClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		a.Fatal(err)
	}
	sum := sha256.Sum256([]byte(p.body))
	if claims.BodySum != hex.EncodeToString(sum[:]) || claims.Issuer != webhookIssuer || claims.IssuedAt != a.box.Now().Unix() {
		a.Errorf("claims %+v at %d of %s", claims, a.box.Now().Unix(), p.body)
	}
}

// messages are what the events of a kind say.
func (a *api) messages(kind string) []string {
	a.Helper()
	var all []string
	for _, h := range into[eventsAnswer](a, a.get("/sandbox/events").want(a, 200)).Events {
		if h.Kind == kind {
			all = append(all, h.Message)
		}
	}
	return all
}
