package sandbox

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// household is the life behind a link: who pays and who gets paid, and when.
type household struct {
	employer  string
	salary    int // in US cents, every second week
	payday    int // day of a fortnight
	landlord  string
	rent      int
	rentDay   int
	bills     []bill // vary from month to month
	plans     []bill // subscriptions, always the same
	cardDay   int    // when the credit card is paid
	saveDay   int
	saved     int
	activity  int // per cent of the usual shopping
	favourite map[string][]string
	holidays  []int  // days of the year on which one begins
	abroad    string // currency of the country where they are spent
}

// awayOn is the currency that is used where the household is on a day, or empty
// when it is at home.
func (h household) awayOn(date time.Time) string {
	for _, first := range h.holidays {
		if n := date.YearDay() - first; n >= 0 && n < holidayDays {
			return h.abroad
		}
	}
	return ""
}

const holidayDays = 8

// bill comes every month on the same day.
type bill struct {
	merchant string
	day      int
	cents    int
	what     purpose
}

func newHousehold(s *Sandbox, rng *rand.Rand) household {
	h := household{
		employer:  pick(rng, s.list("employers")),
		salary:    between(rng, 140000, 250000),
		payday:    rng.IntN(14),
		landlord:  pick(rng, s.list("landlords")),
		rentDay:   between(rng, 1, 4),
		cardDay:   between(rng, 18, 26),
		saveDay:   between(rng, 5, 12),
		saved:     between(rng, 3, 9) * 5000,
		activity:  between(rng, 50, 92),
		favourite: map[string][]string{},
		holidays:  []int{between(rng, 40, 110), between(rng, 180, 260)},
		abroad:    pick(rng, []string{"EUR", "EUR", "JPY"}),
	}
	h.rent = h.salary * between(rng, 88, 108) / 100 / 500 * 500
	h.bills = bills(rng, s.list("utilities"), 2, 3)
	h.plans = bills(rng, s.list("subscriptions"), 2, 4)
	for _, sp := range spendings {
		names := s.list(sp.list)
		for _, i := range rng.Perm(len(names))[:min(len(names), sp.known)] {
			h.favourite[sp.list] = append(h.favourite[sp.list], names[i])
		}
	}
	return h
}

// bills draws some lines of a word list whose fields are name, category,
// subcategory and cents.
func bills(rng *rand.Rand, lines []string, low, high int) []bill {
	var drawn []bill
	for _, i := range rng.Perm(len(lines))[:between(rng, low, high)] {
		field := strings.Split(lines[i], "|")
		cents, err := strconv.Atoi(field[3])
		if err != nil {
			panic("sandbox: word list: " + err.Error())
		}
		drawn = append(drawn, bill{
			merchant: field[0],
			day:      between(rng, 2, 28),
			cents:    cents,
			what:     purpose{category: field[1], subcategory: field[2], frequency: "monthly", fixed: true},
		})
	}
	return drawn
}

// spending is a habit: how often, where and how much.
type spending struct {
	list      string
	known     int // how many places of the list a household goes to
	often     int // in 1000 days
	low, high int // in US cents
	what      purpose
}

// shopping is the one habit that brings refunds.
var shopping = spending{"shops", 6, 48, 1200, 15500, purpose{category: "shopping", subcategory: "general_online_shopping"}}

var spendings = []spending{
	{"coffee", 2, 170, 375, 1150, purpose{category: "food_and_drink", subcategory: "coffee"}},
	{"groceries", 3, 140, 1800, 13500, purpose{category: "food_and_drink", subcategory: "groceries"}},
	{"restaurants", 5, 95, 1400, 8800, purpose{category: "food_and_drink", subcategory: "eating_out_and_takeaways", tips: true}},
	{"bars", 2, 30, 900, 4200, purpose{category: "food_and_drink", subcategory: "bars_and_pubs", tips: true}},
	{"fuel", 2, 60, 2800, 6200, purpose{category: "transport", subcategory: "vehicle_fuel_and_charging"}},
	{"transport", 3, 70, 250, 1900, purpose{category: "transport", subcategory: "public_transport"}},
	shopping,
	{"pharmacies", 2, 22, 600, 4800, purpose{category: "health_and_personal_care", subcategory: "pharmacies_and_health_products"}},
}

// abroad is what a traveller pays for in the currencies of other accounts.
var abroad = map[string]spending{
	"EUR": {"travel_eur", 7, 90, 350, 5200, purpose{category: "travel", subcategory: "holiday_and_travel_expenses"}},
	"JPY": {"travel_jpy", 6, 90, 220, 6400, purpose{category: "travel", subcategory: "holiday_and_travel_expenses"}},
	"KWD": {"travel_kwd", 5, 25, 400, 4200, purpose{category: "travel", subcategory: "other_travel"}},
}
