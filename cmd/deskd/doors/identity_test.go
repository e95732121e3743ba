package doors

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/configs"
	"deskd/configs/certificate"
	"deskd/configs/certificate/certificatetest"
	"deskd/scheduler/clock"
	"deskd/web/view"
)

const days = 24 * time.Hour

// office is a configuration with the files of a certificate, and the log of its identity.
type office struct {
	t      *testing.T
	ca     *certificatetest.Authority
	config configs.Config
	log    bytes.Buffer
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, ca: certificatetest.NewAuthority(t)}
	folder := t.TempDir()
	o.config.TLS = configs.TLS{Listen: "127.0.0.1:0", CertFile: filepath.Join(folder, "cert.pem"), KeyFile: filepath.Join(folder, "key.pem")}
	return o
}

func (o *office) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// sign is a certificate of this machine that ends so long after now.
func (o *office) sign(now time.Time, left time.Duration) certificate.Content {
	return o.ca.Sign(o.t, now.Add(-100*days), now.Add(left), "127.0.0.1", "desks.example.com")
}

func (o *office) write(c certificate.Content) {
	o.t.Helper()
	o.ok(os.WriteFile(o.config.TLS.CertFile, []byte(c.Cert), 0o600))
	o.ok(os.WriteFile(o.config.TLS.KeyFile, []byte(c.Key), 0o600))
}

// said returns the lines of the log since the last call: their level and message.
func (o *office) said() string {
	var all []string
	for line := range strings.Lines(o.log.String()) {
		_, line, _ = strings.Cut(line, "level=")
		level, line, _ := strings.Cut(line, " msg=")
		message := strings.Trim(strings.Split(line, `" `)[0], "\"\n")
		all = append(all, level+" "+message)
	}
	o.log.Reset()
	return strings.Join(all, "\n")
}

// A certificate that is renewed is taken in, one that cannot be used leaves the one from before in its
// place, and both are said once; files that are copied one after the other are no fault.
func TestIdentityIsRenewed(t *testing.T) {
	o := newOffice(t)
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	first, second := o.sign(now, 90*days), o.sign(now, 180*days)
	o.write(first)
	id, err := Open(o.config)
	o.ok(err)
	logger := slog.New(slog.NewTextHandler(&o.log, nil))
	look := func(what, want string, left time.Duration, kinds ...view.Kind) {
		t.Helper()
		id.look(now, logger)
		if got := o.said(); got != want {
			t.Errorf("%s: the log says %q, want %q", what, got, want)
		}
		if got := id.Leaf().NotAfter.Sub(now); got != left {
			t.Errorf("%s: what is shown ends in %s, want %s", what, got, left)
		}
		var got []view.Kind
		for _, n := range id.Notices(now) {
			got = append(got, n.Kind)
			if n.Text == "" || !strings.HasSuffix(n.Detail, ".") {
				t.Errorf("%s: %+v", what, n)
			}
		}
		if len(got) != len(kinds) || len(got) > 0 && got[0] != kinds[0] {
			t.Errorf("%s: %v, want %v", what, got, kinds)
		}
	}
	const refused, taken = "ERROR certificate of the pages cannot be read again: the one from before is shown", "INFO certificate of the pages taken in"
	look("as it was", "", 90*days)
	o.write(second)
	look("renewed", taken, 180*days)
	look("as it is now", "", 180*days)

	o.write(certificate.Content{Cert: first.Cert, Key: second.Key})
	look("half of it is copied", "", 180*days)
	o.write(first)
	look("and the rest", taken, 90*days)

	o.write(certificate.Content{Cert: first.Cert, Key: second.Key})
	look("another's key", "", 90*days)
	look("and it stays", refused, 90*days, view.KindOwnCertificateFiles)
	look("it is said once", "", 90*days, view.KindOwnCertificateFiles)
	o.ok(os.Remove(o.config.TLS.CertFile))
	look("gone", "", 90*days, view.KindOwnCertificateFiles)
	look("gone for good", "", 90*days, view.KindOwnCertificateFiles)
	o.write(first)
	look("the one from before is back", taken, 90*days)

	now = now.Add(90*days - certificate.Soon + time.Second)
	left := certificate.Soon - time.Second
	look("it ends soon", "WARN certificate of the pages ends soon: renew it", left, view.KindOwnCertificate)
	look("which is said once", "", left, view.KindOwnCertificate)
	now = now.Add(certificate.Soon)
	look("it has ended", "ERROR certificate of the pages is refused by those who come: renew it", -time.Second, view.KindOwnCertificate)
	third := o.sign(now, 30*days)
	o.write(third)
	look("renewed at last", taken+"\nINFO certificate of the pages is good", 30*days)

	o.config.Phones.BaseURL = "https://other.example.com"
	id.Use(o.config)
	look("phones come by another name", "ERROR certificate of the pages is refused by those who come: renew it", 30*days, view.KindOwnCertificate)
	o.config.Phones.BaseURL = "https://desks.example.com"
	o.config.TLS.KeyFile += ".new"
	id.Use(o.config) // a reload: what it names cannot be read
	look("a reload", "INFO certificate of the pages is good", 30*days)
	look("and after it", refused, 30*days, view.KindOwnCertificateFiles)
	o.write(third)
	look("the key is there", taken, 30*days)
}

