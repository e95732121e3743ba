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
	"strings"
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

// A token says what changed, and servers get it wrong: some leave changes out while
// they are written to, some take the token of a deleted calendar for that of its
// successor. So the members are listed whole
//
//   - once in listAgain, whatever the server says;
//   - until a listing brings nothing new, when the calendar has changed, as its
//     tag, a token or a listing tells: some tags and tokens are seconds, in which
//     more may change. A listing of n members is left to stand for n times
//     restPerMember, so that large calendars are mostly followed by their changes.
const (
	listAgain     = time.Hour
	restPerMember = 20 * time.Millisecond
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
	URL  *url.URL // that answered; nil for that of the request
}

// Send sends a request and brings the whole answer, whatever its status. Its error
// says that there is no answer, or none of use.
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
	// Data is its text, nil if it was never fetched.
	Data []byte
	// Err says why the object could not be fetched; Data then is its last text.
	Err error
}

// Collection is the mirror of one calendar. Make one with [New]. It is not safe
// for concurrent use.
type Collection struct {
	send    Send
	home    *url.URL
	queries bool // it does not say what changed: it is asked for everything
	plain   bool // it does not serve several objects at once
	token   string
	whole   listing
	members map[string]string // path → ETag, as of token
	bodies  map[string]body
}

// listing is when the members were last listed whole.
type listing struct {
	at      time.Time // zero: never, or the listing is no longer valid
	of      identity  // as it was asked for before
	changed bool      // it, or a token since, brought something new
}

// identity is what a collection says of itself.
type identity struct {
	id  string // of the resource (RFC 5842 3.1)
	tag string // that changes with its members (CalendarServer's ctag)
}

// body is the last text of a member.
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
// to; of others, all there are. The error is [Send]'s, a [*StatusError], a
// [*NoCalendarError], or one that says what the server did.
func (c *Collection) Sync(ctx context.Context, from, to, now time.Time) ([]Object, error) {
	objects, err := c.sync(ctx, from, to, now)
	var status *StatusError
	var none *NoCalendarError
	if errors.As(err, &none) || errors.As(err, &status) && (status.Code == http.StatusNotFound || status.Code == http.StatusGone) {
		c.forget()
	}
	return objects, err
}

func (c *Collection) sync(ctx context.Context, from, to, now time.Time) ([]Object, error) {
	is, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	if is.id != c.whole.of.id {
		c.forget()
	}
	l, err := c.list(ctx, from, to, c.outdated(is, now))
	if err != nil {
		return nil, err
	}
	for _, path := range l.named {
		c.doubt(path)
	}
	if len(l.members) > maxObjects {
		return nil, fmt.Errorf("the calendar has more than %d objects", maxObjects)
	}
	changed := !maps.Equal(l.members, c.members)
	if err := c.fill(ctx, l.members); err != nil {
		return nil, err
	}
	c.members, c.token = l.members, l.token
	if l.whole {
		c.whole = listing{at: now, of: is}
	}
	c.whole.changed = c.whole.changed || changed
	maps.DeleteFunc(c.bodies, func(path string, _ body) bool { _, member := c.members[path]; return !member })
	return c.objects(), nil
}

// outdated reports whether the members are to be listed whole, for which see
// [listAgain].
func (c *Collection) outdated(is identity, now time.Time) bool {
	age := now.Sub(c.whole.at)
	if c.whole.at.IsZero() || age < 0 || age >= listAgain {
		return true
	}
	changed := c.whole.changed || is.tag != c.whole.of.tag
	return changed && age >= time.Duration(len(c.members))*restPerMember
}

// forget drops what the mirror knows of the calendar: the next one at its address may
// be another. Its objects are fetched even under known ETags, which some servers count
// from one for each object.
func (c *Collection) forget() {
	c.token, c.whole = "", listing{}
	for path := range c.bodies {
		c.doubt(path)
	}
}

// doubt lets the body of a member be fetched again, whatever its ETag.
func (c *Collection) doubt(path string) {
	if b, had := c.bodies[path]; had {
		b.etag = ""
		c.bodies[path] = b
	}
}

func (c *Collection) objects() []Object {
	all := make([]Object, 0, len(c.members))
	for _, at := range slices.Sorted(maps.Keys(c.members)) {
		b := c.bodies[at]
		all = append(all, Object{path.Base(at), b.data, b.err})
	}
	return all
}

// identify asks the collection what it is, and makes sure that it is a calendar: other
// collections answer the same questions, and look empty. If there has been none yet, it
// looks for those that the user may mean.
func (c *Collection) identify(ctx context.Context) (identity, error) {
	m, err := c.ask(ctx, "PROPFIND", "0", identityRequest())
	for _, r := range m.responses {
		if p := r.properties(); p.Type != nil && p.Type.Calendar != nil {
			return identity{strings.TrimSpace(p.ID.Href), strings.TrimSpace(p.CTag)}, nil
		}
	}
	if err == nil {
		err = &NoCalendarError{}
	}
	if c.members != nil || !pointless(err) {
		return identity{}, err
	}
	found, findErr := Find(ctx, c.home, c.send)
	var elsewhere *ElsewhereError
	switch {
	case errors.As(findErr, &elsewhere):
		return identity{}, findErr
	case len(found) == 0: // the error of the address itself says more
		return identity{}, err
	}
	return identity{}, &NoCalendarError{found}
}

// pointless reports whether err says that there is no calendar at an address,
// rather than that none could be seen.
func pointless(err error) bool {
	var status *StatusError
	var none *NoCalendarError
	if errors.As(err, &status) {
		return status.Code/100 == 4 || status.Code/100 == 2 || status.Code == http.StatusNotImplemented
	}
	return errors.As(err, &none) || errors.Is(err, errXML)
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
