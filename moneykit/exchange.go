package moneykit

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Exchange is one request as it went over the wire and what came back. A call
// makes one for each attempt.
//
// Access tokens and client secrets are not in it: they read [redacted]. All
// else is as it was sent and received, other people's data included, and is
// the observer's to protect.
type Exchange struct {
	Call
	ClientID string // of the key pair that asked
	BaseURL  string // of the server that was asked
	At       time.Time
	Duration time.Duration // until the whole answer was read
	Attempt  int           // 1 for the first
	URL      string        // with the ids that Route leaves out

	RequestHeader  http.Header
	RequestBody    []byte
	Status         int // 0 when no answer arrived
	ResponseHeader http.Header
	ResponseBody   []byte // what arrived of it; nil when it was larger than 32 MB
	Err            error  // why no answer arrived, or not all of it

	Sent, Received int // bytes of the bodies, what was compressed counted as it is without
}

// Format prints what identifies the exchange and nothing of what it carried,
// whatever the verb.
func (e Exchange) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s: %d", e.Call, e.Status)
}

// LogValue logs what identifies the exchange and nothing of what it carried.
func (e Exchange) LogValue() slog.Value { return slog.GroupValue(e.attrs()...) }

func (e Exchange) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", e.Method), slog.String("route", e.Route), slog.Int("status", e.Status),
		slog.Duration("duration", e.Duration), slog.Int("attempt", e.Attempt), slog.String("request_id", e.RequestID),
		slog.Int("sent", e.Sent), slog.Int("received", e.Received),
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}

func (e Exchange) level() slog.Level {
	if e.Err != nil || e.Status >= http.StatusBadRequest {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}
