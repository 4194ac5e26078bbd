package views

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// seen reads "9 100.00" as a balance that was recorded on the 9th of March.
func seen(currency string, texts ...string) (all []mirror.BalanceSeen) {
	for _, text := range texts {
		var on int
		var current string
		if _, err := fmt.Sscan(text, &on, &current); err != nil {
			panic(err)
		}
		b := mirror.BalanceSeen{At: march(on).Time().Add(time.Duration(10+len(all)) * time.Hour), Currency: currency}
		if current != "null" {
			b.Current = decimal.NewNullDecimal(decimal.RequireFromString(current))
		}
		all = append(all, b)
	}
	return all
}

// flow reads "9 -12.50 -36" as what was posted and what is pending on the 9th.
func flow(texts ...string) (all []mirror.Flow) {
	for _, text := range texts {
		var on int
		var posted, pending string
		if _, err := fmt.Sscan(text, &on, &posted, &pending); err != nil {
			panic(err)
		}
		all = append(all, mirror.Flow{Day: march(on), Posted: decimal.RequireFromString(posted), Pending: decimal.RequireFromString(pending)})
	}
	return all
}

// pendingUntil reads "9 11 -36" as a transaction of the 9th that was posted on the 11th.
func pendingUntil(texts ...string) (all []mirror.Settlement) {
	for _, text := range texts {
		var on, at int
		var value string
		if _, err := fmt.Sscan(text, &on, &at, &value); err != nil {
			panic(err)
		}
		all = append(all, mirror.Settlement{At: march(at).Time().Add(time.Hour), Day: march(on), Amount: decimal.RequireFromString(value)})
	}
	return all
}

func march(day int) moneykit.Date { return moneykit.Date{Year: 2026, Month: 3, Day: day} }

