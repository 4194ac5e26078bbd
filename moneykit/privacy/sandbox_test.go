package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// pair is one Sandbox with two clients, of which one reads it masked.
type pair struct {
	*testing.T
	box           *sandbox.Sandbox
	mask          *Mask
	plain, veiled *moneykit.Client
}

func newPair(t *testing.T) pair {
	t.Helper()
	start := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	box := sandbox.New(sandbox.WithStart(start), sandbox.WithRate(0), sandbox.WithTransactions(60), sandbox.WithLinks(19))
	p := pair{T: t, box: box, mask: newMask(9)}
	p.plain, p.veiled = p.client(box.Transport()), p.client(p.mask.Transport(box.Transport()))
	return p
}

func (p pair) client(rt http.RoundTripper) *moneykit.Client {
	p.Helper()
	creds := moneykit.Credentials{ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret)}
	c, err := moneykit.New(creds, append(quick(), moneykit.WithTransport(rt), moneykit.WithClock(p.box.Now))...)
	must(err)
	p.Cleanup(func() {
		for _, d := range c.Drift() {
			p.Errorf("drift: %+v", d)
		}
	})
	return c
}

// idOf is what a masked client knows an id as.
func idOf[T ~string](m *Mask, id T) T { return T(m.ID(string(id))) }

// synced is a link's history by transaction.
func synced(ctx context.Context, c *moneykit.Client, link moneykit.LinkID) (map[moneykit.TransactionID]moneykit.Transaction, error) {
	all := map[moneykit.TransactionID]moneykit.Transaction{}
	for cursor := ""; ; {
		page, err := c.SyncTransactions(ctx, link, cursor, 25)
		if err != nil {
			return nil, err
		}
		for _, t := range append(page.Transactions.Created, page.Transactions.Updated...) {
			all[t.ID] = t
		}
		if cursor = page.Cursor.Next; !page.HasMore {
			return all, nil
		}
	}
}

// TestWholeSandboxThroughTheMask reads every link of a Sandbox twice, and wants the
// masked reading to say the same of everything that is not private.
func TestWholeSandboxThroughTheMask(t *testing.T) {
	p, m := newPair(t), newMask(9)
	banks, links := map[moneykit.InstitutionID]string{}, 0
	for bank, err := range p.veiled.Institutions(t.Context(), moneykit.InstitutionsQuery{PageSize: 3}) {
		must(err)
		banks[bank.ID] = bank.Name
	}
	for ref, err := range p.plain.Links(t.Context(), 0) {
		must(err)
		links++
		p.compareLink(ref.ID, banks)
	}
	for _, err := range p.veiled.Links(t.Context(), 0) {
		must(err)
		links--
	}
	same(t, "links that are masked but not there", links, 0)
	bank, err := p.veiled.Institution(t.Context(), idOf(m, moneykit.InstitutionID("moneykit-creds-bank")))
	must(err)
	same(t, "institution", bank.Name, m.bank("Credentials Bank"))
}

func (p pair) compareLink(id moneykit.LinkID, banks map[moneykit.InstitutionID]string) {
	ctx, m := p.Context(), p.mask
	plain, err := p.plain.Link(ctx, id)
	must(err)
	veiled, err := p.veiled.Link(ctx, idOf(m, id))
	must(err)
	same(p, "state", veiled.State, plain.State)
	same(p, "error", veiled.ErrorCode, plain.ErrorCode)
	same(p, "id", veiled.ID, idOf(m, plain.ID))
	same(p, "name of the bank", veiled.InstitutionName, banks[veiled.InstitutionID])
	if plain.State == moneykit.Deleted || veiled.InstitutionName == plain.InstitutionName {
		p.Errorf("%+v", veiled)
	}
	p.compareAccounts(id)
	p.compareHistory(id)
	p.compareHoldings(id)
	p.comparePeople(id)
}

