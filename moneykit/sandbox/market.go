package sandbox

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Hours of the market, from midnight UTC.
const (
	marketOpens  = 14*time.Hour + 30*time.Minute
	marketCloses = 21 * time.Hour
)

// listing is a security that can be bought on the market.
type listing struct {
	name   string
	ticker string
	kind   string
	base   int64 // its price in US cents before it moves
	swing  int64 // how far it goes in a day, in hundredths of a percent
	yield  int64 // what it pays in a year, in hundredths of a percent

	payMonth int // of each quarter, counted from 0
	payDay   int
}

// listings returns all there is to buy.
func (s *Sandbox) listings() []*listing {
	lines := s.list("securities")
	all := make([]*listing, len(lines))
	for i, line := range lines {
		field := strings.Split(line, "|")
		var number [3]int64
		for j := range number {
			n, err := strconv.ParseInt(field[3+j], 10, 64)
			if err != nil {
				panic("sandbox: word list: " + err.Error())
			}
			number[j] = n
		}
		rng := randomOf(0, "market", field[1])
		all[i] = &listing{
			name: field[0], ticker: field[1], kind: field[2], base: number[0], swing: number[1], yield: number[2],
			payMonth: rng.IntN(3), payDay: between(rng, 8, 26),
		}
	}
	return all
}

// price is what one share costs when the market closes. On a weekend that is
// Friday's price. It follows from the seed, the ticker and the day alone, in
// whole numbers, so that it is the same everywhere and as quick to tell for
// any day.
func (s *Sandbox) price(of *listing, day time.Time, currency string) decimal.Decimal {
	const one = 1_000_000
	n := marketDay(day)
	price := of.base * one
	// Waves of several lengths lie over each other. A longer one goes further.
	reach := of.swing * 100
	for length := int64(1); length <= 1024; length *= 4 {
		price = price * (one + s.wave(of, n, length, reach)) / one
		reach *= 2
	}
	price = price * (one + of.growth(n)) / one
	return amount(int(price/one), currency)
}

// wave tells how far a wave is from its middle on a day, at most reach.
func (s *Sandbox) wave(of *listing, day, length, reach int64) int64 {
	turn := func(n int64) int64 {
		rng := randomOf(0, "market", of.ticker, strconv.FormatInt(length, 10), strconv.FormatInt(n, 10))
		return rng.Int64N(2*reach+1) - reach
	}
	from, gone := day/length, day%length
	if gone == 0 {
		return turn(from)
	}
	return (turn(from)*(length-gone) + turn(from+1)*gone) / length
}

// growth is what a security gained over the years, in millionths: the more it
// swings, the more. It ends after a decade, so that no price runs away.
func (l *listing) growth(day int64) int64 {
	const decade = 2600
	since := day - marketDay(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC))
	return 2 * l.swing * max(-decade/2, min(decade, since))
}

// marketDay counts the days on which the market opens. Saturday and Sunday
// count as the Friday before.
func marketDay(day time.Time) int64 {
	days := (day.Unix() - time.Time{}.Unix()) / 86400 // since a Monday
	return days/7*5 + min(days%7, 4)
}

// trading tells whether the market opens on a day.
func trading(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// falls tells whether what is due on a day of the month is done today: on that
// day itself, or on the Monday after it when the market does not open.
func falls(today time.Time, due int) bool {
	first := today.Day()
	if today.Weekday() == time.Monday {
		first -= 2
	}
	return trading(today) && first <= due && due <= today.Day()
}

// closed returns the last day on which the market's hours are over.
func closed(now time.Time) time.Time { return midnight(now.Add(-marketCloses)) }

// traded returns the day that a day's prices are of.
func traded(day time.Time) time.Time {
	for !trading(day) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}
