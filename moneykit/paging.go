package moneykit

import (
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// walk turns a cursor-paged operation into an iterator. A cursor that comes
// back would never end, so it is an error.
func walk[T any](route string, page func(cursor string) ([]T, string, Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{}
		for cursor := ""; ; {
			items, next, resp, err := page(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if seen[next] {
				yield(none, stuckCursor(route, resp))
				return
			}
			seen[next], cursor = true, next
		}
	}
}

// walkPages turns an operation with numbered pages into an iterator.
func walkPages[T any](page func(number int) (items []T, total int, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := 0
		for number := 1; ; number++ {
			items, total, err := page(number)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			seen += len(items)
			if len(items) == 0 || total > 0 && seen >= total {
				return
			}
		}
	}
}

func stuckCursor(route string, resp Response) error {
	return &ResponseError{
		Call:   Call{Method: http.MethodGet, Route: route, RequestID: resp.RequestID},
		Status: http.StatusOK, Reason: "the cursor does not advance",
	}
}

// query builds parameters from pairs of name and value; empty values are left
// out.
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// positive formats n, and "" for 0 or less, which leaves the choice to the server.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// pageOf is how operations with numbered pages are told which one.
func pageOf(number, size int, from, to Date) url.Values {
	return query("page", strconv.Itoa(number), "size", positive(size), "start_date", from.String(), "end_date", to.String())
}

// add gives a parameter as often as it has values.
func add[T ~string](params url.Values, name string, values []T) {
	for _, v := range values {
		params.Add(name, string(v))
	}
}
