package inspect

import (
	"net/url"
	"strings"
)

// indent is what query parameters and members of objects are set in by.
const indent = "  "

// addressLines returns the method and the path in one line, and each query
// parameter in one of its own.
func addressLines(e Entry) []Line {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" {
		return []Line{{Kind: Text, Before: e.Method + " ", Value: e.URL, Hidden: true}}
	}
	line := pathLine(u.EscapedPath(), e.Route)
	line.Before = e.Method + " " + u.Scheme + "://" + u.Host + line.Before
	lines := []Line{line}
	mark := "?"
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if pair != "" {
			lines = append(lines, parameterLine(mark, pair))
			mark = "&"
		}
	}
	return lines
}

// pathLine hides the parts of path that stand for a private {…} of route, and
// all of a path that is not the route's. A base URL may put parts before it.
func pathLine(path, route string) Line {
	parts, template := strings.Split(path, "/"), strings.Split(route, "/")
	offset := len(parts) - len(template)
	if offset < 0 || !strings.HasPrefix(route, "/") {
		return Line{Kind: Text, Value: path, Hidden: true}
	}
	first, last := len(parts), 0
	for i := 1; i < len(template); i++ {
		part := template[i]
		switch {
		case !strings.HasPrefix(part, "{") && part != parts[offset+i]:
			return Line{Kind: Text, Value: path, Hidden: true}
		case strings.HasPrefix(part, "{") && !allowedPart(route, part):
			first, last = min(first, offset+i), offset+i
		}
	}
	if first == len(parts) {
		return Line{Kind: Text, Before: path}
	}
	line := Line{Kind: Text, Hidden: true, Value: strings.Join(parts[first:last+1], "/")}
	line.Before = strings.Join(parts[:first], "/") + "/"
	if last+1 < len(parts) {
		line.After = "/" + strings.Join(parts[last+1:], "/")
	}
	return line
}

// parameterLine shows a query parameter as it was sent, escapes included.
func parameterLine(mark, pair string) Line {
	name, value, found := strings.Cut(pair, "=")
	switch {
	case !found || !plainName(name):
		return Line{Kind: Text, Before: indent + mark, Value: pair, Hidden: true}
	case allowedParameter(name):
		return Line{Kind: Text, Before: indent + mark + pair}
	}
	return Line{Kind: Text, Before: indent + mark + name + "=", Value: value, Hidden: true}
}

// plainName reports whether s is a name such as MoneyKit gives to parameters.
// Anything else could be a value.
func plainName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}
