package emulator_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"deskd/phone"
	"deskd/phone/emulator"
)

// Phones fetch pages by https from servers whose authority they trust; of others, and of servers whose
// TLS is too new for them, they say what phones say.
func TestPagesByHTTPS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "by "+tls.VersionName(r.TLS.Version)+" for "+r.URL.Query().Get("name"))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	secure := server.URL + "/?name=#DEVICENAME#"
	for _, c := range []struct {
		model emulator.Model
		trust *x509.CertPool
		want  string
	}{
		{emulator.M8845, trusted, "by TLS 1.3 for SEP000000000001"},
		{emulator.M8845, nil, phone.ShowsHostNotFound},
		{emulator.M8845, x509.NewCertPool(), phone.ShowsHostNotFound},
		{emulator.M7965, trusted, phone.ShowsHostNotFound},
	} {
		p := emulator.New(emulator.Options{Trust: c.trust}).Add(c.model, "SEP000000000001", netip.MustParseAddr("127.0.0.1"))
		p.SubscribeSecure("Desk", "http://127.0.0.1:1/", secure)
		p.Services()
		if err := p.Choose(t.Context(), 1); err != nil || !strings.Contains(p.Screen(), c.want) {
			t.Errorf("%s: %v, want %q on\n%s", c.model.Name, err, c.want, p.Screen())
		}
	}
	p := emulator.New(emulator.Options{}).Add(emulator.M8845, "SEP000000000001", netip.MustParseAddr("127.0.0.1"))
	p.SubscribeSecure("Desk", "http://127.0.0.1:1/", "")
	p.Services()
	if err := p.Choose(t.Context(), 1); err != nil || !strings.Contains(p.Screen(), phone.ShowsConnectionFailed) {
		t.Errorf("without a secure URL: %v\n%s", err, p.Screen())
	}
}
