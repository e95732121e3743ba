package doors

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// However many connections there are, no more than the bound are open; the one
// that has been idle for longest makes room, and one at work never does.
func TestCrowd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const most = 3
	crowd := newCrowd(most)
	var highest atomic.Int64
	held := make(chan struct{})
	inside, idle := make(chan struct{}, 10), make(chan struct{}, 10)
	server := &http.Server{
		ConnContext: crowd.known,
		Handler: crowd.served(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inside <- struct{}{}
			if r.URL.Path == "/held" {
				<-held
			}
		})),
		ReadHeaderTimeout: time.Minute,
		ConnState: func(conn net.Conn, state http.ConnState) {
			crowd.note(conn, state)
			switch state {
			case http.StateNew:
				crowd.mu.Lock()
				highest.Store(max(highest.Load(), int64(len(crowd.guests))))
				crowd.mu.Unlock()
			case http.StateIdle:
				idle <- struct{}{}
			}
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(crowd.Door(listener)) }()

	dial := func() net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	get := func(conn net.Conn, path string) {
		if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	answered := func(conn net.Conn) bool {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil
	}
	busy := dial()
	get(busy, "/held")
	<-inside
	first, second := dial(), dial()
	for _, conn := range []net.Conn{first, second} {
		get(conn, "/")
		if <-inside; !answered(conn) {
			t.Fatal("no answer")
		}
		<-idle // and before the next is
	}
	third := dial()
	get(third, "/")
	if <-inside; !answered(third) {
		t.Error("no answer to one more: nobody made room")
	}
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the one that was idle for longest is open: %v", err)
	}
	get(second, "/")
	if <-inside; !answered(second) {
		t.Error("another one made room")
	}
	close(held)
	if !answered(busy) {
		t.Error("one at work was ended")
	}
	if highest.Load() != most {
		t.Errorf("%d were open at once", highest.Load())
	}

	full := newCrowd(0).Door(listener) // nobody is ever let in
	refused := make(chan error, 1)
	go func() {
		_, err := full.Accept()
		refused <- err
	}()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := full.Close(); err == nil { // closed already
		t.Error("closed twice")
	}
	<-refused
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// Connections on which nothing is asked, or half a request, or one without its body,
// keep nobody out, however many they are and however often they come back.
func TestSilentCrowd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const most = 4
	crowd := newCrowd(most)
	held, inside := make(chan struct{}), make(chan struct{})
	server := &http.Server{
		Handler: crowd.served(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/held" {
				close(inside)
				<-held
			}
		})),
		ConnContext: crowd.known, ConnState: crowd.note, ReadHeaderTimeout: time.Minute,
	}
	go server.Serve(crowd.Door(listener)) //nolint:errcheck // it is closed
	defer server.Close()
	ask := func(text string) net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	busy := ask("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-inside
	for _, text := range []string{"", "G", "GET / HTTP/1.1\r\nHost: localhost\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"} {
		for range 3 {
			for range most {
				ask(text)
			}
			began := time.Now()
			conn := ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || time.Since(began) > time.Second {
				t.Fatalf("beside connections that say %q: %v after %s", text, err, time.Since(began))
			}
		}
	}
	close(held)
	if _, err := http.ReadResponse(bufio.NewReader(busy), nil); err != nil {
		t.Errorf("one at work was ended: %v", err)
	}
}

// Which connection gives way: see [silence].
func TestFirstToGo(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		guests []guest // the first is to go, if any is
		wait   time.Duration
	}{
		"nobody":                  {nil, reading},
		"the silent":              {[]guest{{mute, now.Add(-silence)}, {idle, now.Add(-time.Minute)}, {working, now.Add(-time.Hour)}}, 0},
		"the longest silent":      {[]guest{{mute, now.Add(-2 * silence)}, {mute, now.Add(-silence)}}, 0},
		"the idle":                {[]guest{{idle, now}, {mute, now}, {working, now.Add(-time.Hour)}}, 0},
		"the longest idle":        {[]guest{{idle, now.Add(-time.Second)}, {idle, now}}, 0},
		"the new":                 {[]guest{{mute, now}, {working, now.Add(-time.Hour)}}, 0},
		"who does not read":       {[]guest{{working, now.Add(-reading)}, {working, now}}, 0},
		"nobody of those at work": {[]guest{{working, now.Add(-reading / 4)}, {working, now}}, reading * 3 / 4},
	} {
		crowd := newCrowd(0)
		conns := make([]net.Conn, len(c.guests))
		for i, g := range c.guests {
			conns[i] = &net.TCPConn{}
			crowd.guests[conns[i]] = &g
		}
		goes, wait := crowd.first(now)
		if (goes != nil) != (c.wait == 0) || goes != nil && goes != conns[0] || wait != c.wait {
			t.Errorf("%s: %v, wait %s", name, goes, wait)
		}
	}
}
