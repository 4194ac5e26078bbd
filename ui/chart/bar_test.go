package chart

import (
	"math"
	"testing"
	"unicode/utf8"
)

func TestBar(t *testing.T) {
	for _, test := range []struct {
		value, most float64
		width       int
		want        string
	}{
		{0, 8, 4, ""},
		{-3, 8, 4, ""},
		{math.NaN(), 8, 4, ""},
		{8, 8, 0, ""},
		{8, 8, -1, ""},
		{8, 8, 4, "████"},
		{4, 8, 4, "██"},
		{4.5, 8, 4, "██▎"},
		{3, 8, 1, "▍"},
		{7, 8, 1, "▉"},
		{0.0001, 8, 4, "▏"},
		{9, 8, 4, "████"},
		{8, 0, 4, "████"},
		{math.Inf(1), 8, 2, "██"},
		{math.Inf(1), math.Inf(1), 2, "██"},
		{1, math.NaN(), 2, "██"},
	} {
		if got := Bar(test.value, test.most, test.width); got != test.want {
			t.Errorf("%v of %v in %d cells is %q, want %q", test.value, test.most, test.width, got, test.want)
		}
	}
}

func TestBarGrowsWithItsValue(t *testing.T) {
	before := ""
	for v := range 1000 {
		bar := Bar(float64(v), 999, 20)
		if utf8.RuneCountInString(bar) < utf8.RuneCountInString(before) || utf8.RuneCountInString(bar) > 20 {
			t.Fatalf("%d is %q after %q", v, bar, before)
		}
		before = bar
	}
}
