// Package certificate reads the certificate by which deskd shows its pages over TLS, with its key,
// and judges it: whether the two can be used, and whether those who come will accept what they see.
//
// It owns the words about both, for the check of the configuration, the daemon and doctor. It keeps
// nothing, asks nobody, and never repeats what is in a key's file. What cannot be used is a [Fault];
// what can be used, and is refused by others or soon will be, is a [Remark].
package certificate

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"
)

// Soon is how long before its end a certificate is said to end. Those who renew certificates by
// themselves do so earlier, some a month.
const Soon = 14 * 24 * time.Hour

// Files are where a certificate and its key are, both in PEM.
type Files struct {
	Cert string // the certificate, and behind it those between it and its authority
	Key  string
}

// Content is what was in [Files] at one time.
type Content struct{ Cert, Key string }

// Fault is why a certificate cannot be used.
type Fault struct {
	InKey     bool // it is the file of the key that is to be looked at
	What, Fix string
}

// Error is what is wrong, and what to do.
func (f *Fault) Error() string { return f.What + ": " + f.Fix }

const (
	certForm = "expected a PEM file with the certificate, and behind it those between it and its authority (certbot: fullchain.pem)"
	keyForm  = "expected a PEM file with the key of the certificate, without a passphrase (certbot: privkey.pem)"
)

// Read reads both files. The error is a [*Fault].
func (f Files) Read() (Content, error) {
	cert, fault := read(f.Cert, &Fault{false, "", certForm})
	if fault != nil {
		return Content{}, fault
	}
	key, fault := read(f.Key, &Fault{true, "", keyForm})
	if fault != nil {
		return Content{}, fault
	}
	return Content{cert, key}, nil
}

// read reads a file; that it cannot be read becomes what is wrong.
func read(name string, otherwise *Fault) (string, *Fault) {
	data, err := os.ReadFile(name)
	if err != nil {
		otherwise.What = err.Error()
		return "", otherwise
	}
	return string(data), nil
}

// Faults are all that keeps what is in the files from being used.
func (f Files) Faults() []*Fault {
	var all []*Fault
	cert, fault := read(f.Cert, &Fault{false, "", certForm})
	if fault == nil {
		_, fault = chainOf(f.Cert, cert)
	}
	if fault != nil {
		all = append(all, fault)
	}
	key, fault := read(f.Key, &Fault{true, "", keyForm})
	if fault == nil {
		_, fault = keyOf(f.Key, key)
	}
	if fault != nil {
		all = append(all, fault)
	}
	if len(all) > 0 {
		return all
	}
	if _, fault = f.pair(Content{cert, key}); fault != nil {
		all = append(all, fault)
	}
	return all
}

// Pair makes a certificate that can be shown, with its Leaf, of what was in the files f. The error
// is a [*Fault].
func (f Files) Pair(c Content) (*tls.Certificate, error) {
	pair, fault := f.pair(c)
	if fault != nil {
		return nil, fault
	}
	return pair, nil
}

func (f Files) pair(c Content) (*tls.Certificate, *Fault) {
	chain, fault := chainOf(f.Cert, c.Cert)
	if fault != nil {
		return nil, fault
	}
	key, fault := keyOf(f.Key, c.Key)
	if fault != nil {
		return nil, fault
	}
	if !fits(chain[0], key) {
		return nil, unfit(f, chain, key)
	}
	pair := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, one := range chain {
		pair.Certificate = append(pair.Certificate, one.Raw)
	}
	return pair, nil
}

// chainOf are the certificates in a file, the one to be shown first.
func chainOf(name, text string) (chain []*x509.Certificate, fault *Fault) {
	var others []string
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			others = append(others, block.Type)
			continue
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Fault{false, fmt.Sprintf("%s: certificate %d in it cannot be read: %v", name, len(chain)+1, err), certForm}
		}
		chain = append(chain, one)
	}
	switch {
	case len(chain) > 0:
		return chain, nil
	case len(others) > 0:
		return nil, &Fault{false, fmt.Sprintf("%s holds no certificate, but %s", name, strings.Join(others, ", ")), certForm}
	}
	return nil, &Fault{false, name + " holds no certificate in PEM", certForm}
}

