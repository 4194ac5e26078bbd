package moneykit_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// sandboxed is a Sandbox, a client that reports drift, and what its webhook
// receiver got.
type sandboxed struct {
	*testing.T
	box    *sandbox.Sandbox
	client *moneykit.Client
	drift  *moneykit.DriftReport
}

func newSandboxed(t *testing.T) sandboxed {
	t.Helper()
	s := sandboxed{T: t, box: sandbox.New(sandbox.WithClient(testID, testSecret)), drift: moneykit.NewDriftReport()}
	s.client = build(t, moneykit.WithTransport(s.box.Transport()), moneykit.WithDriftReport(s.drift), moneykit.WithRateLimit(0, 0), moneykit.WithClock(s.box.Now))
	t.Cleanup(func() {
		for _, d := range s.drift.Found() {
			t.Errorf("beyond the contract: %+v", d)
		}
	})
	return s
}

// connect goes through Connect at Instant Bank, and returns the exchangeable
// token, empty for a relink.
func (s sandboxed) connect(request moneykit.LinkSessionRequest) moneykit.Secret {
	s.Helper()
	request.RedirectURI, request.CustomerUser.ID = "https://app.example/back", "user_4711"
	session, err := s.client.CreateLinkSession(s.Context(), request)
	must(err)
	body := `{"institution_id":"moneykit-instant-bank","link_session_token":"` + session.Token.Reveal() + `"}`
	res, err := s.box.Transport().RoundTrip(httptest.NewRequest("POST", "/sandbox/connect", strings.NewReader(body)))
	must(err)
	same(s, "status of Connect", res.StatusCode, 200)
	var done struct {
		Token string `json:"exchangeable_token"`
	}
	must(json.NewDecoder(res.Body).Decode(&done))
	return moneykit.NewSecret(done.Token)
}

func TestLinkOfTheSandboxFromSessionToDeletion(t *testing.T) {
	s := newSandboxed(t)
	exchanged, err := s.client.ExchangeToken(t.Context(), s.connect(moneykit.LinkSessionRequest{LinkTags: []string{"new"}}))
	must(err)
	link := exchanged.Link
	same(t, "state", link.State, moneykit.Connecting)
	must(s.box.Advance(t.Context(), time.Minute))
	refreshed, err := s.client.RefreshProducts(t.Context(), link.ID, moneykit.ProductTransactions)
	must(err)
	same(t, "state", refreshed.State, moneykit.Connected)
	must(s.box.Advance(t.Context(), time.Minute))

	page, err := s.client.SyncTransactions(t.Context(), link.ID, "", 500)
	must(err)
	paid := page.Transactions.Created[0]
	fixed, err := s.client.CorrectEnrichment(t.Context(), link.ID, paid.ID, moneykit.Correction{Category: "charity"})
	must(err)
	same(t, "corrected", fixed.Transactions[0].ID, paid.ID)
	same(t, "category", fixed.Transactions[0].Enrichment.Category.Value, "charity")

	reset, err := s.client.ResetLink(t.Context(), link.ID)
	must(err)
	same(t, "reset", reset.ErrorCode, moneykit.AuthExpired)
	s.connect(moneykit.LinkSessionRequest{ExistingLinkID: link.ID})
	must(s.box.Advance(t.Context(), time.Minute))
	again, err := s.client.Link(t.Context(), link.ID)
	must(err)
	same(t, "relinked", again.State, moneykit.Connected)

	_, err = s.client.DeleteLink(t.Context(), link.ID)
	must(err)
	gone, err := s.client.Link(t.Context(), link.ID)
	must(err)
	same(t, "deleted", gone.State, moneykit.Deleted)
}

func TestImportIntoTheSandbox(t *testing.T) {
	s := newSandboxed(t)
	spent := func(id, amount string) moneykit.ImportTransaction {
		return moneykit.ImportTransaction{
			AccountID: "mine", ID: moneykit.TransactionID(id), Amount: decimal.RequireFromString(amount),
			Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Description: "Tea", Type: moneykit.Debit,
		}
	}
	link, err := s.client.ImportLink(t.Context(), moneykit.ImportLinkRequest{
		CustomerUser: moneykit.CustomerUser{ID: "user_4711"}, InstitutionID: "cobbler-bank",
		Accounts:     []moneykit.ImportAccount{{ID: "mine", Name: "Mine", Type: "depository.checking", Mask: "1234"}},
		Transactions: []moneykit.ImportTransaction{spent("one", "1.20")},
	})
	must(err)
	same(t, "state", link.ErrorCode, moneykit.AuthExpired)
	_, err = s.client.ImportTransactions(t.Context(), link.ID, []moneykit.ImportTransaction{spent("two", "2.30")})
	must(err)
	page, err := s.client.TransactionsPage(t.Context(), link.ID, 1, moneykit.TransactionsQuery{})
	must(err)
	same(t, "imported", page.Total, 2)
	same(t, "newest", page.Transactions[0].ID, "two")
	same(t, "amount", page.Transactions[0].Amount.String(), "2.3")
}

// A webhook of the Sandbox is one that the client believes.
func TestWebhookOfTheSandbox(t *testing.T) {
	s := newSandboxed(t)
	got := make(chan *moneykit.Webhook, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		hook, err := s.client.VerifyWebhook(r.Context(), r.Header, body)
		if err != nil {
			t.Errorf("%v", err)
		}
		got <- hook
	}))
	defer receiver.Close()
	id := moneykit.LinkID(s.box.LinkIDs()[0])
	_, err := s.client.UpdateLink(t.Context(), id, moneykit.LinkUpdate{Webhook: &receiver.URL})
	must(err)
	test, err := s.client.TriggerTestWebhook(t.Context(), id, moneykit.EventTransactionsAvailable, "key-1")
	must(err)
	if test.DeliveryToken == "" {
		t.Error("no delivery token")
	}
	must(s.box.Advance(t.Context(), 0))
	hook := <-got
	same(t, "event", hook.Event, moneykit.EventTransactionsAvailable)
	same(t, "key", hook.IdempotencyKey, "key-1")
	keys, err := s.client.JWKS(t.Context())
	must(err)
	same(t, "keys", len(keys.Keys), 1)
}
