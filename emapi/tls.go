package emapi

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// TLSConfig returns the TLS settings for a cluster: TLS 1.2 or newer, and a
// server that is verified in every case.
//
// With caFile (PEM; empty for the system's roots) the server's certificate must
// chain to it and carry the server's name. With pins the server must hold one of
// the keys whose SHA-256 over the SubjectPublicKeyInfo they give, in base64
// (also as "sha256//…") or hexadecimal; RFC 7469, section 2.4. With both, both
// must hold. Pins alone decide without chain, name and date: use them for
// self-signed certificates and those that name the server in the Common Name
// only, which Go does not accept.
func TLSConfig(caFile string, pins []string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA file %q: no certificate in PEM form in it", caFile)
		}
	}
	if len(pins) == 0 {
		return cfg, nil
	}
	keys, err := parsePins(pins)
	if err != nil {
		return nil, err
	}
	// The usual verification is replaced by that of the pin, unless a CA was
	// named as well. VerifyConnection also runs for resumed sessions.
	cfg.InsecureSkipVerify = caFile == ""
	cfg.VerifyConnection = func(s tls.ConnectionState) error { return keys.verify(s) }
	return cfg, nil
}

// errPin says that the server's key is none of the pinned ones.
var errPin = errors.New("is none of the pinned ones")

type pinSet [][sha256.Size]byte

func parsePins(pins []string) (pinSet, error) {
	var keys pinSet
	var problems []error
	for _, pin := range pins {
		text := strings.TrimPrefix(strings.TrimSpace(pin), "sha256//")
		sum, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(sum) != sha256.Size {
			sum, err = hex.DecodeString(text)
		}
		if err != nil || len(sum) != sha256.Size {
			problems = append(problems, fmt.Errorf("read pin %q: not a SHA-256 in base64 (44 characters) or hexadecimal (64)", pin))
			continue
		}
		keys = append(keys, [sha256.Size]byte(sum))
	}
	return keys, errors.Join(problems...)
}

// verify compares the server's own key only. The handshake proves possession of
// that one alone; anybody may send the rest of the chain.
func (p pinSet) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("verify server key: the server sent no certificate")
	}
	key := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
	if !slices.Contains(p, key) {
		return fmt.Errorf("verify server key: sha256 %q %w", base64.StdEncoding.EncodeToString(key[:]), errPin)
	}
	return nil
}
