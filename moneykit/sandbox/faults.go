package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong on purpose with the calls it matches. A
// call is hit by one fault: the first that was added, matches, and has times
// left. What goes wrong can be combined, except that a reset leaves only the
// latency. Spared are calls to /sandbox/faults, and to what does not exist.
type Fault struct {
	ID int `json:"id"`

	Operation string `json:"operation,omitempty"` // operationId of the contract, such as get_link; empty for all
	Method    string `json:"method,omitempty"`    // empty for all
	Path      string `json:"path,omitempty"`      // where * stands for one segment, such as /links/*/accounts; empty for all

	Status     int           `json:"status,omitempty"`      // of an error that is answered while the operation does not run
	ErrorCode  string        `json:"error_code,omitempty"`  // empty for one that the contract has for the status
	RetryAfter time.Duration `json:"retry_after,omitempty"` // sent in whole seconds; 1 s for status 429 if not given
	Latency    time.Duration `json:"latency,omitempty"`     // waited before all else, or until the request is given up

	Truncated       bool `json:"truncated,omitempty"`        // the connection is cut in the middle of the body
	Malformed       bool `json:"malformed,omitempty"`        // the body is complete but not JSON
	Reset           bool `json:"reset,omitempty"`            // the connection is reset; the operation does not run
	WrongTypes      bool `json:"wrong_types,omitempty"`      // the body is JSON whose values have other types
	EscapeSequences bool `json:"escape_sequences,omitempty"` // texts for people try to take over a terminal
	LoopingCursor   bool `json:"looping_cursor,omitempty"`   // the cursor leads to the same page for ever

	Times   int `json:"times,omitempty"` // how many calls it hits; 0 for all until it is removed
	Applied int `json:"applied"`         // how many calls it hit
}

// MarshalJSON writes the durations as Go does, such as "1.5s".
func (f Fault) MarshalJSON() ([]byte, error) {
	type plain Fault
	return json.Marshal(struct {
		plain
		RetryAfter duration `json:"retry_after,omitempty"`
		Latency    duration `json:"latency,omitempty"`
	}{plain(f), duration(f.RetryAfter), duration(f.Latency)})
}

// UnmarshalJSON reads what MarshalJSON writes. Unknown fields are an error, as
// a misspelt fault would go wrong in silence.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	fields := map[string]any{
		"id": &f.ID, "operation": &f.Operation, "method": &f.Method, "path": &f.Path,
		"status": &f.Status, "error_code": &f.ErrorCode,
		"retry_after": (*duration)(&f.RetryAfter), "latency": (*duration)(&f.Latency),
		"truncated": &f.Truncated, "malformed": &f.Malformed, "reset": &f.Reset,
		"wrong_types": &f.WrongTypes, "escape_sequences": &f.EscapeSequences, "looping_cursor": &f.LoopingCursor,
		"times": &f.Times, "applied": &f.Applied,
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field, known := fields[name]
		if !known {
			return wrongFault{name, "a fault has no such field"}
		}
		err := json.Unmarshal(values[name], field)
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrong):
			return wrongFault{name, "value is of the wrong type: " + wrong.Value}
		case err != nil:
			return wrongFault{name, err.Error()}
		}
	}
	return nil
}

// duration is a time that JSON has as a text.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalJSON reads a text, or a number of seconds.
func (d *duration) UnmarshalJSON(value []byte) error {
	text := string(value) + "s"
	if value[0] == '"' {
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
	}
	parsed, err := time.ParseDuration(text)
	*d = duration(parsed)
	return err
}

// wrongFault tells which field of a fault cannot be, and why.
type wrongFault struct{ field, reason string }

func (e wrongFault) Error() string { return e.field + ": " + e.reason }

// check returns what is wrong with a fault, or nil.
func (s *Sandbox) check(f Fault) error {
	sameID := func(rt route) bool { return rt.id == f.Operation }
	sameMethod := func(rt route) bool { return rt.method == f.Method }
	switch {
	case f.Operation != "" && !slices.ContainsFunc(s.routes, sameID):
		return wrongFault{"operation", fmt.Sprintf("%q is no operation of the contract", f.Operation)}
	case f.Method != "" && !slices.ContainsFunc(s.routes, sameMethod):
		return wrongFault{"method", fmt.Sprintf("no operation has the method %q", f.Method)}
	case f.Operation != "" && f.Method != "" && !slices.ContainsFunc(s.routes, func(rt route) bool { return sameID(rt) && sameMethod(rt) }):
		return wrongFault{"method", "the operation has another method"}
	case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
		return wrongFault{"path", "a path begins with a slash"}
	case strings.HasPrefix(f.Path, "/sandbox/") && !strings.HasPrefix(f.Path, "/sandbox/connect"):
		return wrongFault{"path", "of the controls, only /sandbox/connect can go wrong"}
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return wrongFault{"status", "ensure this value is from 400 to 599"}
	case f.ErrorCode != "" && f.Status == 0:
		return wrongFault{"error_code", "only a fault with a status has one"}
	case f.RetryAfter != 0 && f.Status == 0:
		return wrongFault{"retry_after", "only a fault with a status has one"}
	case f.RetryAfter < 0:
		return wrongFault{"retry_after", "ensure this value is not negative"}
	case f.Latency < 0:
		return wrongFault{"latency", "ensure this value is not negative"}
	case f.Times < 0:
		return wrongFault{"times", "ensure this value is not negative"}
	case f.Status == 0 && f.Latency == 0 && !f.Reset && !f.Truncated && !f.spoils():
		return wrongFault{"status", "nothing goes wrong: give a status or another effect"}
	}
	return nil
}

