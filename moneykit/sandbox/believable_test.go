package sandbox

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// lived calls back for every link that has transactions in some worlds, with
// the book behind it.
func lived(t *testing.T, each func(t *testing.T, l *link, b *book)) {
	for _, seed := range []uint64{1, 2, 3} {
		a := newAPI(t, WithSeed(seed), WithLinks(24))
		for place := range a.box.Total {
			if l := a.box.linkAt(place); l.Fetched && l.product(transactionsProduct) != nil {
				each(t, l, a.box.open(l))
			}
		}
	}
}

// No account runs dry and no card is drawn beyond its limit, on any day.
func TestNoAccountRunsDry(t *testing.T) {
	lived(t, func(t *testing.T, l *link, b *book) {
		had := map[*account]decimal.Decimal{}
		for _, a := range b.all {
			had[a] = a.opening
		}
		sorted := slices.Clone(b.sorted())
		slices.Reverse(sorted)
		for i, x := range sorted {
			if !x.pending {
				had[x.account] = had[x.account].Add(x.account.effect(x))
			}
			if i+1 < len(sorted) && sorted[i+1].date.Equal(x.date) {
				continue // the day is not over
			}
			for a, has := range had {
				if a.invests() {
					continue
				}
				if has.IsNegative() {
					t.Errorf("%s of link %d has %s on %s", a.name, l.Place+1, has, x.date.Format(time.DateOnly))
				}
				if a.limit.IsPositive() && has.GreaterThan(a.limit) {
					t.Errorf("%s of link %d owes %s of %s on %s", a.name, l.Place+1, has, a.limit, x.date.Format(time.DateOnly))
				}
			}
		}
	})
}

func TestCategoriesAreTheContracts(t *testing.T) {
	categories, subcategories := contractEnum("BudPrimaryCategory"), contractEnum("BudSubcategory")
	seen := map[string]bool{}
	lived(t, func(t *testing.T, _ *link, b *book) {
		for _, c := range b.log {
			seen[c.what.category] = true
			if !slices.Contains(categories, c.what.category) || !slices.Contains(subcategories, c.what.subcategory) {
				t.Errorf("%s is %s, %s", c.raw, c.what.category, c.what.subcategory)
			}
		}
	})
	for _, sp := range abroad {
		if !slices.Contains(categories, sp.what.category) || !slices.Contains(subcategories, sp.what.subcategory) {
			t.Errorf("abroad: %+v", sp.what)
		}
	}
	s := New()
	for _, list := range []string{"utilities", "subscriptions"} {
		for _, line := range s.list(list) {
			if field := strings.Split(line, "|"); !slices.Contains(categories, field[1]) || !slices.Contains(subcategories, field[2]) {
				t.Errorf("%s: %s", list, line)
			}
		}
	}
	if len(seen) < 11 {
		t.Errorf("only %d categories", len(seen))
	}
}

// Everybody earns, lives somewhere, shops, moves money and goes on holiday.
func TestEverybodyLives(t *testing.T) {
	foreign := regexp.MustCompile(`^POS .* [0-9]+(\.[0-9]{2})? (EUR|JPY)$`)
	refunded := 0
	lived(t, func(t *testing.T, l *link, b *book) {
		found := map[string]int{}
		for _, x := range b.sorted() {
			found[x.what.subcategory]++
			switch {
			case x.what.category == "travel" && x.account == b.card:
				found["holiday"]++
				if !foreign.MatchString(x.raw) {
					t.Errorf("link %d was abroad: %s", l.Place+1, x.raw)
				}
			case x.what.subcategory == "employment_income" && (!x.credit || x.account != b.checking || x.next.IsZero()):
				t.Errorf("link %d: salary %+v", l.Place+1, x)
			case x.what.category == "mortgage_and_rent" && x.account == b.checking && (x.credit || x.next.IsZero()):
				t.Errorf("link %d: housing %+v", l.Place+1, x)
			case x.what.subcategory == "refunds_and_reversals":
				refunded++
				if !x.credit || x.merchant == "" || x.account != b.card {
					t.Errorf("link %d: refund %+v", l.Place+1, x)
				}
			}
		}
		for subcategory, least := range map[string]int{
			"employment_income": 36, "credit_cards": 10, "groceries": 10, "coffee": 10, "holiday": 8, "investment_income": 12,
		} {
			if found[subcategory] < least {
				t.Errorf("link %d: %d of %s", l.Place+1, found[subcategory], subcategory)
			}
		}
		if found["rent"]+found["mortgage"] < 17 {
			t.Errorf("link %d lived %d months somewhere", l.Place+1, found["rent"]+found["mortgage"])
		}
		if (found["mortgage"] > 0) != (b.mortgage != nil) {
			t.Errorf("link %d has a mortgage: %t, paid it %d times", l.Place+1, b.mortgage != nil, found["mortgage"])
		}
		if found["internal_transfers"]+found["currency_exchange_and_fees"] == 0 {
			t.Errorf("link %d never moved money", l.Place+1)
		}
	})
	if refunded < 20 {
		t.Errorf("%d refunds", refunded)
	}
}

