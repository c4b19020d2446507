package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"entente/prm/fault"
)

// Explain turns what went wrong while calling into a fault with a plain word for
// it: dial.not_allowed, dial.no_such_name, dial.name_failed, dial.refused,
// dial.unreachable, dial.timeout, dial.reset, dial.tls_expired, dial.tls_name,
// dial.tls_authority, dial.tls_pin, dial.tls_failed, dial.failed. What names an inner address
// stays in the cause. nil stays nil, and a fault stays what it is. net/http hides
// some causes: what Do and a body's Read return is explained once more.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.Wrap(err, fault.Unavailable, keyOf(err))
}

func keyOf(err error) string {
	var (
		dns       *net.DNSError
		invalid   x509.CertificateInvalidError
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		verify    *tls.CertificateVerificationError
		op        *net.OpError
		timeout   net.Error
	)
	switch {
	case errors.Is(err, ErrNotAllowed):
		return "dial.not_allowed"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "dial.no_such_name"
	case errors.As(err, &dns):
		return "dial.name_failed"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "dial.tls_expired"
	case errors.As(err, &hostname):
		return "dial.tls_name"
	case errors.As(err, &authority):
		return "dial.tls_authority"
	case errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &verify),
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // how crypto/tls tells of an alert
		return "dial.tls_failed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "dial.refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "dial.unreachable"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "dial.timeout"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "dial.reset"
	}
	return "dial.failed"
}