func TestBalanceHistory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, currency string
		kind           moneykit.AccountType
		now            string // the balance that the account itself tells
		of             movements
		derived        string // from the 7th to the 12th
		gaps           string
	}{
		{
			name: "all agrees", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 112.50", "10 100"), flow: flow("7 -5 0", "8 2.50 0", "9 -12.50 0")},
			derived: "110 112.5 100 100 100 100", gaps: "8: 0.00 | 10: 0.00",
		},
		{
			name: "later than the newest record", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 100"), flow: flow("8 -5 0", "11 30 0")},
			derived: "— 100 100 100 130 130", gaps: "8: 0.00",
		},
		{
			name: "pending is in the newest balance", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 136", "10 100"), flow: flow("10 0 -36")},
			derived: "— 100 100 100 100 100", gaps: "8: 36.00, all of it pending | 10: 0.00",
		},
		{
			name: "what was pending in both explains nothing", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 136", "10 100"), flow: flow("8 0 -36", "12 0 -36")},
			derived: "— 100 100 100 100 100", gaps: "8: 36.00, not explained | 10: 0.00",
		},
		{
			name: "it was pending still", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 100", "10 64"), flow: flow("8 -36 0"), settled: pendingUntil("8 10 -36")},
			derived: "— 64 64 64 64 64", gaps: "8: 36.00, all of it pending | 10: 0.00",
		},
		{
			name: "it had settled by then", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 100", "10 64"), flow: flow("8 -36 0"), settled: pendingUntil("8 8 -36", "9 10 -1")},
			derived: "— 64 64 64 64 64", gaps: "8: 36.00, not explained | 10: 0.00",
		},
		{
			name: "a part", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 112.40", "10 100"), flow: flow("10 0 -36")},
			derived: "— 100 100 100 100 100", gaps: "8: 12.40, of which pending 36.00 | 10: 0.00",
		},
		{
			name: "a part, of what was pending still", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 112.40", "10 100"), flow: flow("8 -36 0"), settled: pendingUntil("8 10 -36")},
			derived: "— 100 100 100 100 100", gaps: "8: 12.40, of which pending 36.00 | 10: 0.00",
		},
		{
			name: "the better of two reasons", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 140", "10 100"), flow: flow("8 -40 0", "9 0 -3"), settled: pendingUntil("8 9 -40")},
			derived: "— 100 100 100 100 100", gaps: "8: 40.00, all of it pending | 10: 0.00",
		},
		{
			name: "owed is positive", currency: "USD", kind: "liability.credit_card",
			of:      movements{synced: true, seen: seen("USD", "8 500", "10 462.50"), flow: flow("8 -20 0", "9 12.50 0", "10 50 -25")},
			derived: "— 525 512.5 462.5 462.5 462.5", gaps: "8: −25.00, all of it pending | 10: 0.00",
		},
		{
			name: "no decimals", currency: "JPY",
			of:      movements{synced: true, seen: seen("JPY", "8 63000", "10 60000"), flow: flow("9 -2500 0")},
			derived: "— 62500 60000 60000 60000 60000", gaps: "8: 500, not explained | 10: 0",
		},
		{
			name: "three decimals", currency: "KWD",
			of:      movements{synced: true, seen: seen("KWD", "8 1.001", "10 1.003"), flow: flow("9 0.001 0")},
			derived: "— 1.002 1.003 1.003 1.003 1.003", gaps: "8: −0.001, not explained | 10: 0.000",
		},
		{
			name: "the last of a day, without those in another currency", currency: "USD",
			of: movements{
				synced: true, seen: append(seen("USD", "8 1", "8 100", "10 100"), seen("EUR", "11 7")...), flow: flow("7 1 0"),
			},
			derived: "100 100 100 100 100 100", gaps: "8: 0.00 | 10: 0.00",
		},
		{
			name: "the bank told none", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 90", "9 null", "10 100", "11 null"), flow: flow("9 10 0")},
			derived: "— 90 100 100 100 100", gaps: "8: 0.00 | 9: — | 10: 0.00 | 11: —",
		},
		{
			name: "it never told any", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "9 null"), flow: flow("9 10 0")},
			derived: "— — — — — —", gaps: "9: —",
		},
		{
			name: "nothing recorded", currency: "USD", now: "100",
			of:      movements{synced: true, flow: flow("9 -10 0")},
			derived: "— — 100 100 100 100",
		},
		{
			name: "without transactions", currency: "USD",
			of:      movements{synced: true, seen: seen("USD", "8 100", "10 100")},
			derived: "— 100 100 100 100 100", gaps: "8: 0.00 | 10: 0.00",
		},
		{
			name: "never synced", currency: "USD",
			of:      movements{seen: seen("USD", "8 90", "10 100")},
			derived: "— — — — — —", gaps: "8: — | 10: —",
		},
		{name: "nothing at all", currency: "USD", of: movements{synced: true}, derived: "— — — — — —"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := moneykit.Account{Type: test.kind, Balances: moneykit.Balances{Currency: test.currency, Date: march(10).Time()}}
			if test.now != "" {
				a.Balances.Current = decimal.NewNullDecimal(decimal.RequireFromString(test.now))
			}
			h := newBalanceHistory(a, test.of, func(t time.Time) time.Time { return t })
			var derived, gaps []string
			for on := dayOf(march(7)); on <= dayOf(march(12)); on++ {
				text := none
				if d, known := h.derivedAt(on); known {
					text = d.String()
				}
				derived = append(derived, text)
			}
			for _, r := range h.recorded {
				gaps = append(gaps, r.day.time().Format("2: ")+r.gap.words(test.currency))
			}
			if got := strings.Join(derived, " "); got != test.derived {
				t.Errorf("derived %q, want %q", got, test.derived)
			}
			if got := strings.Join(gaps, " | "); got != test.gaps {
				t.Errorf("gaps %q, want %q", got, test.gaps)
			}
		})
	}
}

func TestWhatIsOwedIsBelowZero(t *testing.T) {
	t.Parallel()
	for kind, want := range map[moneykit.AccountType]float64{"depository.checking": 12.5, "liability.credit_card": -12.5, "loan.student": -12.5} {
		h := newBalanceHistory(moneykit.Account{Type: kind, Balances: moneykit.Balances{Currency: "USD"}},
			movements{synced: true, seen: seen("USD", "9 12.50")}, func(t time.Time) time.Time { return t })
		on := dayOf(march(9))
		recorded, derived := h.lines(on, on, 0)
		if recorded.Values[0] != want || derived.Values[0] != want {
			t.Errorf("%s is drawn at %v and %v", kind, recorded.Values[0], derived.Values[0])
		}
	}
}