func (p pair) compareAccounts(id moneykit.LinkID) {
	plain, err := p.plain.Accounts(p.Context(), id)
	veiled, other := p.veiled.Accounts(p.Context(), idOf(p.mask, id))
	if p.refusedAlike(err, other) {
		return
	}
	for i, a := range plain.Accounts {
		b := veiled.Accounts[i]
		same(p, "type", b.Type, a.Type)
		same(p, "currency", b.Balances.Currency, a.Balances.Currency)
		p.times("current", b.Balances.Current, a.Balances.Current)
		p.times("available", b.Balances.Available, a.Balances.Available)
		p.times("limit", b.Balances.Limit, a.Balances.Limit)
		same(p, "decimals", b.Balances.Current.Decimal.Exponent(), a.Balances.Current.Decimal.Exponent())
		one, err := p.veiled.Account(p.Context(), idOf(p.mask, id), b.ID)
		must(err)
		same(p, "one account", one.Account.Name, p.mask.accountName(a.Name))
	}
}

// refusedAlike reports whether both readings were refused, for the same reason.
func (p pair) refusedAlike(plain, veiled error) bool {
	p.Helper()
	a, b := (*moneykit.Error)(nil), (*moneykit.Error)(nil)
	if errors.As(plain, &a) != errors.As(veiled, &b) || a != nil && (a.Code != b.Code || a.Status != b.Status || a.LinkError != b.LinkError) {
		p.Fatalf("%v and %v", plain, veiled)
	}
	if a == nil {
		must(plain)
		must(veiled)
	}
	return a != nil
}

func (p pair) times(what string, got, amount decimal.NullDecimal) {
	p.Helper()
	p.scaled(what, p.mask.prices*p.mask.quantities, got, amount)
}

func (p pair) scaled(what string, factor int, got, number decimal.NullDecimal) {
	p.Helper()
	want := number.Decimal.Mul(decimal.NewFromInt(int64(factor)))
	if got.Valid != number.Valid || got.Valid && !got.Decimal.Equal(want) {
		p.Errorf("%s: %v is not %d times %v", what, got, factor, number)
	}
}

func (p pair) compareHistory(id moneykit.LinkID) {
	plain, err := synced(p.Context(), p.plain, id)
	veiled, other := synced(p.Context(), p.veiled, idOf(p.mask, id))
	if p.refusedAlike(err, other) {
		return
	}
	same(p, "transactions", len(veiled), len(plain))
	sum, masked := decimal.Zero, decimal.Zero
	for _, t := range plain {
		v := veiled[idOf(p.mask, t.ID)]
		same(p, "date", v.Date, t.Date)
		same(p, "account", v.AccountID, idOf(p.mask, t.AccountID))
		same(p, "category", v.FinestCategory(), t.FinestCategory())
		same(p, "description", v.Description, p.mask.shop(t.Description))
		sum, masked = sum.Add(t.Signed()), masked.Add(v.Signed())
	}
	p.times("sum", decimal.NewNullDecimal(masked), decimal.NewNullDecimal(sum))
}

func (p pair) compareHoldings(id moneykit.LinkID) {
	plain, err := p.plain.Holdings(p.Context(), id)
	veiled, other := p.veiled.Holdings(p.Context(), idOf(p.mask, id))
	if p.refusedAlike(err, other) {
		return
	}
	for i, h := range plain.Holdings {
		v := veiled.Holdings[i]
		p.scaled("quantity", p.mask.quantities, decimal.NewNullDecimal(v.Quantity), decimal.NewNullDecimal(h.Quantity))
		p.scaled("price", p.mask.prices, v.Price, h.Price)
		p.times("value", v.Value, h.Value)
		p.times("cost", v.CostBasis, h.CostBasis)
		same(p, "security", v.SecurityID, idOf(p.mask, h.SecurityID))
	}
}

func (p pair) comparePeople(id moneykit.LinkID) {
	plain, err := p.plain.Identities(p.Context(), id)
	veiled, other := p.veiled.Identities(p.Context(), idOf(p.mask, id))
	if !p.refusedAlike(err, other) {
		for i, a := range plain.Accounts {
			for j, o := range a.Owners {
				same(p, "owner", veiled.Accounts[i].Owners[j].Names[0], p.mask.person(o.Names[0]))
			}
		}
	}
	_, err = p.plain.AccountNumbers(p.Context(), id)
	numbers, other := p.veiled.AccountNumbers(p.Context(), idOf(p.mask, id))
	if p.refusedAlike(err, other) {
		return
	}
	for _, a := range numbers.Accounts {
		text, err := json.Marshal(a.Numbers)
		must(err)
		if strings.ContainsAny(string(text), "0123456789") {
			p.Errorf("numbers: %s", text)
		}
	}
}

