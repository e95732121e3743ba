package caldav

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// errNoSync says that a server does not tell what changed.
var errNoSync = errors.New("the server does not synchronise collections")

// errBroken says that a server gave a part of the changes, and no more.
var errBroken = errors.New("the server breaks off its list of changes")

// list is what there is: the paths of all members with their ETags, "" where the
// server gives none, and the token that stands for them.
type list struct {
	members map[string]string
	token   string
	whole   bool // rather than brought about by changes
	// named are the members that have changed since the last token. Their bodies
	// have, even under known ETags.
	//
	// Quirk: SOGo's ETags count the changes of an object, so that the first of its
	// name in a calendar that was made again has the one of its predecessor.
	named []string
}

// list asks what there is, all of it if whole is set.
func (c *Collection) list(ctx context.Context, from, to time.Time, whole bool) (list, error) {
	if !c.queries {
		l, err := c.changes(ctx, whole)
		if !errors.Is(err, errNoSync) {
			return l, err
		}
		c.queries = true
	}
	l := list{members: make(map[string]string), whole: true}
	return l, c.query(ctx, l.members, from, to)
}

// changes asks what changed since the last token, and for all there is if whole
// is set. A token that the server does not know any more, which happens by design,
// is given up for that, too.
func (c *Collection) changes(ctx context.Context, whole bool) (list, error) {
	l := list{members: maps.Clone(c.members)}
	if c.token != "" {
		err := c.pages(ctx, &l, c.token)
		if !spent(err) && (err != nil || !whole) {
			return l, err
		}
	}
	all := list{members: make(map[string]string), whole: true}
	err := c.pages(ctx, &all, "")
	if declined(err) {
		err = errNoSync
	}
	all.named = l.named
	return all, err
}

// spent reports whether err, to a request with a token, may be for the token's
// sake: any answer that is not a list may be.
//
// Quirk: Xandikos answers 500 to a token of a calendar that was deleted.
func spent(err error) bool {
	var status *StatusError
	return errors.As(err, &status) || errors.Is(err, errNoSync) || errors.Is(err, errXML) || errors.Is(err, errBroken)
}

// declined reports whether err is a server's way to say that it cannot answer
// this question, rather than that it cannot answer now or to us. There are many:
// 403 with a precondition (RFC 6578 3.2), 400, 405, 409, 410, 412, 415, 501.
func declined(err error) bool {
	var status *StatusError
	if !errors.As(err, &status) {
		return errors.Is(err, errNoSync)
	}
	switch status.Code {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	case http.StatusNotImplemented, http.StatusInsufficientStorage:
		return true
	}
	return status.Code/100 == 4
}

// pages brings l from the state of token to the present one. Servers may give it
// in parts, each with a token to go on from.
func (c *Collection) pages(ctx context.Context, l *list, token string) error {
	for n := range maxPages {
		m, err := c.ask(ctx, "REPORT", "0", changesRequest(token))
		if err == nil && m.token == "" {
			err = errNoSync // Quirk: some answer questions they do not understand with nothing
		}
		if declined(err) && n > 0 { // a server that began to answer can answer: the status must not reach the caller
			return fmt.Errorf("%w: %s", errBroken, err.Error())
		}
		if err != nil {
			return err
		}
		l.named = append(l.named, m.apply(l.members)...)
		if !m.truncated() {
			l.token = m.token
			return nil
		}
		if m.token == token {
			return fmt.Errorf("%w: it gives the same part again and again", errBroken)
		}
		token = m.token
	}
	return fmt.Errorf("the server gives the calendar in more than %d parts", maxPages)
}

// apply brings a list of changes into members, and returns the paths of those
// that are there. Only 404 says that a member has gone; one whose state is not
// given is there, and will be asked for.
func (m multistatus) apply(members map[string]string) []string {
	var there []string
	for _, r := range m.responses {
		path, ok := r.path()
		switch {
		case !ok || r.code() == http.StatusInsufficientStorage:
		case r.code() == http.StatusNotFound:
			delete(members, path)
		default:
			members[path] = r.properties().ETag
			there = append(there, path)
		}
	}
	return there
}

// shortest is the shortest time a query is cut into.
const shortest = time.Hour

// query adds the members that have an event between from and to. A server that
// lists only a part of them is asked again for each half.
func (c *Collection) query(ctx context.Context, members map[string]string, from, to time.Time) error {
	m, err := c.ask(ctx, "REPORT", "1", queryRequest(from, to))
	var status *StatusError
	part := errors.As(err, &status) && status.Code == http.StatusInsufficientStorage
	if err != nil && !part {
		return err
	}
	m.apply(members)
	if !part && !m.truncated() {
		return nil
	}
	half := to.Sub(from) / 2
	if half < shortest {
		return errors.New("the server lists only a part of the calendar, even of a single hour")
	}
	middle := from.Add(half).Truncate(time.Second)
	if err := c.query(ctx, members, from, middle); err != nil {
		return err
	}
	return c.query(ctx, members, middle, to)
}