func TestRecordedBalancesAreByTheSandboxesClock(t *testing.T) {
	t.Parallel()
	h := newBalanceHistory(moneykit.Account{Balances: moneykit.Balances{Currency: "USD"}}, movements{seen: seen("USD", "9 12.50")},
		func(t time.Time) time.Time { return t.AddDate(0, 0, 7) })
	if r := h.recorded[0]; r.day != dayOf(march(16)) || r.at.Day() != 16 {
		t.Errorf("%+v", r)
	}
}

// inTheWest puts a process of these tests eight hours behind UTC.
const inTheWest = "TILL_TEST_WEST"

// westward runs a test in a process that is in the west, and reports whether this one
// is. Timers of other tests read the time zone of this process.
func westward(t *testing.T) bool {
	t.Helper()
	return apart(t, inTheWest+"=1")
}

func TestABalanceHoldsWhatIsDatedAheadOfThisMachine(t *testing.T) {
	if !westward(t) {
		return
	}
	evening := time.Date(2026, time.March, 10, 4, 0, 0, 0, time.UTC) // of the 9th, by this machine
	recorded := []mirror.BalanceSeen{{At: evening, Currency: "USD", Current: decimal.NewNullDecimal(decimal.New(100, 0))}}
	for _, test := range []struct {
		name         string
		at           time.Time
		flow         []mirror.Flow
		ninth, tenth string
		day          int
	}{
		{"ahead", evening, flow("8 -5 0", "10 -14.21 0"), "114.21", "100", 10},
		{"only pending", evening, flow("8 -5 0", "10 0 -14.21"), "100", "100", 9},
		{"a day after, by UTC too", evening.Add(-8 * time.Hour), flow("8 -5 0", "10 -14.21 0"), "100", "85.79", 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			recorded[0].At = test.at
			h := newBalanceHistory(moneykit.Account{Balances: moneykit.Balances{Currency: "USD"}},
				movements{synced: true, seen: recorded, flow: test.flow}, func(t time.Time) time.Time { return t })
			ninth, _ := h.derivedAt(dayOf(march(9)))
			tenth, _ := h.derivedAt(dayOf(march(10)))
			if ninth.String() != test.ninth || tenth.String() != test.tenth {
				t.Errorf("derived %s and %s", ninth, tenth)
			}
			if r := h.recorded[0]; r.day != dayOf(march(test.day)) || !r.gap.known || !r.gap.amount.IsZero() {
				t.Errorf("recorded %+v", r)
			}
		})
	}
}

func TestTodayIsByThisMachine(t *testing.T) {
	if !westward(t) {
		return
	}
	at := time.Date(2026, time.March, 10, 4, 0, 0, 0, time.UTC)
	c := &clock{sandbox: func() time.Time { return at }}
	if today, err := firstDay("today", c.now()); err != nil || today != march(9) {
		t.Errorf("today is %s, %v", today, err)
	}
	b := newBalances(&linkPage{session: &session{clock: c}}, "")
	for latest, want := range map[int]int{8: 9, 10: 10, 31: 10} {
		b.data.value.histories = []balanceHistory{{derived: []derivedBalance{{day: dayOf(march(latest))}}}}
		if _, last := b.span(); last != dayOf(march(want)) {
			t.Errorf("the last day is %s with a balance of the %dth", last.time(), latest)
		}
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-03-31", -1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-12-15", 1, "2027-01-15"}, {"2026-01-01", -1, "2025-12-01"},
	} {
		d, err := moneykit.ParseDate(test.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := dayOf(d).months(test.n).time().Format(time.DateOnly); got != test.want {
			t.Errorf("%s and %d months is %s, want %s", test.from, test.n, got, test.want)
		}
	}
}

func TestAxisLabel(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0.1 + 0.2: "0.3", -200000: "−200,000", 1e15: "1,000,000,000,000,000", 0: "0", 2.5: "2.5"} {
		if got := axisLabel(v); got != want {
			t.Errorf("%v is called %q, want %q", v, got, want)
		}
	}
}