// TestActingThroughTheMask changes the Sandbox by pseudonyms alone.
func TestActingThroughTheMask(t *testing.T) {
	p := newPair(t)
	ctx, tags := t.Context(), []string{"vip", "Größe"}
	user := moneykit.UserID("user_4711")
	session, err := p.veiled.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
		CustomerUser: moneykit.CustomerUser{ID: user}, RedirectURI: "https://app.test/back", LinkTags: tags[:1],
	})
	must(err)
	made, err := p.veiled.ExchangeToken(ctx, p.connect(session.Token))
	must(err)
	same(t, "tag", made.Link.LinkTags[0], "vip")
	must(p.box.Advance(ctx, time.Minute))
	id := made.LinkID
	updated, err := p.veiled.UpdateLink(ctx, id, moneykit.LinkUpdate{LinkTags: &tags})
	must(err)
	known, err := p.plain.Link(ctx, moneykit.LinkID(p.mask.Reveal(string(id))))
	must(err)
	same(t, "tag as it is", known.LinkTags[1], "Größe")
	same(t, "tag as it is shown", updated.LinkTags[0], "vip")
	links, err := p.veiled.UserLinks(ctx, user)
	must(err)
	same(t, "link of the user", links.Links[id].State, moneykit.Connected)
	accounts, err := p.veiled.UserAccounts(ctx, user, moneykit.UserAccountsQuery{Institutions: []moneykit.InstitutionID{updated.InstitutionID}})
	must(err)
	if len(accounts.Links[id].Accounts) == 0 {
		t.Error("the user has no accounts")
	}
	before, err := p.veiled.Link(ctx, id)
	must(err)
	_, err = p.veiled.RefreshProducts(ctx, id, moneykit.ProductTransactions)
	must(err)
	must(p.box.Advance(ctx, time.Minute))
	after, err := p.veiled.Link(ctx, id)
	must(err)
	same(t, "refreshed", after.Products.Transactions.RefreshedAt.After(before.Products.Transactions.RefreshedAt), true)
	page, err := p.veiled.UserTransactionsPage(ctx, user, 1, moneykit.UserTransactionsQuery{})
	must(err)
	paid := page.Transactions[0]
	fixed, err := p.veiled.CorrectEnrichment(ctx, id, paid.ID, moneykit.Correction{Category: "charity"})
	must(err)
	same(t, "corrected", fixed.Transactions[0].ID, paid.ID)
	_, err = p.veiled.ResetLink(ctx, id)
	must(err)
	_, err = p.veiled.DeleteLink(ctx, id)
	must(err)
	gone, err := p.veiled.Link(ctx, id)
	must(err)
	same(t, "deleted", gone.State, moneykit.Deleted)
	_, err = p.veiled.Accounts(ctx, id)
	same(t, "deleted", errors.Is(err, moneykit.LinkDeleted), true)
}

// connect goes through Connect at Instant Bank beside the mask.
func (p pair) connect(session moneykit.Secret) moneykit.Secret {
	p.Helper()
	body := `{"institution_id":"moneykit-instant-bank","link_session_token":"` + session.Reveal() + `"}`
	res, err := p.box.Transport().RoundTrip(httptest.NewRequest("POST", "/sandbox/connect", strings.NewReader(body)))
	must(err)
	var done struct {
		Token string `json:"exchangeable_token"`
	}
	must(json.NewDecoder(res.Body).Decode(&done))
	return moneykit.NewSecret(done.Token)
}

// TestTheKeyDecides wants two clients with one key to read the same, and one with
// another key something else.
func TestTheKeyDecides(t *testing.T) {
	p := newPair(t)
	link := moneykit.LinkID(p.box.LinkIDs()[0])
	read := func(m *Mask) string {
		c := p.client(m.Transport(p.box.Transport()))
		got, err := c.Link(t.Context(), idOf(m, link))
		must(err)
		return string(got.ID) + got.InstitutionName + string(got.InstitutionID)
	}
	same(t, "one key", read(newMask(1)), read(newMask(1)))
	if read(newMask(1)) == read(newMask(2)) {
		t.Error("another key reads the same")
	}
}
