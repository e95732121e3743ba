package emapi

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

func notSent(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrNotSent, cause)
}

func unknown(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrUnknownOutcome, cause)
}

// send posts one message and decodes the answer. Every error it returns wraps
// [ErrNotSent] or [ErrUnknownOutcome], starts with what, and is free of the
// password.
func (c *Client) send(ctx context.Context, what, message string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if ctx.Err() != nil {
		return reply{}, notSent(what, context.Cause(ctx))
	}
	var conn connTrace
	req, err := c.request(httptrace.WithClientTrace(ctx, conn.hooks()), message)
	if err != nil {
		return reply{}, notSent(what, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if conn.never() || dialling(err) {
			return reply{}, notSent(what, c.scrubbed(bare(err)))
		}
		return reply{}, unknown(what, c.scrubbed(bare(err)))
	}
	defer func() { _ = resp.Body.Close() }()
	if err := checkStatus(resp.StatusCode); err != nil {
		return reply{}, fmt.Errorf("%s: %w", what, err)
	}
	r, err := readReply(resp.Body)
	if err != nil {
		return reply{}, unknown(what, c.scrubbed(err))
	}
	return r, nil
}

func (c *Client) request(ctx context.Context, message string) (*http.Request, error) {
	form := url.Values{"xml": {message}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form))
	if err != nil {
		return nil, errors.New("build request: the URL is unusable")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req, nil
}

// checkStatus lets 200 through, which the service uses for refusals too. A
// redirect, a client error and 503 come from the web server, before the
// service has seen the message; any other status may come after its effect.
func checkStatus(status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case 300 <= status && status < 500, status == http.StatusServiceUnavailable:
		return fmt.Errorf("%w: the web server answered HTTP %d instead of the EM service", ErrNotSent, status)
	}
	return fmt.Errorf("%w: HTTP %d", ErrUnknownOutcome, status)
}

func readReply(body io.Reader) (reply, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxReply+1))
	if err != nil {
		return reply{}, fmt.Errorf("receive reply: %w", err)
	}
	if len(text) > maxReply {
		return reply{}, fmt.Errorf("receive reply: it is larger than %d bytes", maxReply)
	}
	return decode(text)
}

// connTrace watches whether a request ever had a connection. Without one no
// byte can have left.
type connTrace struct{ wanted, got atomic.Bool }

func (t *connTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	}
}

// never is only sure of a transport that reports its connections at all.
func (t *connTrace) never() bool { return t.wanted.Load() && !t.got.Load() }

// dialling reports whether err arose before a connection stood. Package
// net/http dials again behind a connection that closed before the first byte,
// so this holds even where an earlier connection was had.
func dialling(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// bare removes the method and address that package net/http puts around an
// error; the caller knows them.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// scrub removes the password from text that came from outside: a server may
// repeat the request it could not understand.
func (c *Client) scrub(text string) string {
	secret := c.password.reveal()
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(secret)) // a buffer never fails
	for _, form := range []string{secret, escaped.String(), url.QueryEscape(secret), url.QueryEscape(escaped.String())} {
		text = strings.ReplaceAll(text, form, masked)
	}
	return text
}

// scrubbed returns err, or an error of its text without the password where
// that differs.
func (c *Client) scrubbed(err error) error {
	if text := c.scrub(err.Error()); text != err.Error() {
		return scrubbedError{text, err}
	}
	return err
}

// scrubbedError is what errors.Is says its cause is, but does not hand it out:
// the cause's text holds the password.
type scrubbedError struct {
	text  string
	cause error
}

func (e scrubbedError) Error() string { return e.text }

func (e scrubbedError) Is(target error) bool { return errors.Is(e.cause, target) }
