package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"till/moneykit"
)

// What a Log keeps of an exchange besides its bodies, in bytes. Nearly all of
// it is the server's to choose.
const (
	maxFields    = 64 << 10 // of the headers of one message
	perField     = 64       // what a header weighs besides its text, or so
	maxURL       = 8 << 10
	maxRequestID = 200
	maxCode      = 100
	maxCoded     = 64 << 10 // bodies above are not searched for an error code
)

// Entry is an exchange with its place in a Log.
type Entry struct {
	Number uint64 // counts from 1 for the life of the log; 0 in no log
	moneykit.Exchange
	BodiesGone bool // they made room for those of newer entries

	code                   string // MoneyKit's error code
	headersGone            bool   // they made room for those of newer entries
	lostSent, lostReceived int    // bytes of the headers that were too much
}

// newEntry returns what a Log keeps of e. What is cut it copies: others may
// have e too.
func newEntry(e moneykit.Exchange) Entry {
	entry := Entry{Exchange: e, code: errorCode(e)}
	entry.Exchange.Sent, entry.Exchange.Received = entry.Sent(), entry.Received()
	entry.RequestBody, entry.ResponseBody = fitted(e.RequestBody), fitted(e.ResponseBody)
	entry.RequestHeader, entry.lostSent = keptHeader(e.RequestHeader)
	entry.ResponseHeader, entry.lostReceived = keptHeader(e.ResponseHeader)
	entry.URL, entry.RequestID = marked(e.URL, maxURL), marked(e.RequestID, maxRequestID)
	if e.Err != nil && len(e.Err.Error()) > maxValue {
		entry.Err = &cutError{marked(e.Err.Error(), maxValue), reason(e.Err)}
	}
	return entry
}

// Sent returns the size of the request's body on the wire, in bytes.
func (e Entry) Sent() int { return cmp.Or(e.Exchange.Sent, len(e.RequestBody)) }

// Received returns the size of what arrived of the answer's body, in bytes.
func (e Entry) Received() int { return cmp.Or(e.Exchange.Received, len(e.ResponseBody)) }

// Failed reports that no whole answer arrived, or another than success.
func (e Entry) Failed() bool {
	return e.Err != nil || e.Status < http.StatusOK || e.Status >= http.StatusMultipleChoices
}

// Retry returns how many attempts came before this one.
func (e Entry) Retry() int { return max(0, e.Attempt-1) }

// bodies, headers and texts weigh what the entry keeps, in bytes.
func (e *Entry) bodies() int  { return cap(e.RequestBody) + cap(e.ResponseBody) }
func (e *Entry) headers() int { return weight(e.RequestHeader) + weight(e.ResponseHeader) }
func (e *Entry) texts() int   { return len(e.URL) + len(e.RequestID) + len(e.code) }

func weight(header http.Header) (n int) {
	for name, values := range header {
		for _, value := range values {
			n += perField + len(name) + len(value)
		}
	}
	return n
}

// keptHeader copies the headers that there is room for, beginning with those
// that may be shown, and counts the bytes of what it leaves out.
func keptHeader(header http.Header) (kept http.Header, lost int) {
	if header == nil {
		return nil, 0
	}
	kept = http.Header{}
	room := maxFields
	for _, name := range allowedFirst(header) {
		for _, value := range header[name] {
			short := marked(value, maxValue)
			weight := perField + len(name) + len(short)
			if weight > room {
				lost += len(name) + len(value)
				continue
			}
			room -= weight
			kept[name] = append(kept[name], short)
			if short != value {
				lost += len(value) - len(short) + len(cutMark)
			}
		}
	}
	return kept, lost
}

func allowedFirst(header http.Header) []string {
	rank := func(name string) int {
		if canonical := http.CanonicalHeaderKey(name); canonical == "Authorization" || allowedHeader(canonical) {
			return 0
		}
		return 1
	}
	names := slices.Sorted(maps.Keys(header))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// fitted returns body without the room behind it, if that is much.
func fitted(body []byte) []byte {
	if cap(body) > len(body)+len(body)/8+2*bytes.MinRead {
		return bytes.Clone(body)
	}
	return body
}

// errorCode finds MoneyKit's code in a refusal.
func errorCode(e moneykit.Exchange) string {
	if e.Status < http.StatusBadRequest || len(e.ResponseBody) > maxCoded {
		return ""
	}
	var refusal struct {
		Code string `json:"error_code"`
	}
	_ = json.Unmarshal(e.ResponseBody, &refusal) // a proxy's page has none
	return marked(refusal.Code, maxCode)
}
