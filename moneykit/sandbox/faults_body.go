package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// serveFaulty answers a call that a fault hits.
func (s *Sandbox) serveFaulty(f *Fault, rt route, w http.ResponseWriter, c *call) {
	message := "fault " + strconv.Itoa(f.ID)
	if !wait(c.Context(), f.Latency) || f.Reset {
		s.answered(rt, c, 0, message)
		reset(w)
		return
	}
	out := &reply{header: w.Header()}
	if f.Status != 0 {
		write(out, 0, nil, f.problem(rt, c))
	} else {
		answer, err := s.run(rt, c)
		write(out, rt.status, answer, err)
	}
	text := out.body.Bytes()
	if len(text) > 0 {
		if f.spoils() {
			text = s.spoil(f, rt, c, text)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	}
	w.WriteHeader(out.status)
	if f.Truncated {
		text = text[:len(text)/2] // a server cuts the connection when the length is not kept
	}
	_, _ = w.Write(text)
	s.answered(rt, c, out.status, message)
}

// wait tells whether the time passed before the request was given up.
func wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reset ends the connection of a call without an answer.
func reset(w http.ResponseWriter) {
	if inProcess, ok := w.(*reply); ok {
		inProcess.reset = true
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that closing sends a reset
	}
	_ = conn.Close()
}

// problem is the error that is answered in place of running the operation.
func (f *Fault) problem(rt route, c *call) error {
	const message = "This error is a fault that was added on purpose."
	code := cmp.Or(f.ErrorCode, documentedCode(rt.id, f.Status))
	var p *problem
	switch {
	case rt.id == "":
		p = refusal(code, message)
	case code == "link_error.bad_state":
		p = badState(message, authExpired)
	case code == "api_error.request.validation_failed":
		p = invalid(bodyError(message, "value_error"))
	default:
		p = fail(f.Status, code, message)
	}
	p.status, p.retryAfter = f.Status, f.RetryAfter
	return signed(c, p)
}

// documentedCode is the error code that the contract has for an operation and a
// status, or a plain one where it has none.
func documentedCode(operation string, status int) string {
	if operation == "" {
		return "system_error" // in the words of Connect
	}
	switch status {
	case http.StatusBadRequest:
		switch operation {
		case "create_access_token":
			return "api_error.auth.unauthorized"
		case "exchange_token":
			return "link_session_error.invalid_token_exchange"
		case "trigger_test_link_webhook_event":
			return "link_error.bad_config"
		}
	case http.StatusUnauthorized:
		return "api_error.auth.unauthorized"
	case http.StatusForbidden:
		if operation == "create_link_session" {
			return "link_session_error.forbidden_config"
		}
		return "link_error.forbidden_action"
	case http.StatusNotFound:
		if operation == "get_institution" || operation == "get_institutions" {
			return "institution_error.not_found"
		}
		return "link_error.not_found"
	case http.StatusGone:
		return "link_error.deleted"
	case http.StatusUnprocessableEntity:
		switch operation {
		case "create_link_session", "exchange_token", "import_link", "import_transactions":
			return "api_error.request.validation_failed"
		}
		return "link_error.bad_state"
	case http.StatusTooManyRequests:
		return "api_error.rate_limit_exceeded"
	}
	if status >= http.StatusInternalServerError {
		return "api_error.internal"
	}
	return "api_error.bad_request"
}

// spoils tells whether the fault changes the text of an answer.
func (f *Fault) spoils() bool {
	return f.Malformed || f.WrongTypes || f.EscapeSequences || f.LoopingCursor
}

// spoil changes the text of an answer. Numbers it keeps to the letter, since
// they are money.
func (s *Sandbox) spoil(f *Fault, rt route, c *call, text []byte) []byte {
	var body map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		panic(err) // every answer is a JSON object
	}
	if f.LoopingCursor {
		s.loop(body, rt.id, c.URL.Query().Get("cursor"))
	}
	if f.EscapeSequences {
		escape(body, false)
	}
	if f.WrongTypes {
		for name, value := range body {
			body[name] = otherType(value)
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // it was read from JSON
	}
	if f.Malformed {
		text = text[:len(text)/2]
	}
	return text
}

// loop makes a page of a list lead to itself. Where there is no next page, it
// leads to the first.
func (s *Sandbox) loop(body map[string]any, operation, asked string) {
	page, name, first := body, "next", ""
	switch operation {
	case "get_links":
		name, first = "next_cursor", s.cursor("links", 0)
	case "get_institutions":
		page, _ = body["cursors"].(map[string]any)
		first = s.cursor("institutions", 0)
	case "get_transactions_sync":
		page, _ = body["cursor"].(map[string]any)
	}
	next, paged := page[name]
	if !paged {
		return
	}
	given, _ := next.(string)
	page[name] = cmp.Or(asked, given, first)
	if _, told := body["has_more"]; told {
		body["has_more"] = true
	}
}

// escape puts what a terminal must not be told around texts for people: clear
// the screen, name the window, turn the writing round, ring the bell.
func escape(value any, forPeople bool) any {
	switch value := value.(type) {
	case string:
		if forPeople {
			return "\x1b[2J\x1b]0;taken over\a\u202e" + value + "\a"
		}
	case []any:
		for i := range value {
			value[i] = escape(value[i], forPeople)
		}
	case map[string]any:
		for name := range value {
			value[name] = escape(value[name], isForPeople(name))
		}
	}
	return value
}

// isForPeople tells whether a field holds text that someone wrote to be read.
func isForPeople(name string) bool {
	switch name {
	case "name", "names", "institution_name", "nickname", "app_name", "client_name",
		"description", "raw_description", "error_message", "displayed_message", "message", "prompt",
		"street", "city", "region", "link_tags", "tags":
		return true
	}
	return false
}

// otherType replaces a value and all in it by values of other types. What is
// null stays so.
func otherType(value any) any {
	switch value := value.(type) {
	case string:
		return true
	case bool:
		return strconv.FormatBool(value)
	case json.Number:
		return value.String()
	case []any:
		object := map[string]any{}
		for i, item := range value {
			object[strconv.Itoa(i)] = otherType(item)
		}
		return object
	case map[string]any:
		list := []any{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			list = append(list, otherType(value[name]))
		}
		return list
	}
	return nil
}
