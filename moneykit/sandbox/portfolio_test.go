package sandbox

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// opened makes a portfolio that is opened 18 months before the tests' noon, or
// up to six days earlier.
func opened(seed uint64, currency string) *portfolio {
	s := New(WithSeed(seed), WithLinks(0))
	b := &book{sandbox: s, origin: origin{Persona: "investor " + strconv.FormatUint(seed, 10)}}
	opening := amount(between(s.random("opening"), 3500000, 12000000), currency)
	first := midnight(noon).AddDate(0, 0, -usualDays-int(seed%7))
	return newPortfolio(s, b.stream, "acc", opening, currency, first)
}

const investors = 40

// sums follows trades in the plainest way.
type sums struct {
	cash decimal.Decimal
	held map[*listing]*pile
}

type pile struct{ quantity, cost decimal.Decimal }

func (x *sums) follow(t *testing.T, y trade) {
	t.Helper()
	x.cash = x.cash.Sub(y.amount)
	if x.cash.IsNegative() {
		t.Errorf("%s overdraws the cash: %s", y.description, x.cash)
	}
	worth := y.quantity.Mul(y.price).Round(2)
	switch y.kind {
	case "buy":
		if x.held[y.of] == nil {
			x.held[y.of] = &pile{}
		}
		p := x.held[y.of]
		p.quantity, p.cost = p.quantity.Add(y.quantity), p.cost.Add(y.amount)
		if !y.amount.Equal(worth.Add(y.fees)) {
			t.Errorf("%s at %s for %s", y.description, y.price, y.amount)
		}
	case "sell":
		p := x.held[y.of]
		average := p.cost.Div(p.quantity)
		p.quantity = p.quantity.Sub(y.quantity)
		p.cost = average.Mul(p.quantity)
		if p.quantity.IsNegative() || !y.amount.Equal(y.fees.Sub(worth)) || !y.amount.IsNegative() || !y.fees.IsPositive() {
			t.Errorf("%s at %s for %s, %s left", y.description, y.price, y.amount, p.quantity)
		}
	}
}

func TestPortfolioAddsUp(t *testing.T) {
	for seed := range uint64(investors / 2) {
		p := opened(seed, "USD")
		last := midnight(noon)
		p.live(last)
		seen := 0
		x := sums{p.opening, map[*listing]*pile{}}
		for day := p.first.AddDate(0, 0, -3); !day.After(last); day = day.AddDate(0, 0, 1+int(seed%9)) {
			for ; seen < len(p.trades) && !p.trades[seen].date.After(day); seen++ {
				x.follow(t, p.trades[seen])
			}
			if len(p.until(day)) != seen {
				t.Fatalf("%d trades, want %d", len(p.until(day)), seen)
			}
			all, total := p.holdings(day), decimal.Zero
			for _, h := range all[:len(all)-1] {
				pile := x.held[h.of]
				price := p.sandbox.price(h.of, day, "USD")
				if !h.quantity.Equal(pile.quantity) || !h.price.Equal(price) || !h.value.Equal(pile.quantity.Mul(price).Round(2)) {
					t.Fatalf("%s: %+v", day, h)
				}
				if h.cost.Sub(pile.cost).Abs().GreaterThan(decimal.New(1, -2)) || !h.cost.Equal(h.cost.Round(2)) {
					t.Fatalf("%s cost %s, want %s", h.of.ticker, h.cost, pile.cost)
				}
				total = total.Add(h.value)
			}
			for of, pile := range x.held {
				if shown := quantityOf(all, of); !shown.Equal(pile.quantity) {
					t.Fatalf("%s of %s are shown, want %s", shown, of.ticker, pile.quantity)
				}
			}
			cash := all[len(all)-1]
			if cash.of != nil || !cash.value.Equal(x.cash) || !cash.quantity.Equal(x.cash) || !p.value(day).Equal(total.Add(x.cash)) {
				t.Fatalf("cash %+v, want %s; value %s, want %s", cash, x.cash, p.value(day), total.Add(x.cash))
			}
		}
		if n := len(p.until(last)); n != len(p.trades) {
			t.Errorf("%d of %d trades are in the future", len(p.trades)-n, len(p.trades))
		}
	}
}

func quantityOf(all []holding, of *listing) decimal.Decimal {
	for _, h := range all {
		if h.of == of {
			return h.quantity
		}
	}
	return decimal.Zero
}

