package configs

import (
	"net"
	"net/url"
	"strings"
	"time"

	"deskd/configs/certificate"
)

// Files are those of the certificate and its key.
func (t TLS) Files() certificate.Files { return certificate.Files{Cert: t.CertFile, Key: t.KeyFile} }

// tls checks where deskd is reached by TLS.
func (f *findings) tls(c Config) {
	const key = "tls.listen"
	if c.TLS.Listen == "" {
		if c.TLS.CertFile != "" || c.TLS.KeyFile != "" {
			f.add(key, complaint{"missing: without it nothing is served by TLS", `write where to listen, such as ":8443", or take tls out`})
		}
		return
	}
	f.add(key, checkListen(c.TLS.Listen))
	f.add(key, c.checkPages(c.TLS.Listen))
	if collide(c.Listen, c.TLS.Listen) {
		f.add(key, complaint{"is where listen is, by http", "write another port: deskd does not serve both at one"})
	}
	f.add("tls.cert_file", required(c.TLS.CertFile))
	f.add("tls.key_file", required(c.TLS.KeyFile))
}

// collide reports whether two addresses cannot be listened on by the same program.
func collide(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	everywhere := func(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }
	return strings.EqualFold(hostA, hostB) || everywhere(hostA) || everywhere(hostB)
}

// plainURL checks the address by http, and that what is said of https is served.
func (f *findings) plainURL(c Config) {
	const key = "phones.plain_url"
	secure := strings.HasPrefix(strings.ToLower(c.Phones.BaseURL), "https:")
	if secure && c.TLS.Listen == "" {
		f.add("phones.base_url", complaint{"is https, and deskd listens for none", `write tls: {listen: ":8443", cert_file: FILE, key_file: FILE}; a proxy that speaks TLS would hide the addresses by which phones are believed`})
	}
	if c.Phones.PlainURL == "" {
		return
	}
	f.add(key, checkBaseURL(c.Phones.PlainURL))
	switch plain := strings.HasPrefix(strings.ToLower(c.Phones.PlainURL), "http:"); {
	case !plain:
		f.add(key, complaint{"is https, and stands for the address by http", "write the address of https in base_url, and here that of http"})
	case c.Phones.BaseURL == "":
		f.add(key, complaint{"stands alone", "write it in base_url: this key is for an address by http beside a base_url by https"})
	case !secure:
		f.add(key, complaint{"stands beside a base_url that is http itself", "write the address of https in base_url, or take this out"})
	}
}

// tlsFiles reports a certificate or key that cannot be used. One that others refuse, since it has
// ended say, is no reason not to begin: what phones show is less than what they are logged in for.
func (f *findings) tlsFiles(t TLS) {
	if t.Listen == "" || f.isBlamed("tls.listen") || t.CertFile == "" || t.KeyFile == "" {
		return
	}
	for _, fault := range t.Files().Faults() {
		key := "tls.cert_file"
		if fault.InKey {
			key = "tls.key_file"
		}
		f.add(key, complaint{fault.What, fault.Fix})
	}
}

// SecureHost is the name by which phones come by https, "" where they do not.
func (c Config) SecureHost() string {
	u, err := url.Parse(c.Phones.BaseURL)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Hostname()
}

// Expiry tells what those who come by TLS have, or soon will have, against the certificate; nothing
// where there is none, or none that can be used.
func (c Config) Expiry(now time.Time) []certificate.Remark {
	if c.TLS.Listen == "" {
		return nil
	}
	content, err := c.TLS.Files().Read()
	if err != nil {
		return nil
	}
	pair, err := c.TLS.Files().Pair(content)
	if err != nil {
		return nil
	}
	return certificate.Judge(pair.Leaf, c.SecureHost(), now)
}

// ForAll is the address that every phone follows, whatever it knows of TLS and whomever it trusts: by
// http where there is one.
func (p Phones) ForAll() string {
	if p.PlainURL != "" {
		return p.PlainURL
	}
	return p.BaseURL
}
