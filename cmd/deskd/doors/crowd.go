package doors

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// mostConnections is how many browsers, probers and scrapers are served at once.
// Each costs some 40 KB, and what it has not yet read of a page.
const mostConnections = 256

// Connections are ended, where one more is to have their place, in this order:
//
//	it has asked for nothing yet            mute      after 0.2 s
//	it has been answered and may ask again  idle      at once
//	it has just been opened                 mute      at once
//	its answer is being made, or read       at work   after 10 s
//
// A request or two need milliseconds until they are read, and a page a second: who
// opens connections and says nothing on them, or half of a request, or asks and does
// not read, has the place only while nobody else wants it.
const (
	silence = 200 * time.Millisecond
	reading = 10 * time.Second
)

// Crowd are the connections of a server, no more than so many of them open, by whichever door they
// came; one more takes the place of another or waits for one: readers of pages must not use up what
// the phones need, nor the connections that others need.
type Crowd struct {
	most int

	mu     sync.Mutex
	left   *sync.Cond // a connection has ended, or does something else
	guests map[net.Conn]*guest
	shut   bool
}

// guest is what an open connection does, and since when.
type guest struct {
	doing doing
	since time.Time
}

type doing int

const (
	mute doing = iota // no request of it has been read to the end of its headers
	working
	idle
)

// Admit has a server serve no more than [mostConnections] at once, of those that come through the
// doors of the crowd.
func Admit(server *http.Server) *Crowd {
	c := newCrowd(mostConnections)
	server.Handler, server.ConnContext, server.ConnState = c.served(server.Handler), c.known, c.note
	return c
}

func newCrowd(most int) *Crowd {
	c := &Crowd{most: most, guests: make(map[net.Conn]*guest)}
	c.left = sync.NewCond(&c.mu)
	return c
}

// door is a listener of a crowd.
type door struct {
	net.Listener
	crowd *Crowd
}

// Door is a listener whose connections belong to the crowd. Where l speaks TLS, the server does: its
// connections are let in before their handshake, so that it keeps nobody out.
func (c *Crowd) Door(l net.Listener) net.Listener { return door{l, c} }

// Accept implements [net.Listener].
func (d door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	d.crowd.admit(conn)
	return conn, nil
}

// admit waits until a connection has a place.
func (c *Crowd) admit(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.guests) >= c.most && !c.shut {
		goes, wait := c.first(time.Now())
		if goes == nil {
			again := time.AfterFunc(wait, c.left.Broadcast)
			c.left.Wait()
			again.Stop()
			continue
		}
		delete(c.guests, goes)
		_ = goes.Close() // the server notices, and says so to note
	}
	c.guests[conn] = &guest{mute, time.Now()}
}

// first is the connection to end; where there is none it says how long none will be.
func (c *Crowd) first(now time.Time) (goes net.Conn, wait time.Duration) {
	longest := make(map[doing]net.Conn)
	for conn, g := range c.guests {
		if other := longest[g.doing]; other == nil || g.since.Before(c.guests[other].since) {
			longest[g.doing] = conn
		}
	}
	age := func(conn net.Conn) time.Duration { return now.Sub(c.guests[conn].since) }
	switch eldest := longest[mute]; {
	case eldest != nil && (longest[idle] == nil || age(eldest) >= silence):
		return eldest, 0
	case longest[idle] != nil:
		return longest[idle], 0
	case longest[working] == nil:
		return nil, reading // there is no place at all
	case age(longest[working]) >= reading:
		return longest[working], 0
	}
	return nil, reading - age(longest[working])
}

// note takes in what has become of a connection: it is the server's ConnState. An
// active one has sent a byte, which may be all there is.
func (c *Crowd) note(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateActive:
		c.set(conn, mute)
	case http.StateIdle:
		c.set(conn, idle)
	case http.StateHijacked, http.StateClosed:
		c.mu.Lock()
		delete(c.guests, conn)
		c.mu.Unlock()
		c.left.Broadcast()
	}
}

// set notes what a connection does. Bytes do not make a mute one younger.
func (c *Crowd) set(conn net.Conn, does doing) {
	c.mu.Lock()
	if g, open := c.guests[conn]; open && (g.doing != mute || does != mute) {
		*g = guest{does, time.Now()}
	}
	c.mu.Unlock()
	c.left.Broadcast()
}

// guestKey is the key of a request's connection in its context.
type guestKey struct{}

// known is the server's ConnContext.
func (c *Crowd) known(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, conn)
}

// served notes that a request has been read, and has next answer it. A body that
// next has left unread is then waited for as a request is.
func (c *Crowd) served(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(guestKey{}).(net.Conn)
		c.set(conn, working)
		if r.ContentLength != 0 {
			defer c.set(conn, mute)
		}
		next.ServeHTTP(w, r)
	})
}

// Close implements [net.Listener]; who waits for a place is let in, to be turned
// away by the server.
func (d door) Close() error {
	d.crowd.mu.Lock()
	d.crowd.shut = true
	d.crowd.mu.Unlock()
	d.crowd.left.Broadcast()
	return d.Listener.Close()
}
