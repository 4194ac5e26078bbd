package moneykit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrorCode is the error_code of a MoneyKit error. The documented ones are
// constants that serve as sentinels: errors.Is(err, moneykit.LinkDeleted).
type ErrorCode string

// The error codes of the contract.
const (
	ExpiredAccessToken     ErrorCode = "api_error.auth.expired_access_token"
	Unauthorized           ErrorCode = "api_error.auth.unauthorized"
	RateLimitExceeded      ErrorCode = "api_error.rate_limit_exceeded"
	ValidationFailed       ErrorCode = "api_error.request.validation_failed"
	InstitutionNotFound    ErrorCode = "institution_error.not_found"
	LinkBadConfig          ErrorCode = "link_error.bad_config"
	LinkBadState           ErrorCode = "link_error.bad_state"
	LinkDeleted            ErrorCode = "link_error.deleted"
	LinkForbiddenAction    ErrorCode = "link_error.forbidden_action"
	LinkNotFound           ErrorCode = "link_error.not_found"
	LinkUnauthorizedAccess ErrorCode = "link_error.unauthorized_access"
	ForbiddenConfig        ErrorCode = "link_session_error.forbidden_config"
	InvalidTokenExchange   ErrorCode = "link_session_error.invalid_token_exchange"
)

// Error makes the code usable as a target of errors.Is.
func (c ErrorCode) Error() string { return string(c) }

// Error is MoneyKit's refusal of a request. Its texts are the server's own and
// have to be made safe before they are drawn.
type Error struct {
	Status int
	Code   ErrorCode // empty when the body was not MoneyKit's
	// Message explains the code in English.
	Message          string
	DocumentationURL string
	// LinkError says what is wrong with the link when Code is LinkBadState.
	LinkError  LinkError
	Validation []ValidationError
	// RetryAfter is how long the server asks to wait, 0 when it does not say.
	RetryAfter time.Duration
	Call
}

// ValidationError is one fault that the server found in a request.
type ValidationError struct {
	Location []Segment `json:"location"`
	Message  string    `json:"message"`
	Type     string    `json:"type"`
}

// Segment is a step on the way to a faulty field: a name or an index.
type Segment string

// UnmarshalJSON takes a string or an integer.
func (s *Segment) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = Segment(text)
		return nil
	}
	*s = Segment(b)
	return nil
}

// Call identifies a request in an error without giving away the ids in it.
type Call struct {
	Method    string
	Route     string // the path template, such as /links/{id}
	RequestID string // empty when no answer arrived
}

func (c Call) String() string {
	s := c.Method + " " + c.Route
	if c.RequestID != "" {
		s += " (request " + c.RequestID + ")"
	}
	return s
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "moneykit: %s: %d", e.Call, e.Status)
	for _, part := range []string{string(e.Code), e.Message, string(e.LinkError)} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	for _, v := range e.Validation {
		fmt.Fprintf(&b, "; %v: %s", v.Location, v.Message)
	}
	return b.String()
}

// Is matches the error's code. A 429 is RateLimitExceeded whoever sent it.
func (e *Error) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && (code == e.Code || code == RateLimitExceeded && e.Status == http.StatusTooManyRequests)
}

// ConnectionError says that no answer arrived: no network, a refused
// connection, a deadline that passed or a caller that gave up.
type ConnectionError struct {
	Call
	Err error
}

func (e *ConnectionError) Error() string {
	return fmt.Sprintf("moneykit: %s: no answer: %v", e.Call, e.Err)
}

func (e *ConnectionError) Unwrap() error { return e.Err }

// ResponseError says that an answer arrived and made no sense: malformed JSON,
// a body cut short or too large, a redirect, a cursor that does not advance.
type ResponseError struct {
	Call
	Status int
	Reason string
	Err    error // nil when Reason says it all

	brokeOff bool // the connection was lost in the middle of it
}

func (e *ResponseError) Error() string {
	s := fmt.Sprintf("moneykit: %s: %s", e.Call, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *ResponseError) Unwrap() error { return e.Err }

// RequestID finds the request id in err, or returns "".
func RequestID(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.RequestID
	}
	if e := (*ResponseError)(nil); errors.As(err, &e) {
		return e.RequestID
	}
	return ""
}

func newConnectionError(call Call, err error) error {
	if e := (*ResponseError)(nil); errors.As(err, &e) {
		return e // there was an answer, though not all of it
	}
	return &ConnectionError{Call: call, Err: bare(err)}
}

// bare drops the URL that net/http puts into its errors: the ids in it are
// secrets of the backend.
func bare(err error) error {
	for withURL := (*url.Error)(nil); errors.As(err, &withURL); {
		err = withURL.Err // one may hold another
	}
	return err
}

func newError(call Call, status int, header http.Header, body []byte, now time.Time) error {
	if status < 400 {
		return &ResponseError{Call: call, Status: status, Reason: fmt.Sprintf("unexpected status %d", status)}
	}
	var wire struct {
		Code             ErrorCode         `json:"error_code"`
		Message          string            `json:"error_message"`
		DocumentationURL string            `json:"documentation_url"`
		LinkError        LinkError         `json:"link_error_code"`
		Validation       []ValidationError `json:"validation_errors"`
	}
	// A proxy's HTML page leaves the fields empty; the status still tells.
	_ = json.Unmarshal(body, &wire)
	if wire.Message == "" {
		wire.Message = http.StatusText(status)
	}
	return &Error{
		Status: status, Code: wire.Code, Message: wire.Message, DocumentationURL: wire.DocumentationURL,
		LinkError: wire.LinkError, Validation: wire.Validation, RetryAfter: retryAfter(header, now), Call: call,
	}
}

// retryAfter reads both forms of the header.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, math.MaxInt64/int64(time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
