package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// Fetcher brings the bytes of one feed. Make one with [NewFetcher]; its methods
// may be called by several goroutines at once.
type Fetcher struct {
	// MaxBytes is the most a body may have after decompression.
	MaxBytes int64
	// Timeout bounds a request from the first connection to the last byte.
	Timeout   time.Duration
	source    Source
	transport http.RoundTripper

	login login

	mu     sync.Mutex // for server
	server *server    // once one was asked
}

// NewFetcher returns a fetcher with a limit of 256 MiB and 30 s.
func NewFetcher(s Source) *Fetcher {
	return &Fetcher{MaxBytes: ical.MaxSize, Timeout: 30 * time.Second, source: s, transport: newTransport(s, nil)}
}

// Fetch fetches the feed, or learns that it did not change since v. It may ask a
// calendar server only for what lies in window, and may then take up to four times
// Timeout. It remembers what it has learned, so that the next fetch brings only what
// changed, and lists everything once an hour. A body that
// is no calendar by its first bytes is an error of [ical.CheckOpening], or
// [ErrLogin], [ErrPacked] or [ical.ErrUTF16]; an answer other than 200 is a
// [*StatusError], a server at an address the feed may not reach
// [ErrForbiddenAddress]. The error also says what can be done about it, as far as
// that is known, and shows no more of the URL than [Redact] does.
func (f *Fetcher) Fetch(ctx context.Context, window reservations.Span, v Validators, now time.Time) (Body, error) {
	body, err := f.fetch(ctx, window, v, now)
	if err == nil && !body.NotModified {
		err = checkKind(body.Text.head)
	}
	if err != nil {
		_ = body.Text.Close() // there is nothing to keep
		return Body{}, fmt.Errorf("fetch %s: %w%s", Redact(f.source.URL), quiet(err), Advice(err))
	}
	return body, nil
}

func (f *Fetcher) fetch(ctx context.Context, window reservations.Span, v Validators, now time.Time) (Body, error) {
	if path, ok := cutScheme(f.source.URL, "file:"); ok {
		return f.readFile(path, v)
	}
	rawURL, isServer := cutCalDAV(f.source.URL)
	at, err := url.Parse(rawURL)
	if err != nil {
		return Body{}, errors.New("the URL cannot be read") // the parser's own words repeat it
	}
	if err := checkScheme(at); err != nil {
		return Body{}, err
	}
	if isServer {
		ctx, cancel := context.WithTimeout(ctx, 4*f.Timeout)
		defer cancel()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.server == nil {
			f.server = newServer(f, at)
		}
		return f.server.fetch(ctx, window, v, now)
	}
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	b := f.browser(at)
	resp, err := b.send(ctx, at, call{method: http.MethodGet, header: conditions(v), last: true})
	if err != nil {
		return Body{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK && (resp.StatusCode != http.StatusNotModified || v == Validators{}) {
		return Body{}, b.statusError(resp)
	}
	return f.readResponse(resp, v)
}

// browser asks the server of the feed at home.
func (f *Fetcher) browser(home *url.URL) browser {
	f.login.Do(func() { f.login.home, f.login.given = home, f.source.Credentials })
	return browser{f.transport, &f.login}
}

// conditions are the headers of a request for a calendar, if it has changed.
func conditions(v Validators) http.Header {
	header := http.Header{"Accept": {"text/calendar, */*;q=0.1"}}
	if v.ETag != "" {
		header.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		header.Set("If-Modified-Since", v.LastModified)
	}
	return header
}

func (f *Fetcher) readResponse(resp *http.Response, v Validators) (Body, error) {
	now := Validators{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	if resp.StatusCode == http.StatusNotModified {
		if (now == Validators{}) {
			now = v
		}
		return Body{Validators: now, NotModified: true}, nil
	}
	content, err := content(resp)
	if err != nil {
		return Body{}, err
	}
	text, err := spool(content, f.MaxBytes)
	return Body{Text: text, Validators: now}, err
}
