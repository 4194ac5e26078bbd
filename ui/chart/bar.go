package chart

import "strings"

// Bar draws a value as a bar of at most width cells, as long as that when the value
// is most. Anything above zero can be seen; all else is blank.
func Bar(value, most float64, width int) string {
	const eighths = 8
	if !(value > 0) || width <= 0 {
		return ""
	}
	share := value / most
	if !(share > 0 && share < 1) {
		share = 1
	}
	n := max(1, int(share*float64(width)*eighths+0.5))
	return strings.Repeat("█", n/eighths) + [eighths]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[n%eighths]
}
