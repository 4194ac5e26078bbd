// Package chart draws numbers as plain text; the caller gives it its colour.
package chart

import "github.com/NimbleMarkets/ntcharts/v2/sparkline"

// Spark draws values as a line of bars, one cell each, the highest as high as
// the line. Without anything above zero it is blank.
func Spark(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	line := sparkline.New(len(values), 1)
	line.PushAll(values)
	line.Draw()
	return line.View()
}
