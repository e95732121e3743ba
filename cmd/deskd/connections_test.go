package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