// The files are looked at every ten seconds, and until the daemon ends.
func TestIdentityIsWatched(t *testing.T) {
	o := newOffice(t)
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		o.write(o.sign(now, 90*days))
		id, err := Open(o.config)
		o.ok(err)
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			id.Watch(ctx, clock.Clock{}, func() *slog.Logger { return slog.New(slog.DiscardHandler) })
			close(ended)
		}()
		time.Sleep(time.Second)
		o.write(o.sign(now, 180*days))
		time.Sleep(lookEvery)
		if got := id.Leaf().NotAfter.Sub(now); got != 180*days {
			t.Errorf("what is shown ends in %s", got)
		}
		end()
		<-ended
	})
	var none *Identity
	none.Watch(t.Context(), clock.Clock{}, nil)
	none.Use(o.config)
	if len(none.Notices(time.Now())) > 0 || none.Failed(handshake+"x") {
		t.Error("there is none, and it says something")
	}
	if id, err := Open(configs.Config{}); id != nil || err != nil {
		t.Errorf("without TLS: %v", err)
	}
	o.ok(os.Remove(o.config.TLS.KeyFile))
	if _, err := Open(o.config); err == nil || !strings.Contains(err.Error(), "key.pem: no such file") {
		t.Errorf("without a key: %v", err)
	}
}

// By TLS one comes with 1.2 or newer and HTTP/1.1; who does not come through is counted by why, and is
// no fault of deskd's. Both doors share the places of a crowd.
func TestDoors(t *testing.T) {
	o := newOffice(t)
	o.write(o.sign(time.Now(), 90*days))
	id, err := Open(o.config)
	o.ok(err)
	secure, err := id.Listen(t.Context(), o.config.TLS.Listen)
	o.ok(err)
	if _, err := id.Listen(t.Context(), secure.Addr().String()); err == nil || !strings.Contains(err.Error(), "(key tls.listen)") {
		t.Errorf("twice at one address: %v", err)
	}
	others := make(chan string, 10)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ErrorLog: log.New(lines(func(line string) {
			if !id.Failed(line) {
				others <- line
			}
		}), "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
	}
	crowd := Admit(server)
	go server.Serve(crowd.Door(secure)) //nolint:errcheck // it is closed
	defer server.Close()
	ask := func(scheme string, c *tls.Config) (string, error) {
		way := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true, DisableKeepAlives: true}
		defer way.CloseIdleConnections()
		resp, err := (&http.Client{Transport: way, Timeout: 5 * time.Second}).Get(scheme + "://" + secure.Addr().String() + "/")
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if got, err := ask("https", &tls.Config{RootCAs: o.ca.Pool(), MaxVersion: version}); got != "HTTP/1.1" || err != nil {
			t.Errorf("%s: %q, %v", tls.VersionName(version), got, err)
		}
	}
	for why, c := range map[Failure]*tls.Config{
		Refused: {RootCAs: certificatetest.NewAuthority(t).Pool()},
		TooOld:  {RootCAs: o.ca.Pool(), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, //nolint:gosec // it has to be refused
	} {
		if _, err := ask("https", c); err == nil {
			t.Errorf("%s: it came through", why)
		}
	}
	if got, _ := ask("http", nil); !strings.Contains(got, "HTTP request to an HTTPS server") {
		t.Errorf("without TLS: %q", got)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all := id.Failures()
		crowd.mu.Lock()
		inside := len(crowd.guests)
		crowd.mu.Unlock()
		if all[string(Refused)] == 1 && all[string(TooOld)] == 1 && all[string(NoTLS)] == 1 && inside == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%v, and %d have a place for good", all, inside)
		}
	}
	select {
	case line := <-others:
		t.Errorf("the log says %s", line)
	default:
	}
}

