package inspect_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"till/moneykit/inspect"
)

// response returns the lines of an answer's body.
func response(t testing.TB, body string) []inspect.Line {
	t.Helper()
	return section(t, show(answered("GET", "/links", "/links", 200, body)), "Response body")
}

func TestShowLaysOutNoMoreThanMaxLines(t *testing.T) {
	for _, x := range []struct {
		body  string
		lines int
		last  string
	}{
		{list(inspect.MaxLines - 2), inspect.MaxLines, "]"},
		{list(inspect.MaxLines - 1), inspect.MaxLines + 1, "… and 1 byte more"},
		{list(inspect.MaxLines), inspect.MaxLines + 1, "… and 2 bytes more"},
		{list(100_000), inspect.MaxLines + 1, fmt.Sprintf("… and %d bytes more", len(list(100_000))-len("[")-2*(inspect.MaxLines-1))},
		{`{"link":{"state": ` + list(100_000) + `}, "x": 1}`, inspect.MaxLines + 1, ""},
		{strings.Repeat(`{"link":[`, 50) + strings.Repeat(`{},`, 100_000) + "1" + strings.Repeat(`]}`, 50), inspect.MaxLines + 1, ""},
		{"[" + strings.Repeat(`{"state":[]},`, 100_000) + `1]`, inspect.MaxLines + 1, ""},
		{strings.TrimSuffix(strings.Repeat("grant_type=a&", 100_000), "&"), 1, ""},
	} {
		lines := response(t, x.body)
		last := lines[len(lines)-1]
		if len(lines) != x.lines || x.last != "" && (last.Before != x.last || last.Hidden) {
			t.Errorf("%.40s: %d lines, the last one %.100v", x.body, len(lines), last)
		}
	}
}

// list is a list of n times 1.
func list(n int) string { return "[" + strings.Repeat("1,", n-1) + "1]" }

// The work goes with the memory.
func TestShowOfAHugeBodyTakesLittle(t *testing.T) {
	e := inspect.Entry{Exchange: answered("GET", "/links", "/links", 200, list(8_000_000))}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = inspect.Show(e)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
		t.Errorf("it took %d bytes", n)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	for name, x := range map[string]struct{ body, text string }{
		"shown":        {`{"state":"` + long + `"}`, `  "state": "é`},
		"hidden":       {`{"x":"` + long + `"}`, `  "x": "é`},
		"number":       {`{"amount":` + strings.Repeat("1", 20_002) + `}`, `  "amount": 11`},
		"key":          {`{"` + long + `":1}`, `  "é`},
		"escaped key":  {`{"\u00e9` + long + `":1}`, `  "\u00e9é`},
		"deep":         {strings.Repeat("[", 300) + `"` + long + `"` + strings.Repeat("]", 300), "["},
		"another kind": {"<p>" + long, "<p>é"},
	} {
		got := revealed(response(t, x.body))
		if len(got) > 4096+80*400 || !strings.Contains(got, x.text) || !strings.Contains(got, " bytes more)") {
			t.Errorf("%s: %d bytes: %.200s", name, len(got), got)
		}
		if strings.ContainsRune(got, '\ufffd') {
			t.Errorf("%s: half a character", name)
		}
	}
	want(t, revealed(response(t, `{"state":"`+strings.Repeat("x", 5_000)+`"}`)),
		"{\n  \"state\": \""+strings.Repeat("x", 4095)+"… (906 bytes more)\n}\n")
}

func TestLongHeadersAndParametersAreCut(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	e := answered("GET", "/links", "/links?cursor="+long+"&who="+long, 200, "")
	e.RequestHeader.Set("Accept", long)
	e.ResponseHeader.Set("Set-Cookie", long)
	e.ResponseHeader.Set(long, "1")
	e.Err = fmt.Errorf("%s", long)
	for _, line := range show(e) {
		if n := len(line.Before + line.Value + line.After); n > 4200 {
			t.Errorf("%d bytes: %.40s", n, line.Before)
		}
	}
}

// What is sent is whole, whatever of it fits on the screen.
func TestCurlIsNotCut(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	body := `{"redirect_uri":"` + long + `","webhook":"` + long + `","providers":` + list(30_000) + `}`
	e := sent("POST", "/link-session", "/link-session?cursor="+long+"&who="+long, "application/json", body)
	e.RequestHeader.Set("X-Client-Id", long)
	got := curl(e, all)
	for _, part := range []string{"?cursor=" + long + "&who=" + long, "X-Client-Id: " + long, compact(t, body)} {
		if !strings.Contains(got, part) {
			t.Errorf("no %.30s", part)
		}
	}
	e = sent("POST", "/links", "/links", "text/plain", long+"\n"+long)
	if !strings.Contains(curl(e, all), "'"+long+"\n"+long+"'") {
		t.Error("another text")
	}
	e = sent("POST", "/auth/token", "/auth/token", "application/x-www-form-urlencoded", "scope="+long+"&x="+long)
	if got := curl(e, all); !strings.Contains(got, "'scope="+long+"'") || !strings.Contains(got, "'x="+long+"'") {
		t.Error("another form")
	}
}

// Behind what Show lays out of a request's body its answer follows. Revealing
// that reveals nothing of the request.
func TestCurlKeepsHiddenWhatCannotBeRevealed(t *testing.T) {
	e := sent("POST", "/links", "/links", "application/json", `{"x":[`+strings.Repeat("0,", inspect.MaxLines)+strings.Repeat("4711,", 100)+`0]}`)
	if got := curl(e, all); strings.Contains(got, "4711") || !strings.HasSuffix(got, `"[hidden]"]}'`) {
		t.Errorf("%.100s", got[len(got)-100:])
	}
	e = sent("POST", "/links", "/links", "text/plain", strings.Repeat("0\n", 200)+strings.Repeat("4711\n", 100))
	if got := curl(e, all); strings.Contains(got, "4711") || !strings.HasSuffix(got, "0\n"+strings.Repeat("[hidden]\n", 100)+"[hidden]'") {
		t.Errorf("%.100s", got[len(got)-100:])
	}
}
