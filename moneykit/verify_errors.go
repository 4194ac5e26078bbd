package moneykit

// WebhookFault says why a webhook was not taken. The constants serve as
// sentinels: errors.Is(err, moneykit.WebhookTooOld).
type WebhookFault string

// The faults of a webhook. All but WebhookKeysUnavailable and WebhookUnreadable
// mean that what came should not be believed. WebhookKeysUnavailable says
// nothing of the webhook: a server answers it with a status in the 500s, and
// MoneyKit sends the webhook again.
const (
	// WebhookUnsigned means no header MoneyKit-Signature, or several.
	WebhookUnsigned WebhookFault = "the webhook does not carry exactly one signature"
	// WebhookMalformed means that the signature is not the JWT that it should
	// be: its form, its key id or its claims are wrong or missing.
	WebhookMalformed WebhookFault = "the webhook's signature does not have the form it should have"
	// WebhookWrongAlgorithm means an algorithm other than ES256.
	WebhookWrongAlgorithm WebhookFault = "the webhook is signed with an algorithm other than ES256"
	// WebhookUnknownKey means that MoneyKit does not list the key.
	WebhookUnknownKey WebhookFault = "the webhook is signed with a key that MoneyKit does not list"
	// WebhookKeysUnavailable means that MoneyKit's keys could not be fetched.
	WebhookKeysUnavailable WebhookFault = "the keys to verify the webhook with could not be fetched"
	// WebhookBadSignature means that the key did not make the signature.
	WebhookBadSignature WebhookFault = "the webhook's signature is wrong"
	// WebhookTooOld means that it was signed more than WebhookMaxAge ago.
	WebhookTooOld WebhookFault = "the webhook was signed too long ago"
	// WebhookFromFuture means that by this clock it is not signed yet.
	WebhookFromFuture WebhookFault = "the webhook was signed in the future"
	// WebhookBodyMismatch means that the signature is that of another body.
	WebhookBodyMismatch WebhookFault = "the webhook's body is not the one that was signed"
	// WebhookUnreadable means that the body is not an event.
	WebhookUnreadable WebhookFault = "the webhook's body is not an event"
)

// Error makes the fault usable as a target of errors.Is.
func (f WebhookFault) Error() string { return string(f) }

// WebhookError says why a webhook was not taken. Its text tells nothing of the
// signature or the body.
type WebhookError struct {
	Fault WebhookFault
	Err   error // nil when Fault says it all
}

func (e *WebhookError) Error() string {
	s := "moneykit: " + string(e.Fault)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *WebhookError) Unwrap() error { return e.Err }

// Is matches the error's fault.
func (e *WebhookError) Is(target error) bool {
	fault, ok := target.(WebhookFault)
	return ok && fault == e.Fault
}
