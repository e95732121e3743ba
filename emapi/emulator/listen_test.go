package emulator

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"deskd/emapi"
)

// serveOn serves e on its own kind of listener until the test ends.
func serveOn(t *testing.T, e *Emulator, id *Identity) (address string) {
	t.Helper()
	l, err := e.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	s := httptest.NewUnstartedServer(e)
	_ = s.Listener.Close()
	s.Listener = l
	if id != nil {
		s.Listener = tls.NewListener(l, e.TLSConfig(id))
	}
	s.Start()
	t.Cleanup(s.Close)
	return address
}

// A service that is down refuses connections and drops those it has; it comes
// back at the same address.
func TestListenerClosesWhileDown(t *testing.T) {
	e := newWorld(Options{})
	address := serveOn(t, e, nil)
	kept, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	fresh := func() *emapi.Client {
		return newClient(t, "http://"+address, &http.Transport{DisableKeepAlives: true})
	}
	if err := fresh().Logout(t.Context(), phone1); err != nil {
		t.Errorf("at first: %v", err)
	}
	for range 3 {
		e.Down(true)
		if err := fresh().Logout(t.Context(), phone1); !errors.Is(err, emapi.ErrNotSent) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("down: %v", err)
		}
		e.Down(false)
		if err := fresh().Logout(t.Context(), phone1); err != nil {
			t.Errorf("up again: %v", err)
		}
	}
	if _, err := io.ReadAll(kept); err == nil {
		t.Error("a connection outlived the service")
	}
	if s := e.Stats(); s.Requests["logout"] != 4 || s.Down {
		t.Errorf("stats are %+v", s)
	}
}

// An outage of limited time ends by itself, for the doors too.
func TestDownFor(t *testing.T) {
	clock := &handClock{at(0)}
	e := newWorld(Options{Now: clock.Now})
	press(t, e, phone1, "user0001")
	near := newClient(t, "http://cucm", e.Transport())
	e.DownFor(30 * time.Second)
	e.SwitchVersion()
	clock.now = at(29)
	if err := near.Logout(t.Context(), phone1); !errors.Is(err, emapi.ErrNotSent) || !e.Stats().Down {
		t.Errorf("during the outage: %v", err)
	}
	clock.now = at(30)
	if err := near.Logout(t.Context(), phone1); err != nil || e.Stats().Down || e.Stats().Codes[emapi.CodeNobody] != 1 {
		t.Errorf("after the outage: %v", err)
	}
	e.DownFor(time.Minute)
	e.DownFor(0)
	if err := near.Logout(t.Context(), phone1); err != nil {
		t.Errorf("an outage called off: %v", err)
	}
}

func TestListenerOpensAfterOutage(t *testing.T) {
	e := newWorld(Options{})
	address := serveOn(t, e, nil)
	e.DownFor(time.Millisecond)
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the listener stays closed: %v", err)
		}
	}
}

// A listener whose address another program took while it was closed fails, and
// one made while the service is down waits.
func TestListenerWithoutAddress(t *testing.T) {
	e := newWorld(Options{})
	e.Down(true)
	l, err := e.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	thief, err := net.Listen("tcp", l.Addr().String())
	if err != nil {
		t.Fatalf("the address is not free while the service is down: %v", err)
	}
	defer func() { _ = thief.Close() }()
	e.Down(false)
	if _, err := l.Accept(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("accept: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after the end: %v", err)
	}
	if _, err := e.Listen(t.Context(), thief.Addr().String()); err == nil {
		t.Error("two listeners at one address")
	}
}

// Reset and lost replies over TLS are what they are without.
func TestResetOverTLS(t *testing.T) {
	id, err := NewIdentity(nil, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e := newWorld(Options{})
	address := serveOn(t, e, id)
	settings, err := emapi.TLSConfig("", []string{id.Pin()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddFault(Fault{Action: Reset, Effect: true}); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, "https://"+address, emapi.NewTransport(settings))
	err = c.Login(t.Context(), emapi.LoginRequest{Device: phone1, User: "user0001"})
	if !errors.Is(err, emapi.ErrUnknownOutcome) || !errors.Is(err, syscall.ECONNRESET) || len(e.Sessions()) != 1 {
		t.Errorf("error is %v with the sessions %+v", err, e.Sessions())
	}
}
