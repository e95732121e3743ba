package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"deskd/configs"
)

// relay is the way out for a phone system whose TLS deskd does not speak.
const relay = ", or let a relay on this machine speak TLS to it (stunnel, say) and write the relay's http://127.0.0.1:PORT in url"

// tlsTrouble words a handshake that failed before any certificate was looked at,
// empty for none: the server's TLS is too old for deskd, or the two have no
// cipher suite in common. The server's alert does not say which, so that it is
// asked with all that Go still knows, and nothing is sent over the connection.
func tlsTrouble(ctx context.Context, err error, c configs.Cluster) (says, fix string) {
	text := err.Error()
	if !strings.Contains(text, "tls: ") || !strings.HasPrefix(c.URL, "https://") {
		return "", ""
	}
	has, failed := offered(ctx, c.URL)
	switch {
	case has.asksForCertificate:
		return "it asks for a certificate of deskd's own, which an EM service does not", "correct the port of url: it is 8443 as a rule"
	case failed != nil && (strings.Contains(text, "handshake failure") || strings.Contains(text, "protocol version") || strings.Contains(text, "unsupported")):
		return "it and deskd have no version or cipher suite of TLS in common", "let it offer TLS 1.2 or 1.3 with ECDHE cipher suites" + relay
	case failed == nil && has.version < tls.VersionTLS12:
		return fmt.Sprintf("it speaks %s at most, and deskd speaks TLS 1.2 or newer", tls.VersionName(has.version)),
			"update the phone system to a release with TLS 1.2, or enable it there" + relay
	case failed == nil && withoutECDHE(has.suite):
		return fmt.Sprintf("it exchanges keys by RSA alone (%s): anyone who gets its key can read all that was ever sent, and deskd does not take part", tls.CipherSuiteName(has.suite)),
			"let it offer ECDHE cipher suites (Cisco Unified OS Administration, Security, Cipher Management)" + relay
	}
	first, _, _ := strings.Cut(text, "\n") // without what passwords were taken out of
	return "the TLS handshake failed: " + first, "ask again; restart Cisco Tomcat if it stays"
}

// withoutECDHE reports whether a cipher suite exchanges keys by RSA.
func withoutECDHE(id uint16) bool {
	return strings.HasPrefix(tls.CipherSuiteName(id), "TLS_RSA_")
}

// offer is what a server agrees upon with the most lenient client.
type offer struct {
	version, suite     uint16
	asksForCertificate bool
}

// offered asks a server for its offer. The server is not verified: nothing is
// sent to it, and nothing it says is believed.
func offered(ctx context.Context, address string) (offer, error) {
	var suites []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	var has offer
	conn, err := handshake(ctx, address, &tls.Config{
		MinVersion: tls.VersionTLS10, CipherSuites: suites, InsecureSkipVerify: true, //nolint:gosec // see above
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			has.asksForCertificate = true
			return &tls.Certificate{}, nil // none
		},
	})
	if err != nil {
		return has, err
	}
	defer func() { _ = conn.Close() }()
	has.version, has.suite = conn.ConnectionState().Version, conn.ConnectionState().CipherSuite
	return has, nil
}

// handshake connects to the host of an https address, and says nothing more.
func handshake(ctx context.Context, url string, settings *tls.Config) (*tls.Conn, error) {
	host, port := address(url)
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	dialer := tls.Dialer{NetDialer: &net.Dialer{}, Config: settings}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	return conn.(*tls.Conn), nil
}

// connect opens a connection as the client would, certificate and pin included,
// and closes it.
func (g *trace) connect(ctx context.Context, url string) error {
	host, port := address(url)
	if strings.HasPrefix(url, "http://") {
		ctx, stop := context.WithTimeout(ctx, 5*time.Second)
		defer stop()
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			return err
		}
		return conn.Close()
	}
	settings := g.secure.Clone()
	settings.ServerName = host
	conn, err := handshake(ctx, url, settings)
	if err != nil {
		return err
	}
	return conn.Close()
}
