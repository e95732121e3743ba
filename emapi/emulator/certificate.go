package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

// Certificate is the certificate that a door with TLS shows.
type Certificate string

// The certificates. Those that are wrong are right in everything else, so that a
// client fails by the check it lacks. A client that pins the key has no
// reason to refuse the last two.
const (
	GoodCertificate Certificate = "good"      // the default
	OtherKey        Certificate = "other-key" // another key, from an unknown authority
	Expired         Certificate = "expired"
	WrongName       Certificate = "wrong-name"
)

// misname is the name on the certificate of WrongName.
const misname = "another.invalid"

// Identity is the key and certificates of a door with TLS, in all their versions. It does
// not change after [NewIdentity].
type Identity struct {
	shown     map[Certificate]*tls.Certificate
	authority []byte
	pin       string
}

// NewIdentity makes the certificates of a server with the given host names and
// IP addresses, valid for a year around now, all of one key but that of
// OtherKey. A given certificate becomes the good one; the wrong ones then have a
// generated key and authority. Nil generates the good one as well.
func NewIdentity(given *tls.Certificate, hosts []string, now time.Time) (*Identity, error) {
	own, err := newMint(now)
	if err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	stranger, err := newMint(now)
	if err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	good, other := own.leaf(hosts, now.AddDate(1, 0, 0)), stranger.leaf(hosts, now.AddDate(1, 0, 0))
	expired, misnamed := own.leaf(hosts, now.Add(-time.Hour)), own.leaf([]string{misname}, now.AddDate(1, 0, 0))
	if err := errors.Join(own.err, stranger.err); err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	if given != nil {
		good = given
	}
	leaf, err := x509.ParseCertificate(good.Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return &Identity{
		shown:     map[Certificate]*tls.Certificate{GoodCertificate: good, OtherKey: other, Expired: expired, WrongName: misnamed},
		authority: good.Certificate[len(good.Certificate)-1],
		pin:       base64.StdEncoding.EncodeToString(sum[:]),
	}, nil
}

// Authority returns the certificate that clients have to trust, in PEM form.
func (id *Identity) Authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.authority})
}

// Pin returns the SHA-256 over the good certificate's SubjectPublicKeyInfo in
// base64 (RFC 7469, section 2.4).
func (id *Identity) Pin() string { return id.pin }

// TLSConfig returns the settings for a door that shows the certificate named by
// [Options.Certificate] at the time of each handshake. It speaks HTTP/1.1 alone,
// as the imitated servers do. [Emulator.Authority] tells which authority to trust.
func (e *Emulator) TLSConfig(id *Identity) *tls.Config {
	_, release := e.access()
	defer release()
	e.authority = id.Authority()
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		NextProtos:             []string{"http/1.1"},
		SessionTicketsDisabled: true, // a resumed session would show no certificate
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return id.shown[e.certificate()], nil
		},
	}
}

// Authority is the certificate that clients of the doors with TLS have to trust, in PEM
// form; nil before [Emulator.TLSConfig].
func (e *Emulator) Authority() []byte {
	_, release := e.access()
	defer release()
	return e.authority
}

func (e *Emulator) certificate() Certificate {
	_, release := e.access()
	defer release()
	if e.opts.Certificate == "" {
		return GoodCertificate
	}
	return e.opts.Certificate
}

// handshake fails as one over a socket would with a client that verifies.
func (e *Emulator) handshake(r *http.Request) error {
	if r.URL.Scheme != "https" || e.isDown() {
		return nil
	}
	var cause error
	switch e.certificate() {
	case OtherKey:
		cause = x509.UnknownAuthorityError{}
	case Expired:
		cause = x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}
	case WrongName:
		cause = x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{misname}}, Host: r.URL.Hostname()}
	default:
		return nil
	}
	// A trace sees that a connection was asked for and never made.
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	return &tls.CertificateVerificationError{Err: cause}
}

// mint is an authority that signs certificates for one server key. Its first
// error stays and makes the certificates worthless.
type mint struct {
	ca               *x509.Certificate
	caKey, serverKey *ecdsa.PrivateKey
	now              time.Time
	err              error
}

func newMint(now time.Time) (*mint, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "EM emulator authority"},
		NotBefore:             now.AddDate(-1, 0, 0),
		NotAfter:              now.AddDate(1, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, caKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	ca, err := x509.ParseCertificate(raw)
	return &mint{ca: ca, caKey: caKey, serverKey: serverKey, now: now}, err
}

// leaf signs a certificate for hosts that ends at an instant.
func (m *mint) leaf(hosts []string, end time.Time) *tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(end.UnixNano()),
		Subject:      pkix.Name{CommonName: strings.Join(hosts, " ")},
		NotBefore:    m.now.AddDate(-1, 0, 0),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, m.ca, m.serverKey.Public(), m.caKey)
	m.err = errors.Join(m.err, err)
	return &tls.Certificate{Certificate: [][]byte{raw, m.ca.Raw}, PrivateKey: m.serverKey}
}
