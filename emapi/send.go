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

// trouble is why a node gave no answer.
type trouble struct {
	kind  error // ErrNotSent or ErrUnknownOutcome
	next  bool  // the node has not seen the request: another one may
	cause error
}

// send posts one message to the nodes in turn, until one has seen it, and
// decodes the answer. Every error it returns wraps [ErrNotSent] or
// [ErrUnknownOutcome], starts with what, and is free of the password.
func (c *Client) send(ctx context.Context, what, message string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if ctx.Err() != nil {
		return reply{}, notSent(what, context.Cause(ctx))
	}
	form := "xml=" + url.QueryEscape(message)
	order := c.nodes.order(time.Now())
	var kind, tried error
	for i, n := range order {
		to := c.nodes.all[n]
		r, t := c.post(ctx, to, form, len(order)-i)
		if t == nil {
			c.nodes.answered(n, time.Now())
			return r, nil
		}
		kind, tried = t.kind, c.tell(tried, to, t)
		if t.next {
			c.nodes.passed(n, c.scrubbed(t.cause))
		}
		if !t.next || ctx.Err() != nil {
			break
		}
	}
	return reply{}, fmt.Errorf("%s: %w: %w", what, kind, tried)
}

// tell adds what happened at a node to what happened at those before. A single
// node the caller knows without its name.
func (c *Client) tell(before error, at node, t *trouble) error {
	cause := c.scrubbed(t.cause)
	switch {
	case len(c.nodes.all) == 1:
		return cause
	case before == nil:
		return fmt.Errorf("node %s: %w", at.host, cause)
	}
	return fmt.Errorf("%w; node %s: %w", before, at.host, cause)
}

// post sends the form to one node, of left that may still be asked.
func (c *Client) post(ctx context.Context, to node, form string, left int) (reply, *trouble) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var conn connTrace
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		// A dead node swallows what is sent to it: without a share of its own it
		// would use up the time of those behind it.
		patience := time.Until(deadline) / time.Duration(left)
		timer := time.AfterFunc(patience, func() {
			if conn.never() {
				cancel(fmt.Errorf("no connection within %v", patience.Round(time.Millisecond)))
			}
		})
		defer timer.Stop()
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, conn.hooks()), http.MethodPost, to.url, strings.NewReader(form))
	if err != nil {
		return reply{}, &trouble{kind: ErrNotSent, cause: errors.New("build request: the URL is unusable")}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		switch {
		case distrusted(err):
			return reply{}, &trouble{kind: ErrNotSent, next: true, cause: fmt.Errorf("%w: %w", ErrCertificate, bare(err))}
		case conn.never() || dialling(err):
			return reply{}, &trouble{kind: ErrNotSent, next: true, cause: bare(err)}
		}
		return reply{}, &trouble{kind: ErrUnknownOutcome, cause: bare(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	if t := checkStatus(resp.StatusCode); t != nil {
		return reply{}, t
	}
	r, err := readReply(resp.Body)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil { // rather than that the connection is closed
			err = fmt.Errorf("receive reply: %w", cause)
		}
		return reply{}, &trouble{kind: ErrUnknownOutcome, cause: err}
	}
	return r, nil
}

// checkStatus lets 200 through, which the service uses for refusals too. A
// redirect, a client error and 503 come from the web server, before the
// service has seen the message; any other status may come after its effect.
// Only 503 says that it is this node alone.
func checkStatus(status int) *trouble {
	cause := fmt.Errorf("the web server answered HTTP %d instead of the EM service", status)
	switch {
	case status == http.StatusOK:
		return nil
	case 300 <= status && status < 500, status == http.StatusServiceUnavailable:
		return &trouble{kind: ErrNotSent, next: status == http.StatusServiceUnavailable, cause: cause}
	}
	return &trouble{kind: ErrUnknownOutcome, cause: cause}
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
