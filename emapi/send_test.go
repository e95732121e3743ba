package emapi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rawServer answers each connection with the bytes that serve writes, after it
// has read the request.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			serve(conn)
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

func statusServer(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = l.Close() })
	return c.LocalAddr().String() // nobody listens there, and nobody else can
}

const okReply = "<?xml version=\"1.0\"?>\n<response>\n<success/>\n</response>\n"

// Which of the three failures it is decides whether the daemon may send again,
// so each is met over real connections.
func TestFailureOfSending(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is the point
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	header := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
	write := func(text string) func(net.Conn) {
		return func(c net.Conn) { _, _ = io.WriteString(c, text) }
	}
	tests := map[string]struct {
		url  string
		want error
	}{
		"refused connection":    {"http://" + closedPort(t), ErrNotSent},
		"unknown host":          {"http://no-such-host.invalid", ErrNotSent},
		"untrusted server":      {untrusted.URL, ErrNotSent},
		"TLS to a plain port":   {"https" + strings.TrimPrefix(plain.URL, "http"), ErrNotSent},
		"redirect":              {statusServer(t, 302, okReply), ErrUnknownOutcome},
		"redirect that resends": {statusServer(t, 307, okReply), ErrUnknownOutcome},
		"unauthorized":          {statusServer(t, 401, ""), ErrUnknownOutcome},
		"forbidden":             {statusServer(t, 403, okReply), ErrUnknownOutcome},
		"not found":             {statusServer(t, 404, okReply), ErrUnknownOutcome},
		"not allowed":           {statusServer(t, 405, ""), ErrUnknownOutcome},
		"too large":             {statusServer(t, 413, ""), ErrUnknownOutcome},
		"too many":              {statusServer(t, 429, ""), ErrUnknownOutcome},
		"unavailable":           {statusServer(t, 503, okReply), ErrUnknownOutcome},
		"time-out of a gateway": {statusServer(t, 504, ""), ErrUnknownOutcome},
		"server error":          {statusServer(t, 500, okReply), ErrUnknownOutcome},
		"bad gateway":           {statusServer(t, 502, ""), ErrUnknownOutcome},
		"accepted":              {statusServer(t, 202, okReply), ErrUnknownOutcome},
		"closed unanswered":     {rawServer(t, write("")), ErrUnknownOutcome},
		"reset":                 {rawServer(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), ErrUnknownOutcome},
		"no HTTP":               {rawServer(t, write("hello\r\n\r\n")), ErrUnknownOutcome},
		"cut off":               {rawServer(t, write(header+okReply)), ErrUnknownOutcome},
		"silent":                {rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), ErrUnknownOutcome},
		"silent after header":   {rawServer(t, func(c net.Conn) { write(header)(c); _, _ = io.Copy(io.Discard, c) }), ErrUnknownOutcome},
		"oversize":              {statusServer(t, 200, okReply+strings.Repeat("\n", maxReply)), ErrUnknownOutcome},
		"not yet oversize":      {statusServer(t, 200, okReply+strings.Repeat("\n", maxReply-len(okReply))), nil},
		"success":               {statusServer(t, 200, okReply), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := New(Config{URL: tt.url, AppID: "deskd", Password: NewSecret(testPassword), Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer c.http.CloseIdleConnections()
			err = c.Login(t.Context(), LoginRequest{Device: testDevice, User: "jane"})
			if !errors.Is(err, tt.want) {
				t.Errorf("error is %v, expected %v", err, tt.want)
			}
			if strings.HasPrefix(name, "silent") && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v does not say that the time was over", err)
			}
			if errors.Is(err, ErrNotSent) && errors.Is(err, ErrUnknownOutcome) {
				t.Errorf("error %v is two things at once", err)
			}
		})
	}
}

// Package net/http tries again, by itself, only what never left. A service that
// breaks off after reading must see each request once.
func TestRequestIsSentOnce(t *testing.T) {
	var seen atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if seen.Add(1) > 1 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		}
		_, _ = io.WriteString(w, okReply)
	}))
	defer s.Close()
	c, err := New(Config{URL: s.URL, AppID: "deskd", Password: NewSecret(testPassword)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.http.CloseIdleConnections()
	if err := c.Logout(t.Context(), testDevice); err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context(), testDevice); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("error is %v on a kept connection, expected %v", err, ErrUnknownOutcome)
	}
	if n := seen.Load(); n != 2 {
		t.Errorf("the service saw %d requests, expected 2", n)
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := newTestClient(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		t.Error("the request was sent")
		return answer(okReply), nil
	}))
	if err := c.Logout(ctx, testDevice); !errors.Is(err, ErrNotSent) || !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if err := c.Logout(t.Context(), "SEP?"); !errors.Is(err, ErrUnsendable) {
		t.Errorf("error of a bad name is %v", err)
	}
}

// A connection that is slow to come about was never had: the time-out leaves
// nothing behind.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := NewTransport(nil)
		release := make(chan struct{})
		defer close(release)
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			<-release // package net/http dials on for the next request
			return nil, errors.New("never connected")
		}
		began := time.Now()
		err := newTestClient(t, transport).Logout(t.Context(), testDevice)
		if !errors.Is(err, ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error while dialling is %v", err)
		}
		hang := roundTripFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		err = newTestClient(t, hang).Logout(t.Context(), testDevice)
		if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error while waiting is %v", err)
		}
		if took := time.Since(began); took != 2*DefaultTimeout {
			t.Errorf("two time-outs took %v", took)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{URL: "https://cucm:8443/emservice/EMServiceServlet", AppID: "deskd", Password: NewSecret("x")}
	change := func(f func(*Config)) Config { cfg := good; f(&cfg); return cfg }
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	bad := map[string]Config{
		"zero":              {},
		"other scheme":      change(func(c *Config) { c.URL = "ftp://cucm/" }),
		"no host":           change(func(c *Config) { c.URL = "https:///x" }),
		"unreadable":        change(func(c *Config) { c.URL = "https://user:hunter2@cucm:x/" }),
		"password in URL":   change(func(c *Config) { c.URL = "https://user:hunter2@cucm/" }),
		"query in URL":      change(func(c *Config) { c.URL = "https://cucm/?token=hunter2" }),
		"no application":    change(func(c *Config) { c.AppID = "" }),
		"no password":       change(func(c *Config) { c.Password = Secret{} }),
		"unsendable secret": change(func(c *Config) { c.Password = NewSecret("hunter2\x00") }),
		"negative time-out": change(func(c *Config) { c.Timeout = -1 }),
	}
	for name, cfg := range bad {
		_, err := New(cfg)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
	if _, err := New(Config{}); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not every mistake is named: %v", err)
	}
}

func TestTransportIsNotInsecure(t *testing.T) {
	tr := NewTransport(nil)
	if tr.Proxy != nil || tr.TLSClientConfig.MinVersion != tls.VersionTLS12 || tr.TLSClientConfig.InsecureSkipVerify {
		t.Errorf("transport has proxy %v and TLS %+v", tr.Proxy != nil, tr.TLSClientConfig)
	}
}

// late is a body whose connection is closed under it when the time is over.
type late struct{ over <-chan struct{} }

func (l late) Read([]byte) (int, error) { <-l.over; return 0, net.ErrClosed }
func (l late) Close() error             { return nil }

// That the connection is closed is not why.
func TestAnswerThatTakesTooLong(t *testing.T) {
	door := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: late{r.Context().Done()}}, nil
	})
	c, err := New(Config{URL: "http://cucm/", AppID: "deskd", Password: NewSecret(testPassword), HTTP: door, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context(), testDevice); !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, expected that the deadline is over", err)
	}
}
