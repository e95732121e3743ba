package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/configs/certificate/certificatetest"
	"deskd/phone"
	"deskd/phone/emulator"
)

// secureAddress is where the log says that a daemon serves by TLS.
var secureAddress = regexp.MustCompile(`secure_page=https://([^\s"]+)/`)

// byTLS is a daemon that phones reach by https, and by http.
type byTLS struct {
	*served
	ca     *certificatetest.Authority
	secure string       // where it listens for TLS
	asked  atomic.Int64 // how often a phone asked by https
}

func newByTLS(t *testing.T) *byTLS {
	d := &byTLS{ca: certificatetest.NewAuthority(t)}
	w := newWorld(t).furnish()
	w.write("phones.csv", "device,address\nSEP000000000001,127.0.0.1\n")
	w.must("import", "phones", w.path("phones.csv"))
	start := time.Now().UTC().Truncate(time.Second)
	w.book("D1", "user0001", start.Format(time.RFC3339), start.Add(3*time.Hour).Format(time.RFC3339))
	made := d.ca.Sign(t, start.Add(-time.Hour), start.Add(90*24*time.Hour), "localhost")
	w.write("page.pem", made.Cert)
	w.write("page.key", made.Key)
	w.write("deskd.yaml", strings.Replace(w.config(), "listen: 127.0.0.1:0", `listen: 127.0.0.1:0
tls: {listen: "127.0.0.1:0", cert_file: page.pem, key_file: page.key}
phones: {base_url: "https://localhost:8443", plain_url: "http://localhost:8484", networks: [127.0.0.0/8]}`, 1))
	d.served = w.serve()
	found := secureAddress.FindStringSubmatch(d.log.String())
	if found == nil {
		t.Fatalf("the log does not say where TLS is\n%s", d.log)
	}
	d.secure = found[1]
	return d
}

// trusting are phones that trust an authority, and the way from them to the daemon, wherever the name
// in an address leads.
func (d *byTLS) trusting(a *certificatetest.Authority) *emulator.World {
	return emulator.New(emulator.Options{Service: rehomed(d.page), Trust: a.Pool(), Secure: func(c *tls.Config) http.RoundTripper {
		d.asked.Add(1)
		return d.way(c)
	}})
}

func (d *byTLS) way(c *tls.Config) *http.Transport {
	return &http.Transport{TLSClientConfig: c, DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, d.secure)
	}}
}

// What is reached by TLS, of one daemon.
func TestByTLS(t *testing.T) {
	t.Parallel()
	d := newByTLS(t)
	t.Run("phones", func(t *testing.T) { testPhonesByTLS(t, d) })
	t.Run("everything", func(t *testing.T) { testAllByTLS(t, d) })
}

