package emapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

func notSent(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrNotSent, cause)
}

func unknown(what string, cause error) error {
	return fmt.Errorf("%s: %w: %w", what, ErrUnknownOutcome, cause)
}

// nodeError is why a node gave no answer.
type nodeError struct {
	kind   error // ErrNotSent or ErrUnknownOutcome
	unseen bool  // the node has not seen the request: another one may
	cause  error
}

// outgoing is a message on its way to the nodes.
type outgoing struct {
	what string // the operation and its target, for errors
	form string
	// asks says that it changes nothing: whatever one node did with it, another
	// one may be asked as well.
	asks bool
}

// mayFailOver reports whether l may go to another node after t.
func (l outgoing) mayFailOver(t *nodeError) bool {
	return t.unseen || l.asks && errors.Is(t.kind, ErrUnknownOutcome)
}

// send posts one message to the nodes in turn, until one has seen it, or for a
// question until one has answered it, and decodes the answer. Every error it
// returns wraps [ErrNotSent] or [ErrUnknownOutcome], starts with the operation,
// and is free of the password.
func (c *Client) send(ctx context.Context, what, message string, asks bool) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if ctx.Err() != nil {
		return reply{}, notSent(what, context.Cause(ctx))
	}
	l := outgoing{what: what, form: "xml=" + url.QueryEscape(message), asks: asks}
	order := c.nodes.order(time.Now())
	silent := make(map[int]error) // saw the question and gave no answer; that may be the question's fault
	var kind, tried error
	for i, n := range order {
		to := c.nodes.all[n]
		r, t := c.post(ctx, to, l, len(order)-i)
		if t == nil {
			for n, cause := range silent {
				c.nodes.passed(n, cause)
			}
			c.nodes.answered(n, time.Now())
			return r, nil
		}
		kind, tried = t.kind, c.joined(tried, to, t)
		if t.unseen {
			c.nodes.passed(n, c.scrubbed(t.cause))
		} else {
			silent[n] = c.scrubbed(t.cause)
		}
		if !l.mayFailOver(t) || ctx.Err() != nil {
			break
		}
	}
	return reply{}, fmt.Errorf("%s: %w: %w", what, kind, tried)
}

// joined adds what happened at a node to what happened at those before. A single
// node needs no name: the caller knows it.
func (c *Client) joined(before error, at node, t *nodeError) error {
	cause := c.scrubbed(t.cause)
	switch {
	case len(c.nodes.all) == 1:
		return cause
	case before == nil:
		return fmt.Errorf("node %s: %w", at.host, cause)
	}
	return fmt.Errorf("%w; node %s: %w", before, at.host, cause)
}

// post sends l to one node, of left that may still be asked.
func (c *Client) post(ctx context.Context, to node, l outgoing, left int) (reply, *nodeError) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var conn connTrace
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		// A dead node swallows what is sent to it: without a share of its own it would
		// use up the time of the nodes behind it. A question waits no longer either.
		patience := time.Until(deadline) / time.Duration(left)
		timer := time.AfterFunc(patience, func() {
			switch {
			case conn.never():
				cancel(fmt.Errorf("no connection within %v", patience.Round(time.Millisecond)))
			case l.asks:
				cancel(fmt.Errorf("no answer within %v", patience.Round(time.Millisecond)))
			}
		})
		defer timer.Stop()
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, conn.hooks()), http.MethodPost, to.url, strings.NewReader(l.form))
	if err != nil {
		return reply{}, &nodeError{kind: ErrNotSent, cause: errors.New("build request: the URL is unusable")}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	guarded(req, l.form)
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, unsent(ctx, &conn, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return reply{}, &nodeError{kind: ErrUnknownOutcome, cause: notOK(resp.StatusCode)}
	}
	r, err := readReply(resp.Body)
	if date, bad := http.ParseTime(resp.Header.Get("Date")); err == nil && bad == nil {
		c.dated.Store(&date)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil { // rather than that the connection is closed
			err = fmt.Errorf("receive reply: %w", cause)
		}
		return reply{}, &nodeError{kind: ErrUnknownOutcome, cause: err}
	}
	return r, nil
}

// unsent says of a request without a response whether it has left.
func unsent(ctx context.Context, conn *connTrace, err error) *nodeError {
	switch {
	case errors.Is(err, errNotNow): // nor may it go to another node
		return &nodeError{kind: ErrNotSent, cause: bare(err)}
	case distrusted(err):
		return &nodeError{kind: ErrNotSent, unseen: true, cause: fmt.Errorf("%w: %w", ErrCertificate, bare(err))}
	case conn.never() || dialling(err):
		return &nodeError{kind: ErrNotSent, unseen: true, cause: bare(err)}
	}
	return &nodeError{kind: ErrUnknownOutcome, cause: because(ctx, bare(err))}
}

// because is why a request ended, if this side ended it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

// notOK is the error of a status other than 200, which the service uses for
// refusals too. No status proves that the service has not seen the message: a
// balancer or a filter may answer in its place after the effect.
func notOK(status int) error {
	return fmt.Errorf("the web server answered HTTP %d instead of the EM service", status)
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

// distrusted reports whether err is that of a server whose certificate or key
// was not accepted. The handshake comes before the request: nothing was sent.
func distrusted(err error) bool {
	var chain *tls.CertificateVerificationError
	return errors.As(err, &chain) || errors.Is(err, errPin)
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

func (c *Client) refusal(op, target string, f failure) error {
	return &Error{Op: op, Target: target, Code: f.code, Text: clip(c.scrub(clipTo(f.text, longText)))}
}
