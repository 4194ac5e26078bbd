package moneykit

import (
	"bytes"
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
	parsed, err := ParseDate(string(bytes.TrimSuffix(text, []byte(`"`))))
	*d = parsed
	return err
}
