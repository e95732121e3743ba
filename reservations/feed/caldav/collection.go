package caldav

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"
)

// The limits of a calendar.
const (
	maxObjects    = 200_000
	maxObject     = 4 << 20 // bytes
	maxUnreadable = 100
	maxPages      = 10_000
	batch         = 50 // objects asked for at once
)

// Request is what is to be sent.
type Request struct {
	Method string
	URL    *url.URL
	Depth  string // of the header (RFC 4918 10.2); empty for none
	Body   []byte // XML; nil for none
}

// Answer is what came back, after redirections.
type Answer struct {
	Code int
	Body []byte
}

// Send sends a request and brings the whole answer, whatever its status. Its
// error says that there is none, or none that is worth looking at.
type Send func(ctx context.Context, r Request) (Answer, error)

// StatusError is an answer whose status ends a synchronisation.
type StatusError struct {
	Method string
	Code   int
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %d %s to %s", e.Code, http.StatusText(e.Code), e.Method)
}

// Object is a calendar object resource: an event with all its instances
// (RFC 4791 4.1).
type Object struct {
	Name string // the last part of its address
	// Data is its text, nil if it was never had.
	Data []byte
	// Err says why the object could not be had; Data then is what it was before.
	Err error
}

// Collection is the mirror of one calendar. Make one with [New]. It is not safe
// for concurrent use.
type Collection struct {
	send    Send
	home    *url.URL
	probed  bool
	queries bool // it does not say what changed: it is asked for what there is
	plain   bool // it does not give several objects at once
	token   string
	members map[string]string // path → ETag, as of token
	bodies  map[string]body
}

// body is what was last had of a member.
type body struct {
	etag string
	data []byte
	err  error
}

// New returns an empty mirror of the calendar at home.
func New(home *url.URL, send Send) *Collection {
	return &Collection{send: send, home: home, bodies: make(map[string]body)}
}

// Sync brings the mirror up to date and returns all objects, by name. Of servers
// that do not say what changed, it returns those with an event between from and
// to; of others, all there are. The error is [Send]'s, a [*StatusError], or one
// that says what the server did.
func (c *Collection) Sync(ctx context.Context, from, to time.Time) ([]Object, error) {
	if err := c.probe(ctx); err != nil {
		return nil, err
	}
	members, token, err := c.list(ctx, from, to)
	if err != nil {
		return nil, err
	}
	if len(members) > maxObjects {
		return nil, fmt.Errorf("the calendar has more than %d objects", maxObjects)
	}
	if err := c.fill(ctx, members); err != nil {
		return nil, err
	}
	c.members, c.token = members, token
	maps.DeleteFunc(c.bodies, func(path string, _ body) bool { _, member := members[path]; return !member })
	return c.objects(), nil
}

func (c *Collection) objects() []Object {
	all := make([]Object, 0, len(c.members))
	for _, at := range slices.Sorted(maps.Keys(c.members)) {
		b := c.bodies[at]
		all = append(all, Object{path.Base(at), b.data, b.err})
	}
	return all
}

// probe makes sure that there is a calendar: other collections answer the same
// questions, and seem to be empty.
func (c *Collection) probe(ctx context.Context) error {
	if c.probed {
		return nil
	}
	m, err := c.ask(ctx, "PROPFIND", "0", probeRequest())
	if err != nil {
		return err
	}
	for _, r := range m.responses {
		if t := r.properties().Type; t != nil && t.Calendar != nil {
			c.probed = true
			return nil
		}
	}
	return errors.New("there is no calendar at this address of the server; the address of the calendar itself is needed")
}

// ask sends a request about the collection, and reads the answer.
func (c *Collection) ask(ctx context.Context, method, depth string, text []byte) (multistatus, error) {
	answer, err := c.send(ctx, Request{method, c.home, depth, text})
	if err != nil {
		return multistatus{}, err
	}
	if answer.Code != http.StatusMultiStatus {
		return multistatus{}, &StatusError{method, answer.Code}
	}
	return parse(answer.Body)
}
