package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// problem is an answer other than success, in the shape of the API's errors.
type problem struct {
	status     int
	retryAfter time.Duration // sent as a header when positive
	body       any
}

func (p *problem) Error() string { return fmt.Sprintf("%d: %v", p.status, p.body) }

// errorBody is what all errors of the API have in common.
type errorBody struct {
	Code             string  `json:"error_code"`
	Message          string  `json:"error_message"`
	DocumentationURL *string `json:"documentation_url"`
}

type badStateBody struct {
	errorBody
	LinkErrorCode string `json:"link_error_code"`
}

type validationBody struct {
	errorBody
	Errors []validationError `json:"validation_errors"`
}

// validationError points at one value of a request that is out of bounds.
type validationError struct {
	Location []string `json:"location"`
	Message  string   `json:"message"`
	Type     string   `json:"type"`
}

func fail(status int, code, message string) *problem {
	return &problem{status: status, body: errorBody{Code: code, Message: message}}
}

func unauthorized(message string) *problem {
	return fail(http.StatusUnauthorized, "api_error.auth.unauthorized", message)
}

func tokenExpired() *problem {
	return fail(http.StatusUnauthorized, "api_error.auth.expired_access_token", "Access token expired")
}

func linkNotFound() *problem {
	return fail(http.StatusNotFound, "link_error.not_found", "Link not found.")
}

func linkDeleted() *problem {
	return fail(http.StatusGone, "link_error.deleted", "This link was deleted at some earlier time.")
}

func forbidden(message string) *problem {
	return fail(http.StatusForbidden, "link_error.forbidden_action", message)
}

func badState(message, linkErrorCode string) *problem {
	return &problem{status: http.StatusUnprocessableEntity, body: badStateBody{
		errorBody:     errorBody{Code: "link_error.bad_state", Message: message},
		LinkErrorCode: linkErrorCode,
	}}
}

func rateLimited(message string, retryAfter time.Duration) *problem {
	p := fail(http.StatusTooManyRequests, "api_error.rate_limit_exceeded", message)
	p.retryAfter = retryAfter
	return p
}

// invalid refuses a request for the values the errors point at.
func invalid(errs ...validationError) *problem {
	return &problem{status: http.StatusUnprocessableEntity, body: validationBody{
		errorBody: errorBody{Code: "api_error.request.validation_failed", Message: "Request validation error"},
		Errors:    errs,
	}}
}

// pointer tells the first value of a body that an error points at, if any.
func pointer(err error) string {
	var p *problem
	if !errors.As(err, &p) {
		return ""
	}
	wrong, ok := p.body.(validationBody)
	if !ok || len(wrong.Errors[0].Location) < 2 {
		return ""
	}
	return ": " + strings.Join(wrong.Errors[0].Location[1:], ".") + ": " + wrong.Errors[0].Message
}

// seconds writes a wait for the Retry-After header, rounded up so that waiting
// that long is enough.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10)
}

func accountNotFound() *problem {
	return fail(http.StatusNotFound, "link_error.not_found", "The link has no such account.")
}
