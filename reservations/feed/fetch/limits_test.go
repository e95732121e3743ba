package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/reservations/feed/ical"
)

// The numbers of docs/feeds.md, as they are written there. Each limit is tried where it
// still holds and one step beyond.

// answering is a server within the process, for bodies that nobody has to send.
type answering func(r *http.Request) *http.Response

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

func replying(code int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: code, Body: io.NopCloser(body), Header: make(http.Header)}
}

// endless is a text again and again.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// blank is n bytes that say nothing.
func blank(n int64) io.Reader {
	return io.LimitReader(&endless{text: "X-A:" + strings.Repeat(" ", 32<<10) + "\r\n"}, n)
}

func TestLimitOfFeed(t *testing.T) {
	if raceDetector {
		t.Skip("it does one thing after another: nothing to see for the race detector, and half a minute of it")
	}
	if testing.Short() {
		t.Skip("it fetches two feeds of 256 MiB: with -short, TestLimitOfPacking stands for it")
	}
	const most = 256 << 20
	for _, more := range []int64{0, 1} {
		body := io.MultiReader(bytes.NewReader(goodFeed), blank(most-int64(len(goodFeed))+more))
		f := NewFetcher(Source{URL: "https://example.com/x.ics"})
		f.transport = answering(func(*http.Request) *http.Response { return replying(200, body) })
		got, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if more == 0 && (err != nil || got.Text.Size() != most) || more == 1 && !errors.Is(err, ical.ErrTooLarge) {
			t.Errorf("%d bytes more: %d bytes, error %v", more, got.Text.Size(), err)
		}
		_ = got.Text.Close()
	}
}

func TestLimitOfPacking(t *testing.T) {
	for size, want := range map[int]error{16 << 20: nil, 16<<20 + 1: ErrBomb} {
		r, err := unpack(bytes.NewReader(packed(make([]byte, size)))) // some thousand times
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d bytes: error %v", size, err)
		}
	}
	const size = 20_000_000
	for came, want := range map[int64]error{size / 200: nil, size/200 - 1: ErrBomb} {
		_, err := io.Copy(io.Discard, &tight{blank(size), &counter{n: came}, 0})
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d bytes from %d: error %v", size, came, err)
		}
	}
}

func TestLimitOfRedirections(t *testing.T) {
	for _, times := range []int{3, 4} {
		left := times
		at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if left--; left >= 0 {
				http.Redirect(w, r, fmt.Sprintf("/%d", left), http.StatusFound)
				return
			}
			w.Write(goodFeed)
		})
		if _, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime); (err == nil) != (times == 3) {
			t.Errorf("%d redirections: error %v", times, err)
		}
	}
}

// TestLimitOfHeaders/http counts headers by the buffers it reads them in, of 4 KiB.
func TestLimitOfHeaders(t *testing.T) {
	for size, fits := range map[int]bool{59 << 10: true, 69 << 10: false} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", size))
			w.Write(goodFeed)
		})
		if _, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime); (err == nil) != fits || !fits && !errors.Is(err, errHeaders) {
			t.Errorf("%d bytes: error %v", size, err)
		}
	}
}

// hesitant answers after a while, unless the request is given up before.
type hesitant struct {
	after time.Duration
	say   func(r *http.Request) *http.Response
}

func (h hesitant) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(h.after):
		return h.say(r), nil
	}
}

func TestLimitOfTime(t *testing.T) {
	const multistatus = `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">`
	pages := 0
	asks := func(r *http.Request) *http.Response {
		if r.Method == http.MethodGet {
			return replying(200, bytes.NewReader(goodFeed))
		}
		if r.Method == "PROPFIND" {
			return replying(207, strings.NewReader(multistatus+`<response><href>/c/</href><propstat><prop><resourcetype><C:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`))
		}
		pages++
		return replying(207, strings.NewReader(fmt.Sprintf(multistatus+`<response><href>/c/</href><status>HTTP/1.1 507 Insufficient Storage</status></response><sync-token>%d</sync-token></multistatus>`, pages)))
	}
	for _, tc := range []struct {
		at    string
		after time.Duration // of each answer
		took  time.Duration // 0: it comes
	}{
		{"https://example.com/x.ics", 30*time.Second - time.Nanosecond, 0},
		{"https://example.com/x.ics", 30*time.Second + time.Nanosecond, 30 * time.Second},
		{"caldav+https://example.com/c/", 30*time.Second + time.Nanosecond, 30 * time.Second},
		{"caldav+https://example.com/c/", 29 * time.Second, 2 * time.Minute}, // it has always more to say
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			f := NewFetcher(Source{URL: tc.at})
			f.transport = hesitant{tc.after, asks}
			_, err := f.Fetch(context.Background(), anyWindow, Validators{}, someTime)
			took := time.Since(began)
			if tc.took == 0 && err != nil || tc.took != 0 && (!errors.Is(err, context.DeadlineExceeded) || took != tc.took) {
				t.Errorf("%s, answers after %v: error %v after %v", tc.at, tc.after, err, took)
			}
		})
	}
}

func TestLimitOfAnswer(t *testing.T) {
	const most = 64 << 20
	for _, more := range []int64{0, 1} {
		f := NewFetcher(Source{URL: "caldav+https://example.com/c/"})
		f.transport = answering(func(*http.Request) *http.Response { return replying(500, blank(most+more)) })
		_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if err == nil || errors.Is(err, ical.ErrTooLarge) != (more == 1) { // it is an error in any case
			t.Errorf("%d bytes more: error %v", more, err)
		}
	}
}
