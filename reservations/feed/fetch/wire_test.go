package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskd/emapi"
)

// rude is a server of raw connections: it reads a request and answers with what
// say makes of it, until that is "".
func rude(t *testing.T, say func(r *http.Request, nth int) string) string {
	t.Helper()
	at, _ := rudely(t, say)
	return at
}

// rudely is rude, and says each time that a connection has ended.
func rudely(t *testing.T, say func(r *http.Request, nth int) string) (at string, ended <-chan struct{}) {
	t.Helper()
	over := make(chan struct{}, 100)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { conn.Close(); over <- struct{}{} }()
				in := bufio.NewReader(conn)
				for nth := 0; ; nth++ {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					body, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					answer := say(r, nth)
					if answer == "" {
						return
					}
					if _, err := io.WriteString(conn, answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String(), over
}

// greeting is a server that says the same to everything, and closes.
func greeting(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, text)
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

// overWire writes down what a handler answers.
func overWire(h http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s", w.Code, w.Body.Len(), w.Body.String())
}

// A connection that was kept and that the server has closed meanwhile costs one
// more request, of any method; a server that closes every one is not asked for ever.
func TestClosedConnectionsAreRepeatedOnce(t *testing.T) {
	c := &calendars{objects: map[string]string{"a.ics": objectText("a", "20260302T090000Z")}}
	for name, tc := range map[string]struct {
		answers int // of each connection
		want    bool
	}{
		"after each answer": {1, true},
		"after two":         {2, true},
		"after none":        {0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			at := rude(t, func(r *http.Request, nth int) string {
				requests.Add(1)
				if nth >= tc.answers {
					return ""
				}
				return overWire(c, r)
			})
			f := local("caldav+" + at + "/c/")
			body, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if (err == nil) != tc.want || tc.want && len(body.Objects) != 1 {
				t.Errorf("%d objects, error %v", len(body.Objects), err)
			}
			if !tc.want && (!errors.Is(err, errClosed) || requests.Load() != 1) {
				t.Errorf("error %v after %d requests", err, requests.Load())
			}
		})
	}
	t.Run("for good", func(t *testing.T) {
		var requests atomic.Int64
		at := rude(t, func(r *http.Request, _ int) string {
			if requests.Add(1) > 1 {
				return ""
			}
			return overWire(c, r)
		})
		_, err := local("caldav+"+at+"/c/").Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if !errors.Is(err, errClosed) || requests.Load() != 3 {
			t.Errorf("error %v after %d requests", err, requests.Load())
		}
	})
}

// A 304 with a body is an answer like any other, and nothing is logged of it.
func TestBodyBehindNotModified(t *testing.T) {
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	at, ended := rudely(t, func(r *http.Request, _ int) string {
		if r.Header.Get("If-None-Match") == "" {
			return fmt.Sprintf("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: %d\r\n\r\n%s", len(goodFeed), goodFeed)
		}
		return fmt.Sprintf("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: %d\r\n\r\n%s", len(goodFeed), goodFeed)
	})
	f := local(at)
	first, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if body, err := f.Fetch(t.Context(), anyWindow, first.Validators, someTime); err != nil || !body.NotModified {
			t.Errorf("%+v, error %v", body, err)
		}
		<-ended // what net/http logs, it logs before it closes the connection
	}
	if said.Len() > 0 {
		t.Errorf("logged:\n%s", said.String())
	}
}

// What is no web server, or not the one that was asked for, is told by name and
// without its bytes.
func TestWhatAnswersIsNamed(t *testing.T) {
	encrypted := httptest.NewTLSServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes are the point
	t.Cleanup(encrypted.Close)
	secure := strings.Replace(encrypted.URL, "127.0.0.1", "localhost", 1)
	always := func(text string) string { return greeting(t, text) }
	for name, tc := range map[string]struct{ at, says, do string }{
		"h2c":                 {always("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04"), "HTTP/2 without encryption", "HTTP/1.1"},
		"h2c, goes away":      {always("\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), "HTTP/2 without encryption", "HTTP/1.1"},
		"an encrypted server": {always("\x15\x03\x01\x00\x02\x02\x16"), "the server encrypts", "write https"},
		"a mail server":       {always("220 mail.example.com ESMTP\r\n"), "does not speak HTTP", "host and port"},
		"a shell":             {always("SSH-2.0-OpenSSH_9.2\r\n"), "does not speak HTTP", "host and port"},
		"large headers":       {always("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeaders+8<<10) + "\r\n\r\n"), "headers are larger than 65536 bytes", "administrator"},
		"nobody":              {"http://127.0.0.1:1", "connection refused", "nothing listens there"},
		"in the clear":        {strings.Replace(always("HTTP/1.1 400 Bad Request\r\n\r\n"), "http:", "https:", 1), "does not encrypt", "correct the port"},
		"no TLS":              {strings.Replace(always("SSH-2.0-OpenSSH_9.2\r\n"), "http:", "https:", 1), "does not speak TLS", "correct the port"},
		"an old TLS":          {strings.Replace(always("\x15\x03\x01\x00\x02\x02\x46"), "http:", "https:", 1), "protocol version", "agree on no encryption"},
		"unknown authority":   {encrypted.URL, "unknown authority", "in ca_file"},
		"authority and name":  {secure, "certificate", "; "},
		"closed":              {rude(t, func(*http.Request, int) string { return "" }), "closed the connection without an answer", "log"},
		"no such name":        {"https://nothing.invalid", "", "correct the host"},
	} {
		t.Run(name, func(t *testing.T) {
			f := local(tc.at)
			f.Timeout = 5 * time.Second
			_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), tc.do) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), `\x`) {
				t.Errorf("error with bytes: %v", err)
			}
		})
	}
}

