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

// list returns the paths of all members with their ETags, "" where the server
// gives none, and the token that stands for them.
func (c *Collection) list(ctx context.Context, from, to time.Time) (map[string]string, string, error) {
	if !c.queries {
		members, token, err := c.changes(ctx)
		if !errors.Is(err, errNoSync) {
			return members, token, err
		}
		c.queries = true
	}
	members := make(map[string]string)
	return members, "", c.query(ctx, members, from, to)
}

// changes asks what changed since the last token. A token the server does not
// know any more, which happens by design, is given up for all there is.
func (c *Collection) changes(ctx context.Context) (map[string]string, string, error) {
	if c.token != "" {
		members := maps.Clone(c.members)
		token, err := c.pages(ctx, members, c.token)
		if !declined(err) {
			return members, token, err
		}
	}
	members := make(map[string]string)
	token, err := c.pages(ctx, members, "")
	if declined(err) {
		err = errNoSync
	}
	return members, token, err
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

// pages brings members from the state of token to the present one, whose token
// it returns. Servers may give it in parts, each with a token to go on from.
func (c *Collection) pages(ctx context.Context, members map[string]string, token string) (string, error) {
	for n := range maxPages {
		m, err := c.ask(ctx, "REPORT", "0", changesRequest(token))
		if err == nil && m.token == "" {
			err = errNoSync // Quirk: some answer questions they do not understand with nothing
		}
		if declined(err) && n > 0 { // a server that began to answer can answer: the status must not reach the caller
			return "", errors.New("the server breaks off its list of changes: " + err.Error())
		}
		if err != nil {
			return "", err
		}
		m.apply(members)
		if !m.truncated() {
			return m.token, nil
		}
		if m.token == token {
			return "", errors.New("the server gives the same part of the calendar again and again")
		}
		token = m.token
	}
	return "", fmt.Errorf("the server gives the calendar in more than %d parts", maxPages)
}

// apply brings a list of changes into members. Only 404 says that a member has
// gone; one whose state is not given is there, and will be asked for.
func (m multistatus) apply(members map[string]string) {
	for _, r := range m.responses {
		path, ok := r.path()
		switch {
		case !ok || r.code() == http.StatusInsufficientStorage:
		case r.code() == http.StatusNotFound:
			delete(members, path)
		default:
			members[path] = r.properties().ETag
		}
	}
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
