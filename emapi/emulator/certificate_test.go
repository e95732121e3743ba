package emulator

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/emapi"
)

// Each certificate is refused by the check that it is wrong for, before anything
// is sent, over a socket as in process; a client that pins the key only minds
// another key.
func TestCertificates(t *testing.T) {
	id, err := NewIdentity(nil, []string{"127.0.0.1", "localhost"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e := newWorld(Options{})
	address := serveOn(t, e, id)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, id.Authority(), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		shown       Certificate
		chain, pins string // what the errors say, "" for none
	}{
		{"", "", ""},
		{GoodCertificate, "", ""},
		{OtherKey, "unknown authority", "pinned"},
		{Expired, "expired", ""},
		{WrongName, "127.0.0.1", ""},
		{GoodCertificate, "", ""},
	}
	for _, tt := range tests {
		e.Change(func(o *Options) { o.Certificate = tt.shown })
		doors := map[string]struct {
			door http.RoundTripper
			want string
		}{
			"chain":      {emapi.NewTransport(trusting(t, file)), tt.chain},
			"pin":        {emapi.NewTransport(trusting(t, "", id.Pin())), tt.pins},
			"in process": {e.Transport(), tt.chain},
		}
		for name, d := range doors {
			before := e.Stats().Requests["logout"]
			err := newClient(t, "https://"+address, d.door).Logout(t.Context(), phone1)
			refused := e.Stats().Requests["logout"] == before
			switch {
			case d.want == "" && (err != nil || refused):
				t.Errorf("%s, %q: %v", name, tt.shown, err)
			case d.want != "" && (err == nil || !strings.Contains(err.Error(), d.want) || !refused):
				t.Errorf("%s, %q: %v, expected %s", name, tt.shown, err, d.want)
			case d.want != "" && !errors.Is(err, emapi.ErrNotSent):
				t.Errorf("%s, %q: %v, expected that nothing was sent", name, tt.shown, err)
			}
		}
	}
}

// A client that resumes sessions is shown the new certificate too.
func TestCertificateOfResumedSession(t *testing.T) {
	id, err := NewIdentity(nil, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e := newWorld(Options{})
	serving := serveOn(t, e, id)
	settings := trusting(t, "", id.Pin())
	settings.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	shown := func() string {
		conn, err := tls.Dial("tcp", serving, settings)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: cucm\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil { // sessions come with the first bytes
			t.Fatal(err)
		}
		return strings.Join(conn.ConnectionState().PeerCertificates[0].DNSNames, " ")
	}
	before := shown()
	e.Change(func(o *Options) { o.Certificate = WrongName })
	if after := shown(); before != "" || after != misname {
		t.Errorf("the certificate for %q became one for %q", before, after)
	}
}

func trusting(t *testing.T, file string, pins ...string) *tls.Config {
	t.Helper()
	settings, err := emapi.TLSConfig(file, pins)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// A certificate that was given is the good one, and its issuer what the others
// have to trust.
func TestGivenCertificate(t *testing.T) {
	first, err := NewIdentity(nil, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewIdentity(first.shown[GoodCertificate], []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if second.Pin() != first.Pin() || string(second.Authority()) != string(first.Authority()) {
		t.Error("the certificate given is not the good one")
	}
	if _, err := NewIdentity(&tls.Certificate{Certificate: [][]byte{{1}}}, nil, time.Now()); err == nil {
		t.Error("garbage is taken for a certificate")
	}
}
