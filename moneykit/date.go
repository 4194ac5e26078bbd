package moneykit

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Date is a calendar day without a time or a zone, as transactions carry it.
// The zero Date stands for none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("moneykit: %q is not a date", s)
	}
	return DateOf(t), nil
}

// IsZero reports whether d stands for no date.
func (d Date) IsZero() bool { return d == Date{} }

// Compare orders dates: negative when d is earlier than other.
func (d Date) Compare(other Date) int { return d.Time().Compare(other.Time()) }

// Time returns midnight UTC of the day.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String returns YYYY-MM-DD, and "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText encodes YYYY-MM-DD, and nothing for no date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes YYYY-MM-DD, and nothing for no date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	*d = parsed
	return err
}

// Value stores YYYY-MM-DD in a database, and NULL for no date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads what [Date.Value] stored, and a column of type date.
func (d *Date) Scan(column any) error {
	switch column := column.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		*d = DateOf(column)
		return nil
	case string:
		return d.UnmarshalText([]byte(column))
	case []byte:
		return d.UnmarshalText(column)
	}
	return fmt.Errorf("moneykit: a %T is not a date", column)
}

// MarshalJSON encodes YYYY-MM-DD, and null for no date.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.String())
}

// UnmarshalJSON takes YYYY-MM-DD or null.
func (d *Date) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = Date{}
		return nil
	}
	text, quoted := bytes.CutPrefix(b, []byte(`"`))
	if !quoted {
		return errors.New("moneykit: a date is a string")
	}
	text = bytes.TrimSuffix(text, []byte(`"`))
	if plain, ok := plainDate(text); ok {
		*d = plain
		return nil
	}
	parsed, err := ParseDate(string(text))
	*d = parsed
	return err
}

// plainDate reads the days that every month has. It is [ParseDate] without its
// cost, which shows in pages of transactions.
func plainDate(text []byte) (d Date, ok bool) {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return Date{}, false
	}
	ok = true
	number := func(digits []byte) (n int) {
		for _, c := range digits {
			ok = ok && '0' <= c && c <= '9'
			n = 10*n + int(c-'0')
		}
		return n
	}
	d = Date{number(text[:4]), time.Month(number(text[5:7])), number(text[8:])}
	return d, ok && time.January <= d.Month && d.Month <= time.December && 1 <= d.Day && d.Day <= 28
}
