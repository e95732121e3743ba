package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"deskd/emapi/emulator"
)

// secured serves the phone system with a certificate of its own making, and
// returns the pin of its key. The certificate is in cucm.pem.
func (w *world) secured(shape func(*x509.Certificate)) (pin string) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cucm"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	shape(template)
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(w.phones)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	server.StartTLS()
	w.t.Cleanup(server.Close)
	w.url = server.URL + emulator.Path
	w.write("cucm.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// trusting writes the configuration with a line more about the cluster.
func (w *world) trusting(line string) {
	w.t.Helper()
	w.write("deskd.yaml", strings.Replace(w.config(), "    app_id", "    "+line+"\n    app_id", 1))
}

// Whatever is wrong with a certificate is told, and the password is not sent.
func TestDoctorCertificates(t *testing.T) {
	notShort(t, "runs doctor for each kind of certificate")
	t.Parallel()
	const (
		other   = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
		foreign = "its certificate is signed by none of those in ca_file (DIR/other.pem)"
		into    = "put the certificate of the phone system, or of its authority, into that file"
		instead = "; or, once you have compared it with the server's own, pin_sha256: [PIN] in the place of ca_file"
	)
	for name, c := range map[string]struct {
		shape       func(*x509.Certificate)
		trust       string
		says, fixes string // PIN stands for that of the server's key
	}{
		"untrusted": {func(*x509.Certificate) {}, "",
			"its certificate is signed by nobody this machine trusts",
			"put the certificate of the phone system, or of its authority, into a file and name that in ca_file; or, once you have compared it with the server's own, pin_sha256: [PIN]"},
		"expired": {func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC)
		}, "ca_file: cucm.pem",
			"its certificate is valid from 2020-01-02 to 2021-01-02 only",
			"renew the certificate, or correct this machine's clock"},
		"another name": {func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"cucm.example.com", "cucm"} }, "ca_file: cucm.pem",
			"its certificate is for cucm.example.com, cucm, not for 127.0.0.1",
			"use one of these names in url; or, once you have compared it with the server's own, pin_sha256: [PIN]"},
		"common name only": {func(c *x509.Certificate) { c.IPAddresses = nil }, "ca_file: cucm.pem",
			`its certificate names the server in the Common Name only ("cucm"), which counts no more`,
			"have it made with a Subject Alternative Name; or, once you have compared it with the server's own, pin_sha256: [PIN]"},
		"another key": {func(*x509.Certificate) {}, `pin_sha256: ["` + other + `"]`,
			`verify server key: sha256 "PIN" is none of the pinned ones`,
			"if the certificate was renewed, and only then, pin_sha256 has to have that value"},
		"another authority": {func(*x509.Certificate) {}, "ca_file: other.pem",
			foreign, into + instead},
		"another authority, pinned": {func(*x509.Certificate) {}, "ca_file: other.pem\n    pin_sha256: [PIN]",
			foreign + ", though its key is a pinned one", into + ", or leave ca_file out: the pin decides alone then"},
		"another authority and key": {func(*x509.Certificate) {}, `ca_file: other.pem` + "\n    " + `pin_sha256: ["` + other + `"]`,
			foreign + ", and its key is none of the pinned ones", "correct url, if that is another server; if the certificate was renewed, " + into + instead},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).furnish()
			w.secured(func(*x509.Certificate) {})
			ca, err := os.ReadFile(w.path("cucm.pem"))
			if err != nil {
				t.Fatal(err)
			}
			w.write("other.pem", string(ca))
			pin := w.secured(c.shape)
			w.trusting(strings.ReplaceAll(c.trust, "PIN", pin))
			in := strings.NewReplacer("PIN", pin).Replace
			w.finds(1, "wrong", "cluster main", in(c.says), in(c.fixes))
			if sent := w.phones.Stats().Requests; len(sent) > 0 {
				t.Errorf("the server was sent %v", sent)
			}
		})
	}
}

// TLS that deskd does not speak is named, with the way out.
func TestDoctorOldTLS(t *testing.T) {
	notShort(t, "runs doctor for each kind of TLS")
	t.Parallel()
	const common, shared = "it and deskd have no version or cipher suite of TLS in common", "let it offer TLS 1.2 or 1.3 with ECDHE cipher suites" + relay
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, rsaKey.Public(), rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	own := []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: rsaKey}}
	for name, c := range map[string]struct {
		Server      *tls.Config
		says, fixes string
	}{
		"1.0": {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "it speaks TLS 1.0 at most, and deskd speaks TLS 1.2 or newer",
			"update the phone system to a release with TLS 1.2, or enable it there" + relay},
		"1.1": {&tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}, "it speaks TLS 1.1 at most, and deskd speaks TLS 1.2 or newer",
			"update the phone system to a release with TLS 1.2, or enable it there" + relay},
		"RSA key exchange": {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
			"it exchanges keys by RSA alone (TLS_RSA_WITH_AES_128_GCM_SHA256): anyone who gets its key can read all that was ever sent, and deskd does not take part",
			"let it offer ECDHE cipher suites (Cisco Unified OS Administration, Security, Cipher Management)" + relay},
		"nothing in common": {&tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{Certificates: own, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, nil
		}}, common, shared},
		"a certificate of ours": {&tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			"it asks for a certificate of deskd's own, which an EM service does not", "correct the port of url: it is 8443 as a rule"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).furnish()
			c.Server.Certificates = own
			server := httptest.NewUnstartedServer(w.phones)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Listener = tls.NewListener(server.Listener, c.Server)
			server.Start()
			t.Cleanup(server.Close)
			w.url = "https://" + server.Listener.Addr().String() + emulator.Path
			w.write("deskd.yaml", w.config())
			w.write("cucm.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
			w.trusting("ca_file: cucm.pem")
			w.finds(1, "wrong", "cluster main", c.says, c.fixes)
			if sent := w.phones.Stats().Requests; len(sent) > 0 {
				t.Errorf("the server was sent %v", sent)
			}
		})
	}
}

