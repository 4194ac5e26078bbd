package webhooks

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"till/moneykit"
)

// Delivery is one webhook as it came, and what was found out about it.
type Delivery struct {
	Number int       // the first is 1
	At     time.Time // when it came
	// Webhook is what the body says, nil when it cannot be read. Unless Verified,
	// anyone can have sent it.
	Webhook *moneykit.Webhook
	Token   string // MoneyKit-Delivery-Token
	Attempt int    // MoneyKit-Delivery-Attempt, 0 when it was not told

	// KeyID, SignedAt and Age are what the signature claims. Only the checks say
	// what is true of it.
	KeyID    string
	SignedAt time.Time
	Age      time.Duration

	Checks []Check // in the order in which they are made
	Err    error   // why it was not taken, nil when it was

	// Duplicate tells that a webhook with the same idempotency key was taken
	// before, first at First.
	Duplicate bool
	First     time.Time
	// OutOfOrder tells that a newer webhook of the same link, event and product was
	// taken before, one of the moment Newer.
	OutOfOrder bool
	Newer      time.Time

	Body []byte // as it came, cut when it is very long
	Size int    // of all of the body
}

// Verified reports whether MoneyKit sent the webhook and it was taken.
func (d *Delivery) Verified() bool { return d.Err == nil }

// Fault is why it was not taken, empty when it was.
func (d *Delivery) Fault() moneykit.WebhookFault {
	if e := (*moneykit.WebhookError)(nil); errors.As(d.Err, &e) {
		return e.Fault
	}
	return ""
}

// Outcome is what came of a check.
type Outcome string

// The outcomes of a check.
const (
	Passed     Outcome = "passed"
	Failed     Outcome = "failed"
	NotReached Outcome = "not reached" // nothing is known of it
)

// Check is one of the things that have to be right about a webhook.
type Check struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"`
}

// The checks, in the order in which the verifier makes them.
const (
	header = iota
	algorithm
	keyID
	signature
	age
	bodyHash
	readable
)

var checkNames = [...]string{
	header: "signature header", algorithm: "algorithm", keyID: "key id (kid)", signature: "signature",
	age: "age", bodyHash: "body hash", readable: "readable",
}

// faults says for each fault at which check it is found, and how a webhook that
// has it is answered.
var faults = map[moneykit.WebhookFault]struct{ check, status int }{
	moneykit.WebhookUnsigned:        {header, http.StatusUnauthorized},
	moneykit.WebhookMalformed:       {header, http.StatusUnauthorized},
	moneykit.WebhookWrongAlgorithm:  {algorithm, http.StatusUnauthorized},
	moneykit.WebhookUnknownKey:      {keyID, http.StatusUnauthorized},
	moneykit.WebhookKeysUnavailable: {keyID, http.StatusServiceUnavailable},
	moneykit.WebhookBadSignature:    {signature, http.StatusUnauthorized},
	moneykit.WebhookTooOld:          {age, http.StatusUnauthorized},
	moneykit.WebhookFromFuture:      {age, http.StatusUnauthorized},
	moneykit.WebhookBodyMismatch:    {bodyHash, http.StatusUnauthorized},
	moneykit.WebhookUnreadable:      {readable, http.StatusUnprocessableEntity},
}

// answer is the status for a webhook that has a fault.
func answer(fault moneykit.WebhookFault) int {
	return cmp.Or(faults[fault].status, http.StatusUnauthorized)
}

// checks tells what the verifier's verdict says of each check.
func checks(d *Delivery) []Check {
	all := make([]Check, len(checkNames))
	for i, name := range checkNames {
		all[i] = Check{Name: name, Outcome: Passed, Detail: detail(d, i)}
	}
	if d.Err == nil {
		return all
	}
	at := faults[d.Fault()].check
	for i := range all[at:] {
		all[at+i].Outcome, all[at+i].Detail = NotReached, ""
	}
	if d.Fault() != moneykit.WebhookKeysUnavailable { // which says nothing of the key
		all[at].Outcome = Failed
	}
	all[at].Detail = why(d, at)
	return all
}

// detail is what a check that passed was about.
func detail(d *Delivery, check int) string {
	switch check {
	case algorithm:
		return "ES256"
	case keyID:
		return d.KeyID
	case age:
		return "signed " + aged(d.Age)
	case bodyHash:
		return fmt.Sprintf("SHA-256 of %d bytes", d.Size)
	}
	return ""
}

// why is the reason why a check failed or was not made, with what it was about.
func why(d *Delivery, check int) string {
	reason := string(d.Fault())
	if e := (*moneykit.WebhookError)(nil); errors.As(d.Err, &e) && e.Err != nil {
		reason += ": " + e.Err.Error()
	}
	switch {
	case check == keyID && d.KeyID != "":
		return reason + " (" + d.KeyID + ")"
	case check == age && !d.SignedAt.IsZero():
		return reason + " (" + aged(d.Age) + ")"
	}
	return reason
}

// aged tells an age in a few characters.
func aged(d time.Duration) string {
	if d < 0 {
		return (-d).Round(time.Second).String() + " ahead"
	}
	return d.Round(time.Second).String() + " ago"
}

// maxClaims is the longest signature that is looked into.
const maxClaims = 8 << 10

// claimed reads what a signature says of itself, which proves nothing.
func claimed(signature string) (kid string, at time.Time) {
	parts := strings.Split(signature, ".")
	if len(parts) != 3 || len(signature) > maxClaims {
		return "", time.Time{}
	}
	var head struct {
		KeyID string `json:"kid"`
	}
	var claims struct {
		IssuedAt float64 `json:"iat"`
	}
	for i, into := range []any{&head, &claims} {
		if text, err := base64.RawURLEncoding.DecodeString(parts[i]); err == nil {
			_ = json.Unmarshal(text, into)
		}
	}
	if claims.IssuedAt > 0 && claims.IssuedAt < 1<<40 {
		at = time.Unix(int64(claims.IssuedAt), 0)
	}
	return short(head.KeyID), at
}

// short bounds a text of somebody else's.
func short(s string) string { return strings.ToValidUTF8(s[:min(len(s), 200)], "") }