// What leaves one account for another arrives there on the same day.
func TestBothLegsMatch(t *testing.T) {
	pairs := 0
	lived(t, func(t *testing.T, l *link, b *book) {
		type leg struct{ subcategory, date, amount string }
		open := map[leg]int{}
		for _, x := range b.sorted() {
			switch x.what.subcategory {
			case "internal_transfers", "credit_cards", "mortgage":
			default:
				continue
			}
			at := leg{x.what.subcategory, x.date.Format(time.DateOnly), x.amount.String()}
			if x.credit {
				open[at]++
				pairs++
			} else {
				open[at]--
			}
		}
		for at, n := range open {
			if n != 0 {
				t.Errorf("link %d: %+v has %d legs too many", l.Place+1, at, n)
			}
		}
	})
	if pairs < 500 {
		t.Errorf("%d pairs", pairs)
	}
}

// Money that is changed leaves and arrives on the same day.
func TestExchangeHasTwoLegs(t *testing.T) {
	a := newAPI(t)
	l := a.box.linkAt(10)
	days := map[time.Time][]*transaction{}
	for _, x := range a.box.open(l).sorted() {
		if x.what.subcategory == "currency_exchange_and_fees" {
			days[x.date] = append(days[x.date], x)
		}
	}
	if len(days) == 0 {
		t.Fatal("the traveller never changed money")
	}
	for day, legs := range days {
		balance := 0
		for _, x := range legs {
			balance += map[bool]int{true: 1, false: -1}[x.credit]
		}
		if balance != 0 || len(legs) < 2 || legs[0].account == legs[1].account {
			t.Errorf("%s: %d legs", day.Format(time.DateOnly), len(legs))
		}
	}
}

func TestInstitutionsAreMany(t *testing.T) {
	a := newAPI(t)
	all := into[institutionsAnswer](t, a.get("/institutions").want(t, 200)).Institutions
	countries, seen := map[string]int{}, map[string]bool{}
	for _, i := range all {
		countries[i.Country]++
		seen[i.ID] = true
		a.get("/institutions/"+i.ID).want(t, 200)
	}
	if len(all) < 12 || len(seen) != len(all) || len(countries) != 3 || !seen[credentialsBank] || !seen[oauthBank] || !seen[instantBank] {
		t.Errorf("%d institutions in %v", len(all), countries)
	}
	var paged []string
	for cursor := ""; ; {
		page := into[institutionsAnswer](t, a.get("/institutions?limit=4&cursor="+cursor).want(t, 200))
		for _, i := range page.Institutions {
			paged = append(paged, i.ID)
		}
		if page.Cursors.Next == nil {
			break
		}
		cursor = *page.Cursors.Next
	}
	if len(paged) != len(all) {
		t.Errorf("pages hold %d of %d", len(paged), len(all))
	}
}

// A link whose accounts are looked at every hour is spent from all the time.
func TestHourlyRefreshesRunNoAccountDry(t *testing.T) {
	a := newAPI(t)
	ids := []string{a.link(1), a.link(11)}
	for _, chosen := range [][]string{nil, {"Checking"}, {"Savings"}, {"Credit Card"}} {
		ids = append(ids, a.exchanged(a.instantly(a.open(nil), chosen...)))
	}
	places := make([]int, len(ids))
	for i, id := range ids {
		places[i] = a.place(id)
	}
	for range 24 * 20 {
		a.clock.Move(time.Hour)
		a.authorize()
		for _, place := range places {
			a.refresh(place, transactionsProduct)
		}
	}
	a.clock.Move(time.Minute)
	for _, id := range ids {
		a.get("/links/"+id).want(t, 200)
		for _, x := range a.box.open(a.box.find(id)).all {
			if x.hidden || x.invests() {
				continue
			}
			if x.booked.IsNegative() || x.limit.IsPositive() && x.booked.GreaterThan(x.limit) {
				t.Errorf("%s of link %d has %s of %s", x.name, a.place(id), x.booked, x.limit)
			}
		}
	}
}