func TestPortfolioIsBelievable(t *testing.T) {
	kinds, gained := map[string]int{}, 0
	for seed := range uint64(investors) {
		p := opened(seed, "USD")
		last := midnight(noon)
		p.live(last)
		if n := len(p.trades); n < 20 || n > 120 {
			t.Errorf("seed %d: %d trades", seed, n)
		}
		if n := len(p.holdings(p.first)); n < 5 || n > 7 {
			t.Errorf("seed %d: %d holdings on the first day", seed, n)
		}
		value, two := p.value(last), decimal.New(2, 0)
		if value.GreaterThan(p.opening.Mul(two)) || value.Mul(two).LessThan(p.opening) {
			t.Errorf("seed %d: %s became %s", seed, p.opening, value)
		}
		if value.GreaterThan(p.opening) {
			gained++
		}
		own := map[string]int{}
		for i, y := range p.trades {
			kinds[y.kind]++
			own[y.kind]++
			if i > 0 && (y.date.Before(p.trades[i-1].date) || !y.at.IsZero() && !y.at.After(p.trades[i-1].at)) {
				t.Errorf("%+v comes after %+v", y, p.trades[i-1])
			}
			p.checkTrade(t, y)
		}
		if own["dividend"] == 0 || own["interest"] < 17 || own["fee"] < 5 || own["buy"] < 17 {
			t.Errorf("seed %d: %v", seed, own)
		}
	}
	if len(kinds) != 5 || kinds["sell"] < investors/2 {
		t.Errorf("%v", kinds)
	}
	if gained < investors/4 || gained == investors {
		t.Errorf("%d of %d portfolios gained", gained, investors)
	}
}

func (p *portfolio) checkTrade(t *testing.T, y trade) {
	t.Helper()
	order := y.kind == "buy" || y.kind == "sell"
	if order != y.quantity.IsPositive() || order != y.price.IsPositive() || order == y.at.IsZero() ||
		(order || y.kind == "dividend") == (y.of == nil) || y.amount.IsPositive() != (y.kind == "buy" || y.kind == "fee") ||
		!y.quantity.Equal(y.quantity.Round(4)) || !y.amount.Equal(y.amount.Round(2)) {
		t.Errorf("%+v", y)
	}
	if order || y.kind == "dividend" {
		if weekday := y.date.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			t.Errorf("%s on a %s", y.description, weekday)
		}
	}
	if order {
		if hour := y.at.Sub(y.date); hour < marketOpens || hour > marketCloses || !y.price.Equal(p.sandbox.price(y.of, y.date, "USD")) {
			t.Errorf("%s at %s for %s", y.description, y.at, y.price)
		}
	}
	if y.kind == "dividend" {
		held := quantityOf(p.holdings(y.date.AddDate(0, 0, -1)), y.of)
		worth := held.Mul(p.sandbox.price(y.of, y.date, "USD"))
		if yearly := y.amount.Neg().Mul(decimal.New(400, 0)).Div(worth); yearly.LessThan(decimal.New(4, -1)) || yearly.GreaterThan(decimal.New(36, -1)) {
			t.Errorf("%s yields %s %%", y.description, yearly)
		}
	}
}

// It makes no difference in how many steps a portfolio lives.
func TestPortfolioLivesInAnySteps(t *testing.T) {
	for seed := range uint64(8) {
		once, often := opened(seed, "USD"), opened(seed, "USD")
		last := midnight(noon)
		once.live(last.Add(23 * time.Hour))
		for n, rng := 0, once.sandbox.random("steps"); n <= usualDays+10; n += rng.IntN(40) {
			often.live(often.first.AddDate(0, 0, min(n, usualDays)))
		}
		often.live(last)
		often.live(last.AddDate(0, 0, -90))
		often.live(last)
		if one, other := tell(once), tell(often); one != other {
			t.Errorf("seed %d: at once\n%.600s\nin steps\n%.600s", seed, one, other)
		}
		ids := map[string]bool{}
		for _, y := range once.trades {
			ids[y.id] = true
		}
		if len(ids) != len(once.trades) {
			t.Errorf("%d ids for %d trades", len(ids), len(once.trades))
		}
		if !reflect.DeepEqual(once.holdings(last), once.holdings(last)) {
			t.Error("looking changes it")
		}
	}
}

func tell(p *portfolio) string {
	text := fmt.Sprintln(p.next, p.now.cash)
	for _, y := range p.trades {
		text += fmt.Sprintln(y.id, y.at, y.kind, y.description, y.price, y.fees, y.amount)
	}
	return text
}

// What holds in dollars holds in a currency without decimals, and for an
// account with next to nothing in it.
func TestPortfolioInOtherSizes(t *testing.T) {
	for _, currency := range []string{"JPY", "KWD", "USD"} {
		for _, opening := range []int64{0, 1, 250, 80000} {
			p := opened(3, currency)
			p = newPortfolio(p.sandbox, p.stream, "acc", decimal.New(opening, 0), currency, p.first)
			for day := p.first; !day.After(midnight(noon)); day = day.AddDate(0, 0, 5) {
				p.live(day)
				if p.now.cash.IsNegative() || !p.value(day).Equal(p.value(day).Round(places(currency))) {
					t.Fatalf("%s: %s of %d left, worth %s", currency, p.now.cash, opening, p.value(day))
				}
			}
		}
	}
}
