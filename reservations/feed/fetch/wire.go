package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// maxHeaders is the most the headers of an answer may have, in bytes.
const maxHeaders = 64 << 10

// Servers that are no web server of the expected kind. Their answer is left out: it is
// no text.
var (
	errH2C      = errors.New("the server speaks HTTP/2 without encryption (h2c), and nothing else")
	errTLSThere = errors.New("the server encrypts, and was asked in the clear")
	errPlain    = errors.New("the server does not encrypt")
	errNoTLS    = errors.New("what answers there does not speak TLS")
	errNoHTTP   = errors.New("what answers there does not speak HTTP")
	errHeaders  = fmt.Errorf("the server's headers are larger than %d bytes", maxHeaders)
	errSlow     = errors.New("the server does not begin to answer")
	errClosed   = errors.New("the server closed the connection without an answer")
)

// saying are the errors for which net/http has no type.
var saying = []struct {
	text string
	err  error
}{
	{`malformed HTTP response "\x00\x00`, errH2C}, // the length of a SETTINGS frame (RFC 9113 4.1)
	{`malformed HTTP response "\x15\x03`, errTLSThere},
	{"malformed HTTP", errNoHTTP},
	{"malformed MIME header", errNoHTTP},
	{"server response headers exceeded", errHeaders},
	{"timeout awaiting response headers", errSlow},
	{"server sent GOAWAY", errClosed},
	{"server closed idle connection", errClosed},
}

// connecting words an error of a connection.
func connecting(err error) error {
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		if string(record.RecordHeader[:]) == "HTTP/" {
			return errPlain
		}
		return errNoTLS
	}
	for _, s := range saying {
		if strings.Contains(err.Error(), s.text) {
			return s.err
		}
	}
	if errors.Is(err, io.EOF) {
		return errClosed
	}
	return err
}

// adviceOnWire is what can be done when there was no answer; empty if nothing
// is known.
func adviceOnWire(err error) string {
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	switch {
	case errors.As(err, &name):
		return "; correct the host in url, or this machine's name server"
	case errors.As(err, &authority):
		return "; name the certificate of its authority, a PEM file, in ca_file; or let the server send the certificates between it and that"
	case errors.As(err, &host):
		return "; write a host in url that its certificate names"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "; renew the server's certificate, or put this machine's clock right"
	case errors.As(err, &invalid):
		return "; the server's certificate is not fit for it: tell the server's administrator"
	case errors.As(err, &alert), strings.Contains(err.Error(), "tls: "):
		return "; the server and deskd agree on no encryption: it takes TLS 1.2 and 1.3, without a certificate of deskd's own"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; nothing listens there: correct host and port in url, or start the server"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "; the connection broke; it is read again at its next time"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "; no way leads there from this machine: correct host in url, or the network"
	}
	return ""
}
