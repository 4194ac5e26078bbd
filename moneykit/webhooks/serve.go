package webhooks

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"till/moneykit"
)

const (
	// maxBody is the longest webhook that is read, in bytes. MoneyKit's are of
	// about 500.
	maxBody = 1 << 20
	// maxShown is how much of a body is kept for who looks at it.
	maxShown = 16 << 10
	// maxKept is how many deliveries are kept.
	maxKept = 1000
)

// serve takes one request. What is not posted to the receiver's own address is
// refused before its body is read.
func (r *Receiver) serve(w http.ResponseWriter, q *http.Request) {
	if !r.begin() {
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	defer r.handling.Done()
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !slices.Contains(r.hosts, strings.ToLower(q.Host)):
		r.refuse(w, http.StatusForbidden, fmt.Sprintf("a request for the host %.100q", q.Host))
	case subtle.ConstantTimeCompare([]byte(q.URL.EscapedPath()), []byte(r.path)) != 1:
		r.refuse(w, http.StatusNotFound, "a request for another path")
	case q.Method != http.MethodPost:
		h.Set("Allow", http.MethodPost)
		r.refuse(w, http.StatusMethodNotAllowed, fmt.Sprintf("a request by %.20q", q.Method))
	default:
		r.take(w, q)
	}
}

// begin reports whether requests are taken still, and counts one if so.
func (r *Receiver) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.handling.Add(1)
	}
	return !r.closed
}

// take verifies a webhook and answers so that MoneyKit sends it again unless it
// was believed.
func (r *Receiver) take(w http.ResponseWriter, q *http.Request) {
	at := r.now()
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		r.refuse(w, http.StatusRequestEntityTooLarge, "a body that is too long")
		return
	}
	if err != nil {
		r.refuse(w, http.StatusBadRequest, "a body that did not arrive")
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), verifyTime)
	defer cancel()
	webhook, err := r.client.VerifyWebhook(ctx, q.Header, body)
	d := newDelivery(at, q.Header, body, webhook, err)
	r.change(func() { r.add(d) })
	if err != nil {
		refuse(w, answer(d.Fault()))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// add numbers a delivery and keeps it. r.mu is held.
func (r *Receiver) add(d *Delivery) {
	r.received++
	d.Number = r.received
	if d.Verified() {
		r.ledger.note(d)
	}
	if len(r.kept) == maxKept {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, d)
}

// newDelivery tells what came and what verifying it has shown.
func newDelivery(at time.Time, header http.Header, body []byte, webhook *moneykit.Webhook, err error) *Delivery {
	d := &Delivery{
		At: at, Webhook: webhook, Err: err, Size: len(body), Body: bytes.Clone(body[:min(len(body), maxShown)]),
		Token: short(header.Get("MoneyKit-Delivery-Token")),
	}
	d.Attempt, _ = strconv.Atoi(header.Get("MoneyKit-Delivery-Attempt"))
	if d.Webhook == nil && len(body) <= maxShown {
		d.Webhook, _ = moneykit.ParseWebhook(body)
	}
	d.KeyID, d.SignedAt = claimed(header.Get("MoneyKit-Signature"))
	if !d.SignedAt.IsZero() {
		d.Age = at.Sub(d.SignedAt)
	}
	d.Checks = checks(d)
	return d
}

// refuse answers a request that is no delivery, and notes why.
func (r *Receiver) refuse(w http.ResponseWriter, status int, why string) {
	r.change(func() { r.refused, r.refusal = r.refused+1, why })
	refuse(w, status)
}

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
