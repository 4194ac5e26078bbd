package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// parameters reads a query's values and collects what is wrong with them.
type parameters struct {
	values url.Values
	errs   []validationError
}

func queryOf(c *call) *parameters { return &parameters{values: c.URL.Query()} }

func (p *parameters) refuse(name, message, kind string) {
	p.errs = append(p.errs, validationError{Location: []string{"query", name}, Message: message, Type: kind})
}

// problem is what the request is refused with, or nil.
func (p *parameters) problem() error {
	if len(p.errs) == 0 {
		return nil
	}
	return invalid(p.errs...)
}

// integer reads a whole number from low to high; high 0 means no upper bound.
func (p *parameters) integer(name string, fallback, low, high int) int {
	if !p.values.Has(name) {
		return fallback
	}
	n, err := strconv.Atoi(p.values.Get(name))
	switch {
	case err != nil:
		p.refuse(name, "value is not a valid integer", "type_error.integer")
	case n < low:
		p.refuse(name, fmt.Sprintf("ensure this value is greater than or equal to %d", low), "value_error.number.not_ge")
	case high > 0 && n > high:
		p.refuse(name, fmt.Sprintf("ensure this value is less than or equal to %d", high), "value_error.number.not_le")
	default:
		return n
	}
	return fallback
}

// date reads a day as YYYY-MM-DD, or returns the zero time when the query has
// none.
func (p *parameters) date(name string) time.Time {
	if !p.values.Has(name) {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, p.values.Get(name))
	if err != nil {
		p.refuse(name, "invalid date format", "value_error.date")
	}
	return day
}

// boolean reads true or false; set tells whether the query has it.
func (p *parameters) boolean(name string) (value, set bool) {
	if !p.values.Has(name) {
		return false, false
	}
	value, err := strconv.ParseBool(p.values.Get(name))
	if err != nil {
		p.refuse(name, "value could not be parsed to a boolean", "type_error.bool")
		return false, false
	}
	return value, true
}

// set reads a repeated parameter as a set, or nil when the query has none.
func (p *parameters) set(name string) map[string]bool {
	if !p.values.Has(name) {
		return nil
	}
	set := map[string]bool{}
	for _, v := range p.values[name] {
		set[v] = true
	}
	return set
}

// cursor reads an opaque cursor made by [Sandbox.cursor] for the same scope.
// Without one in the query it returns nil.
func (p *parameters) cursor(s *Sandbox, scope string, count int) []int {
	text := p.values.Get("cursor")
	if text == "" {
		return nil
	}
	numbers, err := s.parseCursor(scope, text)
	if err != nil || len(numbers) != count {
		p.refuse("cursor", "the cursor is not one that was handed out here", "value_error.cursor")
		return nil
	}
	return numbers
}

// cursor hides positions in an opaque text that only fits its own scope.
func (s *Sandbox) cursor(scope string, positions ...int) string {
	var plain strings.Builder
	for _, n := range positions {
		plain.WriteString(strconv.Itoa(n))
		plain.WriteByte('.')
	}
	plain.WriteString(s.cursorSum(scope, plain.String()))
	return base64.RawURLEncoding.EncodeToString([]byte(plain.String()))
}

func (s *Sandbox) parseCursor(scope, text string) ([]int, error) {
	plain, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	cut := bytes.LastIndexByte(plain, '.') + 1
	if string(plain[cut:]) != s.cursorSum(scope, string(plain[:cut])) {
		return nil, errors.New("cursor of another scope")
	}
	var numbers []int
	for field := range strings.SplitSeq(strings.TrimSuffix(string(plain[:cut]), "."), ".") {
		n, err := strconv.ParseUint(field, 10, 31)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, int(n))
	}
	return numbers, nil
}

func (s *Sandbox) cursorSum(scope, plain string) string {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%d/%s/%s", s.seed, scope, plain)
	return strconv.FormatUint(hash.Sum64(), 36)
}

func bodyError(message, kind string, field ...string) validationError {
	return validationError{Location: append([]string{"body"}, field...), Message: message, Type: kind}
}

// decode reads the request's JSON body, which must be one value and no more.
// What it does not know is left out, as the API does.
func decode(c *call, into any) error {
	return decodeWith(json.NewDecoder(bytes.NewReader(c.body)), into)
}

// decodeStrictly refuses what it does not know: in a test, that is a slip.
func decodeStrictly(c *call, into any) error {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.DisallowUnknownFields()
	return decodeWith(dec, into)
}

func decodeWith(dec *json.Decoder, into any) error {
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more than one JSON value")
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return invalid(bodyError("value is of the wrong type: "+wrong.Value, "type_error", strings.Split(wrong.Field, ".")...))
	}
	if err != nil && strings.HasPrefix(err.Error(), unknownField) {
		return invalid(bodyError("there is no such field", "value_error.extra", strings.Trim(strings.TrimPrefix(err.Error(), unknownField), `"`)))
	}
	return invalid(bodyError("the body is not the JSON expected here", "value_error.jsondecode"))
}

// unknownField begins what encoding/json says of a field it does not know, for
// which it has no type of error.
const unknownField = "json: unknown field "

// length checks the bounds of a text in a body, counted in characters.
func length(errs []validationError, value string, low, high int, field ...string) []validationError {
	n := len([]rune(value))
	if n < low {
		return append(errs, bodyError(fmt.Sprintf("ensure this value has at least %d characters", low), "value_error.any_str.min_length", field...))
	}
	if n > high {
		return append(errs, bodyError(fmt.Sprintf("ensure this value has at most %d characters", high), "value_error.any_str.max_length", field...))
	}
	return errs
}
