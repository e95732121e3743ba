package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// mostConnections is how many browsers, probers and scrapers are served at once.
// Each costs some 40 KB, and what it has not yet read of a page.
const mostConnections = 256

// crowd is a listener that has no more than so many connections open. One more
// takes the place of the one that has been idle for longest, or waits until one of
// them is: readers of pages must not use up what the phones need.
type crowd struct {
	net.Listener
	most int

	mu   sync.Mutex
	left *sync.Cond             // a connection has ended or become idle
	idle map[net.Conn]time.Time // open connections, and since when they are idle; zero while they are not
	shut bool
}

func newCrowd(l net.Listener, most int) *crowd {
	c := &crowd{Listener: l, most: most, idle: make(map[net.Conn]time.Time)}
	c.left = sync.NewCond(&c.mu)
	return c
}

// Accept implements [net.Listener].
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.idle) >= c.most && !c.shut {
		longest := c.longestIdle()
		if longest == nil {
			c.left.Wait()
			continue
		}
		delete(c.idle, longest)
		_ = longest.Close() // the server notices, and says so to note
	}
	c.idle[conn] = time.Time{}
	return conn, nil
}

// longestIdle is the connection to end, nil when all are at work.
func (c *crowd) longestIdle() net.Conn {
	var longest net.Conn
	for conn, since := range c.idle {
		if !since.IsZero() && (longest == nil || since.Before(c.idle[longest])) {
			longest = conn
		}
	}
	return longest
}

// note takes in what has become of a connection: it is the server's ConnState.
func (c *crowd) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.idle[conn]; !open {
		return
	}
	switch state {
	case http.StateNew, http.StateActive:
		c.idle[conn] = time.Time{}
		return
	case http.StateIdle:
		c.idle[conn] = time.Now()
	case http.StateHijacked, http.StateClosed:
		delete(c.idle, conn)
	}
	c.left.Broadcast()
}

// Close implements [net.Listener]; who waits for a place is let in, to be turned
// away by the server.
func (c *crowd) Close() error {
	c.mu.Lock()
	c.shut = true
	c.mu.Unlock()
	c.left.Broadcast()
	return c.Listener.Close()
}
