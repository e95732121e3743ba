package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"deskd/reservations/feed/ical"
)

// maxRedirects is how many redirections of one request are followed.
const maxRedirects = 3

// StatusError is an answer with a status that is no calendar's.
type StatusError struct {
	Code int
	// RetryAfter is how long the server asks clients to wait, 0 when it does not
	// say so (RFC 9110 10.2.3). It has no upper limit here.
	RetryAfter time.Duration
	refusal
}

// refusal is what else is known of an answer 401.
type refusal struct {
	told      string      // what was sent: "bearer", "password" or nothing
	offered   []challenge // the schemes it offers
	elsewhere string      // the origin that answered, if it is not that of the URL
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.Code, http.StatusText(e.Code))
}

func (b browser) statusError(resp *http.Response) error {
	e := &StatusError{Code: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	e.offered = challengesOf(resp.Header)
	if r := resp.Request; !sameOrigin(r.URL, b.login.home) {
		e.elsewhere = Redact(r.URL.Scheme + "://" + r.URL.Host)
	} else if k, err := b.login.read(); err == nil {
		e.told = k.kind
	}
	return e
}

// retryAfter reads seconds, or a date, which is measured against the server's
// own clock: ours may differ.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, until.Sub(now))
}

// browser sends requests of one feed and follows their redirections. It does so
// itself because an http.Client would send the next origin the previous URL, with
// its secrets, as the referer.
type browser struct {
	transport http.RoundTripper
	login     *login // for the feed's own origin only
}

// send returns the response, whose body the caller closes. The response has the
// request that it answers.
func (b browser) send(ctx context.Context, at *url.URL, c call) (*http.Response, error) {
	for range maxRedirects + 1 {
		resp, err := b.ask(ctx, at, c)
		if err != nil {
			return nil, err
		}
		if !redirects(resp.StatusCode) {
			return resp, nil
		}
		resp.Body.Close()
		if at, err = redirected(at, resp.Header.Get("Location")); err != nil {
			return nil, err
		}
	}
	return nil, errRedirections
}

// ask sends a request to where it is meant for, twice if the server says the schemes
// it offers who asks.
func (b browser) ask(ctx context.Context, at *url.URL, c call) (*http.Response, error) {
	if !sameOrigin(at, b.login.home) {
		return b.exchange(ctx, at, c, "")
	}
	k, err := b.login.read()
	if err != nil {
		return nil, err
	}
	resp, err := b.exchange(ctx, at, c, b.login.header(k, c, at))
	if err == nil && resp.StatusCode == http.StatusUnauthorized && b.login.learn(k, resp.Header) {
		resp.Body.Close()
		resp, err = b.exchange(ctx, at, c, b.login.header(k, c, at))
	}
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusUnauthorized:
		b.login.refused()
	default:
		b.login.accepted(resp.Header)
	}
	return resp, nil
}

// exchange sends a request, and retries once if it went into a kept-alive connection
// that the server has closed meanwhile: net/http retries only what it knows to be
// idempotent, which PROPFIND and REPORT are, too (RFC 4918 9.1,
// RFC 3253 3.6).
func (b browser) exchange(ctx context.Context, at *url.URL, c call, authorization string) (*http.Response, error) {
	for repeated := false; ; repeated = true {
		var kept atomic.Bool
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { kept.Store(i.Reused) }}
		r := c.request(httptrace.WithClientTrace(ctx, trace), at)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		resp, err := b.transport.RoundTrip(r)
		if err == nil {
			resp.Request = r
			return resp, nil
		}
		if repeated || !kept.Load() || ctx.Err() != nil {
			return nil, connecting(err)
		}
	}
}

func (c call) request(ctx context.Context, at *url.URL) *http.Request {
	bare := *at
	bare.User, bare.Fragment = nil, ""
	r := &http.Request{Method: c.method, URL: &bare, Header: c.header.Clone(), Host: bare.Host, Close: c.last}
	if c.body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	}
	r.Header.Set("User-Agent", "deskd")
	r.Header.Set("Accept-Encoding", "gzip")
	return r.WithContext(ctx)
}

// sameOrigin reports whether browsers take a and b for one origin:
// scheme, host and port (RFC 6454 4).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

func redirects(code int) bool {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// Errors of redirections.
var (
	errRedirections = fmt.Errorf("more than %d redirections", maxRedirects)
	errNowhere      = errors.New("the server redirects to a place that is no URL")
	errDowngrade    = errors.New("the server redirects from https to something unencrypted")
)

// redirected is where a redirection leads; it never leads from https to http.
func redirected(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, errNowhere
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return nil, errDowngrade
	}
	if err := checkScheme(to); err != nil {
		return nil, fmt.Errorf("the server redirects: %w", err)
	}
	return to, nil
}

func checkScheme(at *url.URL) error {
	switch {
	case at.Scheme == "webcal":
		return errors.New("webcal is https under another name: write https")
	case at.Scheme != "http" && at.Scheme != "https":
		return fmt.Errorf("scheme %q is none of https, http, caldav+https, caldav+http and file", ical.Clip(at.Scheme))
	case at.Host == "":
		return errors.New("the URL names no host")
	}
	return nil
}

// A body may be compressed this much, beyond a first part that costs nothing:
// calendars stay below 50, while a bomb uses the one sequence that reaches a thousand.
const (
	maxRatio  = 200
	freeBytes = 16 << 20
)

// content is the body of a response, unpacked.
func content(resp *http.Response) (io.Reader, error) {
	switch encoding := resp.Header.Get("Content-Encoding"); {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
		return resp.Body, nil
	case strings.EqualFold(encoding, "gzip"):
		return unpack(resp.Body)
	default:
		return nil, fmt.Errorf("the server packs the feed as %q, which was not asked for", ical.Clip(encoding))
	}
}

// ErrBomb refuses a body that unpacks to far more than any calendar.
var ErrBomb = errors.New("the feed is packed more tightly than a calendar can be")

func unpack(r io.Reader) (io.Reader, error) {
	packed := &counter{Reader: r}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack the feed: %w", err)
	}
	return &tight{z, packed, 0}, nil
}

type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// tight stops reading a body that is compressed too much.
type tight struct {
	io.Reader
	packed *counter
	n      int64
}

func (t *tight) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.n += int64(n)
	switch {
	case t.n > freeBytes && t.n/maxRatio > t.packed.n:
		return 0, ErrBomb
	case err != nil && err != io.EOF: //nolint:errorlint // a Reader's EOF is the bare one
		err = fmt.Errorf("unpack the feed: %w", err)
	}
	return n, err
}

// readAll reads up to most bytes.
func readAll(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%w: the most is %d bytes", ical.ErrTooLarge, most)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
