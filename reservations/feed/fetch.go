package feed

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxRedirects is how many redirections of one fetch are followed.
const maxRedirects = 3

// Validators are what a server gave with a body to ask later whether it
// changed (RFC 9110 8.8). The zero Validators ask for the body in any case.
type Validators struct{ ETag, LastModified string }

// Body is the answer of a fetch. With NotModified the body asked about is still
// the current one and Data is nil.
type Body struct {
	Data []byte
	Validators
	NotModified bool
}

// StatusError is an answer other than 200 and 304.
type StatusError struct{ Code int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.Code, http.StatusText(e.Code))
}

// Fetcher brings the bytes of feeds. Make one with [NewFetcher]; its methods
// may be called by several goroutines at once.
type Fetcher struct {
	// MaxBytes is the most a body may have after decompression.
	MaxBytes int64
	// Timeout bounds a fetch from the first connection to the last byte.
	Timeout   time.Duration
	transport http.RoundTripper
}

// NewFetcher returns a fetcher with a limit of 256 MB and 30 s. A nil transport
// is replaced by the one feeds are meant to go through.
func NewFetcher(transport http.RoundTripper) *Fetcher {
	if transport == nil {
		transport = newTransport()
	}
	return &Fetcher{MaxBytes: maxFeed, Timeout: 30 * time.Second, transport: transport}
}

// newTransport builds the connections to calendar servers: the one place where
// it is decided whom deskd talks to for feeds. Keep-alives are off because
// minutes lie between two fetches of a feed.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  20 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}

// Fetch brings the feed at rawURL (http, https, or file:PATH), or learns that
// it did not change since v. A body that is no calendar by its first bytes is
// an error as in [Occurrences]; an answer other than 200 is a [*StatusError].
// No error shows more of the URL than [Redact] does.
func (f *Fetcher) Fetch(ctx context.Context, rawURL string, v Validators) (Body, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	body, err := f.fetch(ctx, rawURL, v)
	if err == nil && !body.NotModified {
		err = checkOpening(body.Data)
	}
	if err != nil {
		return Body{}, fmt.Errorf("fetch %s: %w", Redact(rawURL), quiet(err))
	}
	return body, nil
}

func (f *Fetcher) fetch(ctx context.Context, rawURL string, v Validators) (Body, error) {
	if path, ok := cutFold(rawURL, "file:"); ok {
		return f.readFile(path, v)
	}
	at, err := url.Parse(rawURL)
	if err != nil {
		return Body{}, errors.New("the URL cannot be read") // the parser's own words repeat it
	}
	if err := checkScheme(at); err != nil {
		return Body{}, err
	}
	resp, err := f.follow(ctx, at, v)
	if err != nil {
		return Body{}, err
	}
	defer resp.Body.Close()
	return f.readResponse(resp, v)
}

func checkScheme(at *url.URL) error {
	switch {
	case at.Scheme == "webcal":
		return errors.New("webcal is https under another name: write https")
	case at.Scheme != "http" && at.Scheme != "https":
		return fmt.Errorf("scheme %q is none of https, http and file", clip(at.Scheme))
	case at.Host == "":
		return errors.New("the URL names no host")
	}
	return nil
}

// follow asks for the feed and goes where it is redirected to. It does so
// itself because an http.Client would tell the next origin the URL before, with
// its secrets, as the referer.
func (f *Fetcher) follow(ctx context.Context, first *url.URL, v Validators) (*http.Response, error) {
	at := first
	for range maxRedirects + 1 {
		resp, err := f.transport.RoundTrip(request(ctx, first, at, v))
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
	return nil, fmt.Errorf("more than %d redirections", maxRedirects)
}

func redirects(code int) bool {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirected is where a redirection leads; it never leads from https to http.
func redirected(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, errors.New("the server redirects to a place that is no URL")
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return nil, errors.New("the server redirects from https to something unencrypted")
	}
	return to, checkScheme(to)
}

// request builds one request. The user name and password of the configured URL
// go to its own origin only; another port is another origin.
func request(ctx context.Context, first, at *url.URL, v Validators) *http.Request {
	bare := *at
	bare.User, bare.Fragment = nil, ""
	header := http.Header{
		"Accept":     {"text/calendar, */*;q=0.1"},
		"User-Agent": {"deskd"},
	}
	if user := first.User; user != nil && first.Scheme == at.Scheme && strings.EqualFold(first.Host, at.Host) {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		header.Set("Authorization", "Basic "+credentials)
	}
	if v.ETag != "" {
		header.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		header.Set("If-Modified-Since", v.LastModified)
	}
	r := &http.Request{Method: http.MethodGet, URL: &bare, Header: header, Host: bare.Host}
	return r.WithContext(ctx)
}

func (f *Fetcher) readResponse(resp *http.Response, v Validators) (Body, error) {
	now := Validators{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	switch {
	case resp.StatusCode == http.StatusNotModified && v != Validators{}:
		if (now == Validators{}) {
			now = v
		}
		return Body{Validators: now, NotModified: true}, nil
	case resp.StatusCode != http.StatusOK:
		return Body{}, &StatusError{resp.StatusCode}
	}
	data, err := f.readAll(resp.Body)
	return Body{Data: data, Validators: now}, err
}

// readAll reads up to the limit, which holds for the decompressed bytes.
func (f *Fetcher) readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, f.MaxBytes+1))
	if err == nil && int64(len(data)) > f.MaxBytes {
		err = fmt.Errorf("%w: the most is %d bytes", ErrTooLarge, f.MaxBytes)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// readFile reads a local feed. Its validator is size and time of change.
func (f *Fetcher) readFile(path string, v Validators) (Body, error) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "//localhost"), "//")
	file, err := openFile(path)
	if err != nil {
		return Body{}, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return Body{}, err
	}
	now := Validators{ETag: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())}
	if now == v {
		return Body{Validators: now, NotModified: true}, nil
	}
	data, err := f.readAll(file)
	return Body{Data: data, Validators: now}, err
}

// openFile opens a regular file: to open a pipe would wait for its writer.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a file", path)
	}
	return os.Open(path)
}

// quiet strips what net/http would add of the URL.
func quiet(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// Redact shows a feed's URL without its secrets: no user, no query, and "***"
// for parts of the path that look like a key (calendar servers put private
// addresses there). A file's path is shown as it is.
func Redact(rawURL string) string {
	if _, ok := cutFold(rawURL, "file:"); ok {
		return rawURL
	}
	at, err := url.Parse(rawURL)
	if err != nil || at.Host == "" {
		return "(a URL that cannot be read)"
	}
	parts := strings.Split(at.EscapedPath(), "/")
	for i, part := range parts {
		if len(part) > 16 || strings.HasPrefix(part, "private-") {
			parts[i] = "***"
		}
	}
	return at.Scheme + "://" + at.Host + strings.Join(parts, "/")
}
