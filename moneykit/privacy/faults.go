package privacy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// withoutWords returns an error that says as much of err as is known to hold nothing of
// a request or an answer.
func withoutWords(err error) error {
	for _, known := range []error{
		context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, os.ErrDeadlineExceeded, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	if number := syscall.Errno(0); errors.As(err, &number) {
		operation := "exchange"
		if op := (*net.OpError)(nil); errors.As(err, &op) && isCode(op.Op) {
			operation = op.Op
		}
		return &net.OpError{Op: operation, Net: "tcp", Err: number}
	}
	if name := (*net.DNSError)(nil); errors.As(err, &name) {
		return errNoName
	}
	if isUntrusted(err) {
		return errUntrusted
	}
	if slow := net.Error(nil); errors.As(err, &slow) && slow.Timeout() {
		return os.ErrDeadlineExceeded
	}
	return errHidden
}

var (
	errNoName    = errors.New("the server's name is not known")
	errUntrusted = errors.New("the server's certificate is not trusted")
	errHidden    = errors.New("why is hidden while privacy is on")
)

func isUntrusted(err error) bool {
	var (
		check   *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	return errors.As(err, &check) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid)
}
