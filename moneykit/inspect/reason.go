package inspect

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"till/moneykit"
)

// cutError stands for an error whose text was too long to keep.
type cutError struct{ text, reason string }

func (e *cutError) Error() string { return e.text }

// reason says why no answer arrived, or what was wrong with it, without the
// words of errors from elsewhere: they may name hosts and addresses of the
// operator's network.
func reason(err error) string {
	var (
		short       *cutError
		answer      *moneykit.ResponseError
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		network     net.Error
	)
	switch {
	case errors.As(err, &short):
		return short.reason
	case errors.As(err, &answer): // there the client's own words stand
		return cmp.Or(answer.Reason, "the answer broke off")
	case errors.Is(err, context.Canceled):
		return "no answer: given up"
	case errors.As(err, &name):
		return "no answer: host name not resolved"
	case errors.As(err, &certificate):
		return "no answer: certificate not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no answer: connection refused"
	case errors.As(err, &network) && network.Timeout(): // a context's deadline too
		return "no answer: timed out"
	}
	return "no answer"
}