// A phone that trusts the authority has its page by https, and all that leads on from there; one that
// does not says so in its own words, and deskd has nothing to complain of; one whose TLS is too old has
// the same by http. The URLs are those that deskd phone service prints.
func testPhonesByTLS(t *testing.T, d *byTLS) {
	eventually(t, 5*time.Second, "the phone is theirs", func() bool { return d.session("SEP000000000001") == "user0001" })
	var urls struct {
		Plain  string `json:"service_url"`
		Secure string `json:"secure_service_url"`
	}
	if err := json.Unmarshal([]byte(d.must("phone", "service", "-o", "json")), &urls); err != nil {
		t.Fatal(err)
	}
	open := func(p *emulator.Phone, want string) {
		t.Helper()
		for range 10 { // a person presses no faster
			p.Services()
			if err := p.Choose(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(p.Screen(), want) {
				return
			}
			time.Sleep(400 * time.Millisecond)
		}
		t.Fatalf("no %q on\n%s", want, p.Screen())
	}
	at := netip.MustParseAddr("127.0.0.1")
	modern := d.trusting(d.ca).Add(emulator.M8845, "SEP000000000001", at)
	modern.SubscribeSecure("Desk", urls.Plain, urls.Secure)
	open(modern, "Yours until")
	before := d.asked.Load()
	if err := modern.Press(t.Context(), "End"); err != nil || !strings.Contains(modern.Screen(), "End now?") {
		t.Errorf("%v on\n%s", err, modern.Screen())
	}
	if d.asked.Load() != before+1 {
		t.Error("the next page was not asked for by https")
	}

	before = d.asked.Load()
	old := d.trusting(d.ca).Add(emulator.M7965, "SEP000000000001", at)
	old.Subscribe("Desk", urls.Plain)
	open(old, "Yours until")
	if err := old.Press(t.Context(), "End"); err != nil || !strings.Contains(old.Screen(), "End now?") {
		t.Errorf("%v on\n%s", err, old.Screen())
	}
	if d.asked.Load() != before {
		t.Error("a page by http leads to one by https")
	}

	strange := d.trusting(certificatetest.NewAuthority(t)).Add(emulator.M8845, "SEP000000000001", at)
	strange.SubscribeSecure("Desk", urls.Plain, urls.Secure)
	open(strange, phone.ShowsHostNotFound)
	eventually(t, 2*time.Second, "it is counted", func() bool {
		_, metrics := d.get("/metrics")
		return strings.Contains(metrics, `deskd_tls_failures_total{why="certificate_refused"} 1`) && strings.Contains(metrics, "deskd_own_certificate_expiry_timestamp_seconds")
	})
	if got := d.log.String(); strings.Contains(got, "level=WARN") || strings.Contains(got, "level=ERROR") || strings.Contains(got, "TLS handshake") {
		t.Errorf("deskd complains:\n%s", got)
	}
}

// What is served without TLS is served by TLS, by the same rules.
func testAllByTLS(t *testing.T, d *byTLS) {
	way := d.way(&tls.Config{RootCAs: d.ca.Pool(), ServerName: "localhost"})
	ask := func(by http.RoundTripper, url, host string) (int, http.Header, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		resp, err := by.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(body)
	}
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/static/style.css", "/api/", "/api/v1/openapi.json", "/api/v1/desks", "/cal/none.ics", "/phone?name=SEP000000000001", "/nothing"} {
		for _, host := range []string{"", "evil.example.com"} {
			plain, _, _ := ask(http.DefaultTransport, d.page+path, host)
			secure, head, _ := ask(way, "https://127.0.0.1"+path, host)
			if plain != secure {
				t.Errorf("%s as %q: %d by http, %d by https", path, host, plain, secure)
			}
			if head.Get("Strict-Transport-Security") != "" { // browsers would not come by http any more, where others have to
				t.Errorf("%s: %v", path, head)
			}
		}
	}
}

// A reload that names other files has the certificate in them shown, and what is said of it goes
// on.
func TestReloadedCertificate(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		h.start()
		defer h.stop()
		time.Sleep(2 * time.Minute)
		ends := func() string {
			_, metrics := h.get("/metrics")
			return regexp.MustCompile("(?m)^deskd_own_certificate_expiry_timestamp_seconds .*").FindString(metrics)
		}
		before := ends()
		made := certificatetest.NewAuthority(t).Sign(t, time.Now(), time.Now().Add(13*day), "deskd")
		h.write("other.pem", made.Cert)
		h.write("other.key", made.Key)
		h.config = strings.Replace(h.config, "cert_file: page.pem, key_file: page.key", "cert_file: other.pem, key_file: other.key", 1)
		h.reconfigure("max_concurrent: 2")
		time.Sleep(time.Minute)
		if after := ends(); before == "" || after == "" || after == before {
			t.Errorf("%q before the reload, %q after it", before, after)
		}
		if _, ready := h.get("/readyz"); !strings.Contains(ready, "Pages by TLS: the certificate ends at ") {
			t.Errorf("that it ends soon is not said after a reload: %s", ready)
		}
	})
}
