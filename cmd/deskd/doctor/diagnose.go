package doctor

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"deskd/configs"
	"deskd/emapi"
)

// diagnose says in plain words why the EM service of c could not be used, and
// what fixes it. The trace is the one through which it was asked: the kind of
// trouble is told by the error as it was, since err is without passwords, and a
// password may be a word of it.
func diagnose(ctx context.Context, err error, c configs.Cluster, g *trace) (says, fix string) {
	var code emapi.Code
	if errors.As(err, &code) {
		return refusal(code, c, g)
	}
	cause := g.cause(err)
	if says, fix := certificateTrouble(cause, c, g); says != "" {
		return says, fix
	}
	if wantsTLS(cause, c, g) {
		return "it does not take plain HTTP on that port: that is one for TLS, it seems", "write https:// instead of http:// in url"
	}
	if says, fix := tlsTrouble(ctx, cause, c); says != "" {
		return says, fix
	}
	if says, fix := connectionTrouble(cause, c, g); says != "" {
		return says, fix
	}
	if says, fix := noService(c, g); says != "" {
		return says, fix
	}
	return err.Error(), "ask again; look at the EM service's log"
}

// refusal words a code that concerns the installation.
func refusal(code emapi.Code, c configs.Cluster, g *trace) (says, fix string) {
	switch code {
	case emapi.CodeNoCredentials, emapi.CodeBadCredentials:
		return fmt.Sprintf("it does not accept the application user %q with this password (code %d)", c.AppID, code), code.Advice()
	case emapi.CodeNoProxyRight:
		return fmt.Sprintf("the application user %q may not log others in (code 10)", c.AppID), code.Advice()
	case emapi.CodeUntrustedIP:
		return fmt.Sprintf("it does not trust this machine, which asked from %s (code 28)", g.local),
			fmt.Sprintf("Add %s to the Trusted List of IPs in the EM service parameters; behind NAT, the address the phone system sees.", g.local)
	}
	return "it answers: " + code.Error(), code.Advice()
}

// certificateTrouble words what is wrong with the server's certificate, empty
// for nothing.
func certificateTrouble(err error, c configs.Cluster, g *trace) (says, fix string) {
	var (
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority) && c.CAFile != "":
		return otherAuthority(shown(err, authority.Cert), c)
	case errors.As(err, &authority):
		return "its certificate is signed by nobody this machine trusts",
			"put the certificate of the phone system, or of its authority, into a file and name that in ca_file" + orPin(shown(err, authority.Cert))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("its certificate is valid from %s to %s only", invalid.Cert.NotBefore.UTC().Format(time.DateOnly), invalid.Cert.NotAfter.UTC().Format(time.DateOnly)),
			"renew the certificate, or correct this machine's clock"
	case errors.As(err, &invalid):
		return "its certificate is not valid: " + invalid.Error(), "renew the certificate" + orPin(shown(err, invalid.Cert))
	case errors.As(err, &name):
		return wrongName(name)
	case g.pin != nil:
		return g.pin.Error(), "if the certificate was renewed, and only then, pin_sha256 has to have that value"
	case errors.As(err, &record), strings.HasSuffix(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it does not speak TLS on that port", "correct the port of url: it is 8443 as a rule; http:// is for an EM service on this machine"
	}
	return "", ""
}

