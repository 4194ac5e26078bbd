package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"

	"till/moneykit"
)

// reason says why no answer arrived, without the words of the error: they may
// name hosts and addresses of the operator's network.
func reason(err error) string {
	var (
		answer      *moneykit.ResponseError
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		network     net.Error
	)
	switch {
	case errors.As(err, &answer):
		return "the answer broke off"
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
