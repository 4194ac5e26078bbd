package chart

import (
	"strings"
	"testing"
)

func TestSpark(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   string
	}{
		{nil, ""},
		{[]float64{0, 0, 0}, "   "},
		{[]float64{8}, "█"},
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7, 8}, " ▁▂▃▄▅▆▇█"},
		{[]float64{1000, 0, 500}, "█ ▄"},
	} {
		if got := Spark(test.values); got != test.want {
			t.Errorf("%v is drawn as %q, want %q", test.values, got, test.want)
		}
	}
	if line := Spark(make([]float64, 60)); strings.Contains(line, "\x1b") || len(line) != 60 {
		t.Errorf("%q", line)
	}
}