// wantsTLS reports whether plain HTTP was spoken to what looks like a port for
// TLS: the web server says that the request was bad, or answers with a TLS alert.
func wantsTLS(err error, c configs.Cluster, g *trace) bool {
	return strings.HasPrefix(c.URL, "http://") &&
		(g.status == http.StatusBadRequest || strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`))
}

// otherAuthority words a certificate that no authority of ca_file has signed,
// though its key may be a pinned one: both have to hold.
func otherAuthority(cert *x509.Certificate, c configs.Cluster) (says, fix string) {
	says = fmt.Sprintf("its certificate is signed by none of those in ca_file (%s)", c.CAFile)
	fix = "put the certificate of the phone system, or of its authority, into that file"
	instead := orPin(cert) + " in the place of ca_file"
	switch pinned, err := emapi.TLSConfig("", c.PinSHA256); {
	case cert == nil || err != nil:
		return says, fix
	case len(c.PinSHA256) == 0:
		return says, fix + instead
	case pinned.VerifyConnection(tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}) != nil:
		return says + ", and its key is none of the pinned ones", "correct url, if that is another server; if the certificate was renewed, " + fix + instead
	}
	return says + ", though its key is a pinned one", fix + ", or leave ca_file out: the pin decides alone then"
}

// wrongName words a certificate that was made for other names.
func wrongName(e x509.HostnameError) (says, fix string) {
	cert := e.Certificate
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("its certificate names the server in the Common Name only (%q), which counts no more", cert.Subject.CommonName),
			"have it made with a Subject Alternative Name" + orPin(cert)
	}
	return fmt.Sprintf("its certificate is for %s, not for %s", strings.Join(names, ", "), e.Host),
		"use one of these names in url" + orPin(cert)
}

// shown is the certificate whose key is the server's own. What could not be
// verified may be another one of the chain, the authority's say, and its key is
// no pin: anybody may send it along.
func shown(err error, blamed *x509.Certificate) *x509.Certificate {
	if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(refused.UnverifiedCertificates) > 0 {
		return refused.UnverifiedCertificates[0]
	}
	return blamed
}

// orPin offers to trust the key of a certificate by itself.
func orPin(cert *x509.Certificate) string {
	if cert == nil {
		return ""
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return fmt.Sprintf("; or, once you have compared it with the server's own, pin_sha256: [%s]", base64.StdEncoding.EncodeToString(sum[:]))
}

// connectionTrouble words why no connection came about, or no answer over it;
// empty for anything else.
func connectionTrouble(err error, c configs.Cluster, g *trace) (says, fix string) {
	host, port := address(c.URL)
	var unresolved *net.DNSError
	var op *net.OpError
	begun := g.begun() || strings.Contains(err.Error(), "transport connection broken")
	switch dialling := errors.As(err, &op) && op.Op == "dial"; {
	case errors.As(err, &unresolved):
		return fmt.Sprintf("the name %q cannot be resolved", host), "correct the host in url, or this machine's name server"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens on %s port %s: the connection is refused", host, port),
			"correct host and port in url (8443 as a rule), or start the phone system's Tomcat"
	case dialling:
		return fmt.Sprintf("%s port %s cannot be reached: %v", host, port, op.Err), "check the network and the firewalls between"
	case strings.HasSuffix(err.Error(), "TLS handshake timeout"):
		return "it took the connection and did not begin TLS", "check the firewalls between; restart Cisco Tomcat if it stays"
	case errors.Is(err, context.DeadlineExceeded) && begun:
		return fmt.Sprintf("it has not answered in full within %v", emapi.DefaultTimeout), "check the network between: it lets little through"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("it took the question and has not answered within %v", emapi.DefaultTimeout),
			"ask again; restart Cisco Extension Mobility if it stays (Serviceability, Control Center - Feature Services)"
	case begun && (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "malformed")):
		return "it broke off in the middle of its answer", "ask again; look at the firewalls between, and at the EM service's log"
	case errors.Is(err, syscall.ECONNRESET), strings.HasSuffix(err.Error(), "EOF"):
		return "it ended the connection without an answer", "ask again; look at the firewalls between, and at the EM service's log"
	}
	return "", ""
}

func address(raw string) (host, port string) {
	u, err := url.Parse(raw)
	if err != nil {
		return raw, "" // the configuration has been checked
	}
	if port = u.Port(); port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Hostname(), port
}

// noService words an answer that is none of an EM service, empty for one that is.
func noService(c configs.Cluster, g *trace) (says, fix string) {
	const activate = "activate and start Cisco Extension Mobility (Serviceability, Service Activation)"
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", ""
	}
	switch {
	case g.status == http.StatusNotFound:
		return fmt.Sprintf("there is no EM service at %s: the web server answers HTTP 404", u.Path),
			"correct the path in url (/emservice/EMServiceServlet), or " + activate
	case g.status == http.StatusServiceUnavailable, g.status == http.StatusInternalServerError, g.status == http.StatusBadGateway:
		return fmt.Sprintf("the web server answers, the EM service behind it does not (HTTP %d)", g.status), activate
	case g.target != "":
		return fmt.Sprintf("the web server redirects to %s (HTTP %d), and an EM service does not", g.target, g.status),
			"correct url; if that is a single sign-on, the EM service has to answer without one: it signs deskd in by app_id and password"
	case g.status >= 300:
		return fmt.Sprintf("the web server answers HTTP %d, not as an EM service does", g.status), "correct url"
	case g.html:
		return "it answers with a web page, not as an EM service does", "correct url, or " + activate
	}
	return "", ""
}