// Each answer that is no calendar says what can be done.
func TestStatusHasAdvice(t *testing.T) {
	asks := func(schemes ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Www-Authenticate"] = schemes
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	other := serve(t, asks("Basic realm=x"))
	const user, bearer = "jane", "-"
	for name, tc := range map[string]struct {
		Handler http.HandlerFunc
		as      string // user, bearer or nobody
		want    string
	}{
		"no password":             {asks("Basic realm=x"), "", "it asks for a password: name a user in username"},
		"no password, Digest":     {asks(`Digest realm="x", nonce="y"`), "", "it asks for a password: name a user in username"},
		"no token":                {asks("Bearer"), "", "it asks for a token: name a file with the token in token_file"},
		"wrong password":          {asks("Basic realm=x"), user, "wrong or too old"},
		"wrong digest":            {asks(`Digest realm="x", nonce="y"`), user, "wrong or too old"},
		"wrong token":             {asks("Bearer error=invalid_token"), bearer, "wrong or too old"},
		"nothing said":            {asks(), user, "wrong or too old"},
		"a token for a password":  {asks("Basic realm=x"), bearer, "it takes no token, but asks for Basic"},
		"a token for a digest":    {asks(`Digest realm="x", nonce="y"`), bearer, "it takes no token, but asks for Digest"},
		"a password for a token":  {asks("Bearer"), user, "it takes no password, but asks for a token"},
		"Windows":                 {asks("Negotiate", "NTLM"), user, "it asks for Negotiate or Ntlm, which deskd does not speak"},
		"an unknown digest":       {asks(`Digest realm="x", nonce="y", algorithm=SHA3`), user, "a Digest that deskd does not make"},
		"another origin":          {http.RedirectHandler(other, http.StatusFound).ServeHTTP, user, "the address redirects to " + other + ", which is not told the password"},
		"another origin, unasked": {http.RedirectHandler(other, http.StatusFound).ServeHTTP, "", "the address redirects to " + other},
		"too many redirections":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, "", "copy the one it ends at"},
		"redirected nowhere":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(301) }, "", "copy the one it ends at"},
	} {
		t.Run(name, func(t *testing.T) {
			f := local(serve(t, tc.Handler))
			if tc.as != "" {
				f.source.Credentials = Credentials{Username: strings.Trim(tc.as, bearer), Secret: func() (string, error) { return "s", nil }}
			}
			_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v\nwant %s", err, tc.want)
			}
		})
	}
	for code := 200; code < 600; code++ {
		if text := (&StatusError{Code: code}).advice(); text == "" {
			t.Errorf("%d has no advice", code)
		}
	}
	if err := fmt.Errorf("fetch: %w%s", errDowngrade, Advice(errDowngrade)); !strings.Contains(err.Error(), "stays encrypted") {
		t.Error(err)
	}
}

// A server with a certificate of its own authority is known by ca_file, by the
// pin of its key, or by both; the file is read for each connection.
func TestOwnAuthority(t *testing.T) {
	calendar := &calendars{objects: map[string]string{"a.ics": objectText("a", "20260302T090000Z")}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/x.ics" {
			w.Write(goodFeed)
			return
		}
		calendar.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	pin := sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	fetch := func(at, file string, pins ...string) error {
		f := local(at)
		f.source.TLS = func() (*tls.Config, error) { return emapi.TLSConfig(file, pins) }
		f.transport = newTransport(f.source, nil)
		_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
		return err
	}
	for _, at := range []string{server.URL + "/x.ics", "caldav+" + server.URL + "/c/"} {
		os.Remove(authority)
		if err := fetch(at, authority); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without its file: error %v", err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := os.WriteFile(authority, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := fetch(at, authority); err != nil {
			t.Errorf("with its file: %v", err)
		}
		if err := fetch(at, "", hex.EncodeToString(pin[:])); err != nil {
			t.Errorf("with its pin: %v", err)
		}
		if err := fetch(at, authority, hex.EncodeToString(pin[:])); err != nil {
			t.Errorf("with both: %v", err)
		}
		if err := fetch(at, authority, strings.Repeat("0", 64)); err == nil {
			t.Error("a pin of another key is taken")
		}
		localhost := strings.Replace(at, "127.0.0.1", "localhost", 1)
		var name x509.HostnameError
		if err := fetch(localhost, authority); !errors.As(err, &name) || !strings.Contains(err.Error(), "write a host in url that its certificate names") {
			t.Errorf("another name: %v", err)
		}
	}
	// Whom a feed may reach is decided before.
	f := NewFetcher(Source{URL: server.URL + "/x.ics", TLS: func() (*tls.Config, error) { return emapi.TLSConfig(authority, nil) }})
	if _, err := f.Fetch(context.Background(), anyWindow, Validators{}, someTime); !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("beyond allow_networks: %v", err)
	}
}