// What a password looks like changes no diagnosis, and no diagnosis shows it.
func TestDoctorDiagnosisUnderRedaction(t *testing.T) {
	notShort(t, "runs doctor for each kind of error")
	noRaces(t)
	t.Parallel()
	for _, password := range []string{"EOF", "tls", "handshake", "receive", "reply", "connection", "refused", "malformed", "timeout", "certificate", "HTTP"} {
		t.Run(password, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).furnish()
			w.phones.Change(func(o *emulator.Options) { o.Password = password })
			w.write("em-password", password)
			w.fault(emulator.Fault{Action: emulator.Reset, Count: 1})
			w.finds(1, "wrong", "cluster main", "it ended the connection without an answer", "ask again; look at the firewalls between, and at the EM service's log")
			w.write("deskd.yaml", strings.Replace(w.config(), "http://", "https://", 1))
			w.finds(1, "wrong", "cluster main", "it does not speak TLS on that port", "correct the port of url: it is 8443 as a rule; http:// is for an EM service on this machine")
			w.answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<response>")
			w.finds(1, "wrong", "cluster main", "it broke off in the middle of its answer", "ask again; look at the firewalls between, and at the EM service's log")
		})
	}
}

// answering puts a server in the phone system's place that answers whatever it is
// asked with the same bytes, and hangs up.
func (w *world) answering(bytes string) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			_, _ = io.ReadAtLeast(c, make([]byte, 4096), 1)
			_, _ = io.WriteString(c, bytes)
			_ = c.Close()
		}
	}()
	w.write("deskd.yaml", strings.Replace(w.config(), w.url, "http://"+l.Addr().String()+emulator.Path, 1))
}

// While a refused password waits, it is still looked whether the phone system
// can be reached, without a question.
func TestDoctorLooksWhileARefusalWaits(t *testing.T) {
	notShort(t, "runs doctor beside a daemon")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("em-password", "guess\n")
	w.write("deskd.yaml", strings.Replace(w.config(), w.url, w.url+"\n    failover_urls: [http://127.0.0.1:1"+emulator.Path+"]", 1))
	w.contains(w.run("doctor"), 1, "with this password (code 3)")
	asked := w.phones.Stats().Requests["deviceUserQuery"]
	host := strings.TrimSuffix(strings.TrimPrefix(w.url, "http://"), emulator.Path)
	w.finds(1, "ok", "cluster main at "+host, "it can be reached", "")
	w.finds(1, "wrong", "cluster main at 127.0.0.1:1", "nothing listens on 127.0.0.1 port 1: the connection is refused", "correct host and port in url (8443 as a rule), or start the phone system's Tomcat")
	if got := w.phones.Stats().Requests["deviceUserQuery"]; got != asked {
		t.Errorf("%d questions were sent while the refusal waits", got-asked)
	}
}

// Plain HTTP on a port for TLS: a web server that says so, and one that answers
// with an alert.
func TestDoctorPlainOnTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.secured(func(*x509.Certificate) {})
	const says, fix = "it does not take plain HTTP on that port: that is one for TLS, it seems", "write https:// instead of http:// in url"
	w.write("deskd.yaml", strings.Replace(w.config(), "https://", "http://", 1))
	w.finds(1, "wrong", "cluster main", says, fix)
	w.answering("\x15\x03\x01\x00\x02\x02\x50")
	w.finds(1, "wrong", "cluster main", says, fix)
}

// What the doctor advises helps: a certificate with a Common Name only, pinned.
func TestDoctorPin(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	pin := w.secured(func(c *x509.Certificate) { c.IPAddresses = nil })
	w.trusting("pin_sha256: [" + pin + "]")
	w.finds(0, "ok", "cluster main", "it answers and accepts deskd's credentials", "")
}

