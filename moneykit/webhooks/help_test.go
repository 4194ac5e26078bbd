package webhooks

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"till/moneykit"
)

// moneyKit lists keys to a client and signs webhooks with them, on a clock that
// the test moves.
type moneyKit struct {
	key *ecdsa.PrivateKey

	mu      sync.Mutex
	ahead   time.Duration
	fetched int
	down    bool
	before  func() // runs while the keys are fetched
}

func newMoneyKit() *moneyKit {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &moneyKit{key: key}
}

func (m *moneyKit) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.ahead)
}

// set changes what is guarded.
func (m *moneyKit) set(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
}

func (m *moneyKit) fetches() (n int) {
	m.set(func() { n = m.fetched })
	return n
}

func (m *moneyKit) RoundTrip(q *http.Request) (*http.Response, error) {
	var before func()
	m.set(func() { m.fetched++; before = m.before })
	if before != nil {
		before()
	}
	status, body := http.StatusOK, []byte("{}")
	m.set(func() {
		if m.down {
			status = http.StatusInternalServerError
			return
		}
		body, _ = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: m.key.Public(), KeyID: "key-1", Use: "sig", Algorithm: "ES256"}}})
	})
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: q}, nil
}

func (m *moneyKit) client(t testing.TB) *moneykit.Client {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
		moneykit.WithTransport(m), moneykit.WithClock(m.now), moneykit.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// event is a webhook of a link, sent at a second of a minute.
func event(key string, second int) string {
	return fmt.Sprintf(`{"webhook_event":"link.state_changed","webhook_major_version":1,"webhook_minor_version":0,
		"webhook_timestamp":"2026-05-04T03:02:%02dZ","webhook_idempotency_key":%q,"link_id":"mk_1","link_tags":[],"state":"connected","error":null}`, second, key)
}

// product is a refresh of a product that changed at a second of a minute.
func product(key, name string, second int) string {
	return fmt.Sprintf(`{"webhook_event":"link.product_refresh","webhook_timestamp":"2026-05-04T03:02:00Z","webhook_idempotency_key":%q,
		"link_id":"mk_1","product":%q,"state":"completed","state_changed_at":"2026-05-04T03:02:%02dZ"}`, key, name, second)
}

// signed is a webhook that is to be posted.
type signed struct {
	alg    jose.SignatureAlgorithm
	key    any
	kid    string
	at     time.Time
	of     string         // the body that is signed
	claims map[string]any // in place of the usual ones
	token  string         // in place of a signature, "none" for none
	header http.Header
}

func (m *moneyKit) signed(body string) signed {
	return signed{alg: jose.ES256, key: m.key, kid: "key-1", at: m.now(), of: body, header: http.Header{}}
}

func (s signed) headers(t testing.TB) http.Header {
	t.Helper()
	h := s.header.Clone()
	switch s.token {
	case "none":
		return h
	case "":
	default:
		h.Set("MoneyKit-Signature", s.token)
		return h
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: jose.JSONWebKey{Key: s.key, KeyID: s.kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(s.of))
	claims := map[string]any{"iss": "https://moneykit.example", "iat": s.at.Unix(), "request_body_sha256": hex.EncodeToString(sum[:])}
	if s.claims != nil {
		claims = s.claims
	}
	payload, _ := json.Marshal(claims)
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := object.CompactSerialize()
	h.Set("MoneyKit-Signature", token)
	return h
}

// rig is a receiver whose webhooks a moneyKit signs.
type rig struct {
	*testing.T
	*moneyKit
	r      *Receiver
	client *http.Client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	m := newMoneyKit()
	r, err := Listen(t.Context(), m.client(t), Config{Now: m.now})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.Close()
	})
	return &rig{t, m, r, &http.Client{Transport: transport}}
}

// post sends a body and returns the status that is answered.
func (g *rig) post(body string, s signed) int {
	g.Helper()
	return g.send(http.MethodPost, g.r.URL(), body, func(q *http.Request) { q.Header = s.headers(g.T) })
}

func (g *rig) send(method, url, body string, change func(*http.Request)) int {
	g.Helper()
	q, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		g.Fatal(err)
	}
	change(q)
	res, err := g.client.Do(q)
	if err != nil {
		g.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// last is the delivery that came last.
func (g *rig) last() *Delivery {
	g.Helper()
	all := g.r.State().Deliveries
	if len(all) == 0 {
		g.Fatal("nothing was received")
	}
	return all[len(all)-1]
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
