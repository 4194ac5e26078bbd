package moneykit

import (
	"bytes"
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDrift is how many different findings a report keeps.
const maxDrift = 500

// DriftKind tells findings of a [DriftReport] apart.
type DriftKind string

// The kinds of drift.
const (
	UnknownField DriftKind = "field"
	UnknownCase  DriftKind = "enum case"
)

// Drift is something that answers held and the contract does not know. It never
// holds a value.
type Drift struct {
	Kind      DriftKind
	Operation string // method and path template
	Field     string // where in the answer, such as transactions.created[].mood
	Shape     string // what stood there with every letter as a and every digit as 9
	Count     int
	First     time.Time
	Last      time.Time
	RequestID string // of the last answer that held it
}

// DriftReport counts what the contract does not know of. It is safe for
// concurrent use, and several clients may share one.
type DriftReport struct {
	mu    sync.Mutex
	found map[driftKey]*Drift
}

type driftKey struct {
	kind             DriftKind
	operation, field string
}

// NewDriftReport returns an empty report.
func NewDriftReport() *DriftReport { return &DriftReport{} }

// Found lists the findings, the newest first. After 500 different ones no more
// are taken up.
func (r *DriftReport) Found() []Drift {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := make([]Drift, 0, len(r.found))
	for _, d := range r.found {
		found = append(found, *d)
	}
	slices.SortFunc(found, func(a, b Drift) int {
		return cmp.Or(b.First.Compare(a.First), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Field, b.Field), cmp.Compare(a.Kind, b.Kind))
	})
	return found
}

func (r *DriftReport) add(d Drift) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := driftKey{d.Kind, d.Operation, d.Field}
	if r.found == nil {
		r.found = map[driftKey]*Drift{}
	}
	known := r.found[key]
	if known == nil {
		if len(r.found) == maxDrift {
			return
		}
		known = &d
		known.First = d.Last
		r.found[key] = known
	}
	known.Count++
	known.Shape, known.Last, known.RequestID = d.Shape, d.Last, d.RequestID
}

// look walks a decoded answer.
func (r *DriftReport) look(operation, requestID string, now time.Time, answer any) {
	v := reflect.ValueOf(answer).Elem()
	s := shapeOf(v.Type())
	if s == nil {
		return
	}
	s.walk(v, make([]string, 0, 16), func(kind DriftKind, path []string, shape string) {
		r.add(Drift{
			Kind: kind, Operation: operation, Field: strings.Join(path, "."), Shape: shape, Last: now, RequestID: requestID,
		})
	})
}

// lookAt finds an error code that is not documented.
func (r *DriftReport) lookAt(call Call, err error, now time.Time) {
	refused := (*Error)(nil)
	if !errors.As(err, &refused) || refused.Code == "" || documented(reflect.TypeFor[ErrorCode](), string(refused.Code)) {
		return
	}
	r.add(Drift{
		Kind: UnknownCase, Operation: call.Method + " " + call.Route, Field: "error_code",
		Shape: shapeOfText(string(refused.Code)), Last: now, RequestID: call.RequestID,
	})
}

// isEnum reports whether t is an enum of the contract.
func isEnum(t reflect.Type) bool { return vocabulary[t] != nil }

// documented reports whether the contract has a case of an enum.
func documented(enum reflect.Type, c string) bool { return slices.Contains(vocabulary[enum], c) }

// shapeOfJSON describes a value without telling it.
func shapeOfJSON(v jsontext.Value) string {
	switch v.Kind() {
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array of " + shapeOfFirst(v)
	case jsontext.KindString:
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "string"
		}
		return "string " + shapeOfText(string(text))
	case jsontext.KindNumber:
		return "number " + shapeOfText(string(v))
	case jsontext.KindTrue, jsontext.KindFalse:
		return "boolean"
	}
	return "null"
}

// shapeOfFirst describes the first element of an array.
func shapeOfFirst(array jsontext.Value) string {
	d := jsontext.NewDecoder(bytes.NewReader(array), tolerant)
	if _, err := d.ReadToken(); err != nil {
		return "?"
	}
	switch d.PeekKind() {
	case jsontext.KindEndArray:
		return "nothing"
	case jsontext.KindBeginArray:
		return "arrays" // and so on, perhaps thousands deep
	}
	first, err := d.ReadValue()
	if err != nil {
		return "?"
	}
	return shapeOfJSON(first)
}

// shapeOfText puts a for every letter and 9 for every digit.
func shapeOfText(s string) string {
	const longest = 24
	var b strings.Builder
	count := 0
	for _, c := range s {
		if count++; count > longest {
			b.WriteString("…")
			break
		}
		switch {
		case c >= '0' && c <= '9':
			b.WriteByte('9')
		case strings.ContainsRune(" -_.:/+@", c):
			b.WriteRune(c)
		default:
			b.WriteByte('a')
		}
	}
	return b.String()
}