// The pin that the doctor offers is that of the server's key, even if it was the
// certificate of an authority, sent along, that could not be verified.
func TestDoctorPinOfAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	id, err := emulator.NewIdentity(nil, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(w.phones)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Listener = tls.NewListener(server.Listener, w.phones.TLSConfig(id))
	server.Start()
	t.Cleanup(server.Close)
	w.url = "https://" + server.Listener.Addr().String() + emulator.Path
	w.write("deskd.yaml", w.config())
	w.contains(w.run("doctor"), 1, "its certificate is signed by nobody this machine trusts", "pin_sha256: ["+id.Pin()+"]")
	w.trusting("pin_sha256: [" + id.Pin() + "]")
	w.finds(0, "ok", "cluster main", "it answers and accepts deskd's credentials", "")
}

// The phone system's clock is read from its answers.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		w.phones.ServeHTTP(answer, r)
		maps.Copy(rw.Header(), answer.Header())
		rw.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes()) // a doctor that goes away says so itself
	}))
	t.Cleanup(server.Close)
	w.url = server.URL + emulator.Path
	w.write("deskd.yaml", w.config())
	w.contains(w.run("doctor"), 0, "odd    cluster main  its clock is 1h0m", " behind this machine's -> set both by NTP")
}

// A wrong password is sent once, and not by the daemon that is started next; what was repaired on the phone system's side is told
// to the daemon.
func TestDoctorSparesTheAccount(t *testing.T) {
	notShort(t, "runs doctor over and over")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("em-password", "guess\n")
	refused := func() int { return w.phones.Stats().Codes[3] }
	w.contains(w.run("doctor"), 1, "with this password (code 3)")
	d := w.serve()
	w.contains(w.run("doctor"), 1, "wrong  cluster main  it refuses the password since ", "and the password is still the same: it is not sent again before ",
		"deskd doctor --again asks once more")
	w.contains(w.run("list", "clusters"), 0, "CLUSTER  STATE    SINCE", "main     refused  ", "application id or password wrong (code 3)")
	w.contains(w.run("plan"), 1, "it refuses deskd since ", "with --seen")
	w.contains(w.run("explain", "--desk", "D1"), 0, "   none of it is sent: the cluster refuses deskd since ", "password wrong (code 3)")
	w.contains(w.run("plan", "--seen"), 0, "Nothing to do")
	if got := refused(); got != 1 {
		t.Errorf("the wrong password was sent %d times, want once: by the doctor", got)
	}
	w.phones.Change(func(o *emulator.Options) { o.Password = "guess" })
	w.contains(w.run("doctor", "--again"), 0, "ok     cluster main  the daemon, which was held back, goes on at once")
	eventually(t, 15*time.Second, "the daemon goes on", func() bool { status, _ := d.get("/readyz"); return status == http.StatusOK })
	w.contains(w.run("list", "clusters"), 0, "main     not-refused  -      -            -")
}

// Whichever verb is refused first keeps it for the others.
func TestRefusedPasswordIsKept(t *testing.T) {
	notShort(t, "runs four verbs against a phone system that refuses")
	t.Parallel()
	for name, verb := range map[string][]string{
		"doctor": {"doctor"}, "plan": {"plan"}, "reconcile": {"reconcile"}, "probe": {"probe-duration", "--desk", "D1", "--person", "user0001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).furnish()
			w.write("em-password", "guess\n")
			for range 3 {
				w.contains(w.run(verb...), 1)
			}
			w.contains(w.run("list", "clusters"), 0, "main     refused  ")
			if got := w.phones.Stats().Codes[3]; got != 1 {
				t.Errorf("the wrong password was sent %d times in three runs", got)
			}
		})
	}
}

// A password that was corrected is used, although the one before was refused.
func TestDoctorAsksWithAnotherPassword(t *testing.T) {
	notShort(t, "runs doctor over and over")
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("em-password", "guess\n")
	w.contains(w.run("reconcile"), 1, "refuses deskd")
	w.contains(w.run("reconcile"), 1, "refuses deskd")
	if got := w.phones.Stats().Codes[3]; got != 1 {
		t.Errorf("two reconciliations have sent the wrong password %d times", got)
	}
	w.write("em-password", testPassword+"\n")
	w.contains(w.run("doctor"), 0, "ok     cluster main  it answers and accepts deskd's credentials")
	w.contains(w.run("reconcile"), 0, "Every phone shows what the bookings say.")
}

// A daemon that waits because two before it ended without an answer is told
// when the password turns out to be right.
func TestDoctorLetsInAfterLostTries(t *testing.T) {
	notShort(t, "runs doctor over and over")
	t.Parallel()
	w := newWorld(t).furnish()
	w.exec("INSERT INTO cluster_states VALUES ('main', '', '', 0, '', NULL, NULL, 2, ?, 0, 0, '', '', 0, '')", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	d := w.serve()
	eventually(t, 5*time.Second, "the daemon waits", func() bool { return strings.Contains(d.log.String(), "has ended 2 times") })
	w.contains(w.run("doctor"), 0, "ok     cluster main  the daemon, which was held back, goes on at once")
	eventually(t, 20*time.Second, "the daemon goes on", func() bool { status, _ := d.get("/readyz"); return status == http.StatusOK })
}

// relay is the way out that doctor names where deskd does not speak a phone system's TLS.
const relay = ", or let a relay on this machine speak TLS to it (stunnel, say) and write the relay's http://127.0.0.1:PORT in url"