// keyOf is the key in a file. What a parser says of a key is not repeated: it may quote it.
func keyOf(name, text string) (crypto.Signer, *Fault) {
	rest := []byte(text)
	for block := (*pem.Block)(nil); ; {
		if block, rest = pem.Decode(rest); block == nil {
			return nil, &Fault{true, name + " holds no key in PEM", keyForm}
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, &Fault{true, name + " is protected by a passphrase, which nobody can enter when deskd starts",
				"take it away (openssl pkey -in FILE -out KEY), and let nobody but deskd's group read the file"}
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue // the parameters of a curve, or a certificate
		}
		if key := parseKey(block.Bytes); key != nil {
			return key, nil
		}
		return nil, &Fault{true, name + " holds a key that cannot be read", keyForm}
	}
}

// parseKey is nil for what is no key to sign with.
func parseKey(der []byte) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		signer, _ := key.(crypto.Signer)
		return signer
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

func fits(c *x509.Certificate, key crypto.Signer) bool {
	public, ok := c.PublicKey.(interface {
		Equal(other crypto.PublicKey) bool
	})
	return ok && public.Equal(key.Public())
}

// unfit says that a key is another certificate's: of the same file, maybe.
func unfit(f Files, chain []*x509.Certificate, key crypto.Signer) *Fault {
	for i, one := range chain[1:] {
		if fits(one, key) {
			return &Fault{false, fmt.Sprintf("%s has the certificate of %s in place %d", f.Cert, f.Key, i+2), "put it first, and behind it those that lead to its authority"}
		}
	}
	return &Fault{true, fmt.Sprintf("%s is not the key of the certificate in %s, which is for %s", f.Key, f.Cert, Names(chain[0])), "name the key with which that certificate was asked for (certbot: privkey.pem beside fullchain.pem)"}
}

// Remark is why those who come refuse a certificate, or soon will.
type Remark struct {
	// Bad says that they do so now.
	Bad       bool
	What, Fix string
}

// String is what is so, and what to do.
func (r Remark) String() string { return r.What + ": " + r.Fix }

// Judge tells what is to be said of a certificate that is shown to those who come by the name host,
// "" for any: the worst first, nothing of one that is good.
func Judge(c *x509.Certificate, host string, now time.Time) []Remark {
	const renew = "renew it, and put the new one into the same file: deskd takes it in without a restart"
	var all []Remark
	switch left := c.NotAfter.Sub(now); {
	case left < 0:
		all = append(all, Remark{true, "the certificate ended at " + stamp(c.NotAfter) + ", and phones and browsers refuse it", renew})
	case now.Before(c.NotBefore):
		all = append(all, Remark{true, "the certificate is not valid before " + stamp(c.NotBefore) + ", and phones and browsers refuse it until then", "put the clock of this machine right, or wait"})
	case left < Soon:
		all = append(all, Remark{false, "the certificate ends at " + stamp(c.NotAfter), renew})
	}
	if host != "" && c.VerifyHostname(host) != nil {
		all = append(all, Remark{true, fmt.Sprintf("the certificate is for %s, not for %s, by which phones come, and they refuse it", Names(c), host),
			"have one made with that name among its Subject Alternative Names, or write a name that it has in phones.base_url"})
	}
	if all != nil && !all[0].Bad && len(all) > 1 { // what is refused goes before what will be
		all[0], all[1] = all[1], all[0]
	}
	return all
}

func stamp(at time.Time) string { return at.UTC().Format("15:04 on 2006-01-02, MST") }

// Names are what a certificate is for, in words.
func Names(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name (it has no Subject Alternative Name)"
	}
	return strings.Join(all, ", ")
}