// matches tells whether the fault is meant for a call.
func (f *Fault) matches(rt route, r *http.Request) bool {
	return (f.Operation == "" || f.Operation == rt.id) &&
		(f.Path != "" || rt.id != "") && // the Sandbox's own calls are only hit when named
		(f.Method == "" || f.Method == rt.method) &&
		(f.Path == "" || matchPath(f.Path, r.URL.EscapedPath()))
}

// matchPath holds a path against a pattern segment by segment.
func matchPath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(want, got string) bool { return want == "*" || want == got })
}

// faultList is what goes wrong on purpose, in the order of being added.
type faultList struct {
	list  []Fault
	added int
}

// faultsKept is how many faults there can be.
const faultsKept = 1000

// AddFault makes calls go wrong from now on. It returns the fault with its id,
// or an error that names the field that is wrong.
func (s *Sandbox) AddFault(f Fault) (Fault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.addFault(f)
	if err != nil {
		return Fault{}, fmt.Errorf("sandbox: fault: %w", err)
	}
	return f, nil
}

func (s *Sandbox) addFault(f Fault) (Fault, error) {
	if err := s.check(f); err != nil {
		return Fault{}, err
	}
	if f.Status == http.StatusTooManyRequests && f.RetryAfter == 0 {
		f.RetryAfter = time.Second
	}
	if len(s.faults.list) >= faultsKept { // those with no times left are of no more use
		s.faults.list = slices.DeleteFunc(s.faults.list, func(f Fault) bool { return f.Times > 0 && f.Applied >= f.Times })
	}
	if len(s.faults.list) >= faultsKept {
		return Fault{}, wrongFault{"times", "there are " + strconv.Itoa(faultsKept) + " faults already; remove some"}
	}
	s.faults.added++
	f.ID, f.Applied = s.faults.added, 0
	s.faults.list = append(s.faults.list, f)
	s.countFaults()
	return f, nil
}

// Faults returns all faults in the order of being added, also those that have no
// times left.
func (s *Sandbox) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults.list)
}

// ActiveFaults counts the faults that have times left. It never waits for
// anything else to be done.
func (s *Sandbox) ActiveFaults() int { return int(s.active.Load()) }

// countFaults keeps ActiveFaults right.
func (s *Sandbox) countFaults() {
	n := 0
	for _, f := range s.faults.list {
		if f.Times == 0 || f.Applied < f.Times {
			n++
		}
	}
	s.active.Store(int64(n))
}

// RemoveFault removes a fault, and tells whether there was one of that id.
func (s *Sandbox) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removeFault(id)
}

// ClearFaults removes all faults.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearFaults()
}

func (s *Sandbox) clearFaults() {
	s.faults.list = nil
	s.countFaults()
}

func (s *Sandbox) removeFault(id int) bool {
	before := len(s.faults.list)
	s.faults.list = slices.DeleteFunc(s.faults.list, func(f Fault) bool { return f.ID == id })
	s.countFaults()
	return len(s.faults.list) < before
}

// strike counts and returns the fault that hits a call, or returns nil.
func (s *Sandbox) strike(rt route, r *http.Request) *Fault {
	if strings.HasPrefix(rt.pattern, "/sandbox/") && !strings.HasPrefix(rt.pattern, "/sandbox/connect") {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults.list {
		f := &s.faults.list[i]
		if f.matches(rt, r) && (f.Times == 0 || f.Applied < f.Times) {
			f.Applied++
			s.countFaults()
			hit := *f
			return &hit
		}
	}
	return nil
}

type faultsAnswer struct {
	Faults []Fault `json:"faults"`
}

func (s *Sandbox) getFaults(*call) (any, error) {
	return faultsAnswer{append([]Fault{}, s.faults.list...)}, nil
}

func (s *Sandbox) postFault(c *call) (any, error) {
	var f Fault
	err := json.Unmarshal(c.body, &f)
	if err == nil {
		f, err = s.addFault(f)
	}
	var wrong wrongFault
	switch {
	case errors.As(err, &wrong):
		return nil, invalid(bodyError(wrong.reason, "value_error", wrong.field))
	case err != nil:
		return nil, invalid(bodyError("the body is not the JSON expected here", "value_error.jsondecode"))
	}
	return f, nil
}

func (s *Sandbox) deleteFaults(*call) (any, error) {
	s.clearFaults()
	return nil, nil
}

func (s *Sandbox) deleteFault(c *call) (any, error) {
	id, err := strconv.Atoi(c.PathValue("id"))
	if err != nil || !s.removeFault(id) {
		return nil, fail(http.StatusNotFound, "api_error.request.not_found", "There is no such fault.")
	}
	return nil, nil
}