// Whoever comes by TLS has one of the places that there are for all, and gives way as all do.
func TestDoorsShareTheirPlaces(t *testing.T) {
	o := newOffice(t)
	o.write(o.sign(time.Now(), 90*days))
	id, err := Open(o.config)
	o.ok(err)
	secure, err := id.Listen(t.Context(), o.config.TLS.Listen)
	o.ok(err)
	plain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	o.ok(err)
	crowd, idle := newCrowd(1), make(chan struct{}, 10)
	server := &http.Server{ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), ConnContext: crowd.known,
		Handler: crowd.served(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})),
		ConnState: func(conn net.Conn, state http.ConnState) {
			if crowd.note(conn, state); state == http.StateIdle {
				idle <- struct{}{}
			}
		}}
	for _, l := range []net.Listener{plain, secure} {
		go server.Serve(crowd.Door(l)) //nolint:errcheck // it is closed
	}
	defer server.Close()
	ask := func(conn net.Conn, err error) net.Conn {
		t.Helper()
		o.ok(err)
		t.Cleanup(func() { _ = conn.Close() })
		o.ok(conn.SetDeadline(time.Now().Add(5 * time.Second)))
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		o.ok(err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		o.ok(err)
		o.ok(resp.Body.Close())
		<-idle
		return conn
	}
	first := ask(net.Dial("tcp", plain.Addr().String()))
	second := ask(tls.Dial("tcp", secure.Addr().String(), &tls.Config{RootCAs: o.ca.Pool()}))
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the first has a place beside one by TLS: %v", err)
	}
	ask(net.Dial("tcp", plain.Addr().String()))
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("one by TLS has a place beside another")
	}
}

// lines is a writer of lines.
type lines func(string)

func (l lines) Write(line []byte) (int, error) {
	l(string(line))
	return len(line), nil
}

// What the standard library says of those who do not come through, as it stands there.
func TestFailures(t *testing.T) {
	for text, want := range map[string]Failure{
		"remote error: tls: unknown certificate authority":         Refused,
		"remote error: tls: bad certificate":                       Refused,
		"remote error: tls: expired certificate":                   Refused,
		"tls: client offered only unsupported versions: [301]":     TooOld,
		"tls: no cipher suite supported by both client and server": TooOld,
		"remote error: tls: protocol version not supported":        TooOld,
		"tls: first record does not look like a TLS handshake":     NoTLS,
		"client sent an HTTP request to an HTTPS server":           NoTLS,
		"EOF":                             BrokenOff,
		"read tcp 127.0.0.1: i/o timeout": BrokenOff,
	} {
		if got := failureOf("10.20.0.1:40000: " + text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if (&Identity{}).Failed("http: panic serving 10.20.0.1:1: x") {
		t.Error("a panic is taken for one")
	}
}
