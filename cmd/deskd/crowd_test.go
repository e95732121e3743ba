package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
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
	crowd := newCrowd(listener, most)
	var highest atomic.Int64
	held := make(chan struct{})
	inside, idle := make(chan struct{}, 10), make(chan struct{}, 10)
	server := &http.Server{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inside <- struct{}{}
			if r.URL.Path == "/held" {
				<-held
			}
		}),
		ReadHeaderTimeout: time.Minute,
		ConnState: func(conn net.Conn, state http.ConnState) {
			crowd.note(conn, state)
			switch state {
			case http.StateNew:
				crowd.mu.Lock()
				highest.Store(max(highest.Load(), int64(len(crowd.idle))))
				crowd.mu.Unlock()
			case http.StateIdle:
				idle <- struct{}{}
			}
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(crowd) }()

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

	full := newCrowd(listener, 0) // nobody is ever let in
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

// The daemon's own listener has no more connections open than the bound, and lets the
// next one in for the one that has been idle for longest.
func TestDaemonLimitsConnections(t *testing.T) {
	d := newWorld(t).furnish().serve()
	host := strings.TrimPrefix(strings.TrimSuffix(d.page, "/"), "http://")
	var all []net.Conn
	for range 257 {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatalf("connection %d: %v", len(all)+1, err)
		}
		all = append(all, conn)
	}
	if _, err := all[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("connection 1 of %d is open: %v", len(all), err)
	}
}
