package fetch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

var anyWindow = reservations.Span{Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}

// someTime is when tests fetch, if it matters to none of them.
var someTime = anyWindow.Start

var goodFeed = []byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260303T080000Z\r\nDTEND:20260303T090000Z\r\n" +
	"LOCATION:4.12\r\nORGANIZER:mailto:jane.doe@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	at, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// local is a fetcher of a feed on this machine.
func local(at string) *Fetcher {
	return NewFetcher(Source{URL: at, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetchAsksOnlyForChanges(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 08:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") == "Mon, 02 Mar 2026 08:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(goodFeed)
	})
	f := local(url)
	first, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err != nil {
		t.Fatal(err)
	}
	want := Body{Text: TextOf(goodFeed), Validators: Validators{`"v1"`, "Mon, 02 Mar 2026 08:00:00 GMT"}}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	second, err := f.Fetch(t.Context(), anyWindow, first.Validators, someTime)
	if err != nil {
		t.Fatal(err)
	}
	want.Text, want.NotModified = Text{}, true
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFetchRefuses(t *testing.T) {
	reply := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); io.WriteString(w, body) }
	}
	for _, tc := range []struct {
		Name    string
		Handler http.HandlerFunc
		is      error
		text    string
	}{
		{"missing", reply(404, string(goodFeed)), nil, "the server answered 404 Not Found"},
		{"not modified, though not asked", reply(304, ""), nil, "answered 304"},
		{"empty", reply(200, ""), ical.ErrEmpty, ""},
		{"page", reply(200, "<html>log in</html>"), ical.ErrHTML, ""},
		{"json", reply(200, `{"error":1}`), ical.ErrJSON, ""},
		{"text", reply(200, "hello"), ical.ErrNotCalendar, ""},
		{"too large", reply(200, string(goodFeed)+strings.Repeat("\r\n", 1<<20)), ical.ErrTooLarge, ""},
		{"body cut short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Write(goodFeed)
		}, io.ErrUnexpectedEOF, ""},
		{"redirected in circles", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/again?token=secret1")
			w.WriteHeader(302)
		}, nil, "more than 3 redirections"},
		{"redirected nowhere", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://%zz/secret1")
			w.WriteHeader(302)
		}, nil, "a place that is no URL"},
		{"redirected to a file", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/hostname")
			w.WriteHeader(302)
		}, nil, `scheme "file"`},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			base := serve(t, tc.Handler)
			at := strings.Replace(base, "http://", "http://user:secret2@", 1) + "/private-secret3/x.ics?token=secret4"
			f := local(at)
			f.MaxBytes = 1 << 20
			body, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if err == nil || body.Text.Size() != 0 {
				t.Fatalf("got %d bytes, error %v", body.Text.Size(), err)
			}
			if tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want %v %q", err, tc.is, tc.text)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestFetchNamesTheStatus(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	_, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
	var status *StatusError
	if !errors.As(err, &status) || status.Code != 503 {
		t.Errorf("error %v", err)
	}
}

func TestFetchHidesSecretsOfUnreachableServers(t *testing.T) {
	for _, at := range []string{
		"http://user:secret@127.0.0.1:1/private-secret/x.ics?key=secret",
		"http://user:secret@no host/?secret",
		"ftp://user:secret@example.com/?secret",
		"http:///secret?secret",
		"webcal://example.com/?secret",
		"://secret",
	} {
		_, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", at, err)
		}
	}
}

// Credentials stay with the origin they were given for, and no origin learns
// the URL of another.
func TestRedirectsKeepSecrets(t *testing.T) {
	type seen struct{ Path, Authorization, Referer string }
	var here, there []seen
	record := func(to *[]seen, r *http.Request) {
		*to = append(*to, seen{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Referer")})
	}
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { record(&there, r); w.Write(goodFeed) })
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		record(&here, r)
		to := "/b"
		if r.URL.Path == "/b" {
			to = other + "/c"
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	at := strings.Replace(first, "http://", "http://jane:pass@", 1) + "/a?token=x"
	if _, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime); err != nil {
		t.Fatal(err)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("jane:pass"))
	if diff := cmp.Diff([]seen{{"/a", basic, ""}, {"/b", basic, ""}}, here); diff != "" {
		t.Errorf("first origin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]seen{{"/c", "", ""}}, there); diff != "" {
		t.Errorf("other origin (-want +got):\n%s", diff)
	}
}

func TestRedirectsNeverLoseEncryption(t *testing.T) {
	from := &url.URL{Scheme: "https", Host: "example.com"}
	if to, err := redirected(from, "http://example.com/"); err == nil {
		t.Errorf("led to %s", to)
	}
	if to, err := redirected(from, "//other.example/x"); err != nil || to.String() != "https://other.example/x" {
		t.Errorf("led to %v, error %v", to, err)
	}
}

// drip answers with headers and then a byte a second, for ever.
type drip struct{}

func (drip) RoundTrip(r *http.Request) (*http.Response, error) {
	read, write := io.Pipe()
	go func() {
		for range time.Tick(time.Second) {
			if _, err := write.Write([]byte("B")); err != nil || r.Context().Err() != nil {
				write.CloseWithError(r.Context().Err())
				return
			}
		}
	}()
	return &http.Response{StatusCode: 200, Body: read, Header: http.Header{}}, nil
}

func TestSlowServerMeetsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := NewFetcher(Source{URL: "https://example.com/x.ics"})
		f.transport = drip{}
		_, err := f.Fetch(context.Background(), anyWindow, Validators{}, someTime)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 32*time.Second {
			t.Errorf("error %v after %v", err, took)
		}
	})
}

func TestFetchFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	path := filepath.Join(dir, "x.ics")
	if err := os.WriteFile(path, goodFeed, 0o600); err != nil {
		t.Fatal(err)
	}
	var last Validators
	for _, at := range []string{"file:./x.ics", "file:x.ics", "file:" + path, "file://" + path, "file://localhost" + path} {
		body, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
		if err != nil || !body.Text.Equal(TextOf(goodFeed)) {
			t.Errorf("%s: %d bytes, error %v", at, body.Text.Size(), err)
		}
		last = body.Validators
	}
	f := local("file:x.ics")
	body, err := f.Fetch(t.Context(), anyWindow, last, someTime)
	if err != nil || !body.NotModified {
		t.Errorf("asked again: %+v, error %v", body, err)
	}
	if err := os.WriteFile(path, append(goodFeed, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, err = f.Fetch(t.Context(), anyWindow, last, someTime); err != nil || body.NotModified {
		t.Errorf("after a change: %+v, error %v", body.Validators, err)
	}
	for at, want := range map[string]error{"file:none.ics": os.ErrNotExist, "file:x.ics": ical.ErrTooLarge} {
		f := local(at)
		f.MaxBytes = 10
		if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", at, err, want)
		}
	}
	if _, err := local("file:.").Fetch(t.Context(), anyWindow, Validators{}, someTime); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a directory: error %v", err)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"https://user:pw@example.com/desks.ics?token=x#y":                            "https://example.com/desks.ics",
		"https://calendar.example.com/ical/c_1885%40x/private-0123/basic.ics":        "https://calendar.example.com/ical/c_1885%40x/***/basic.ics",
		"https://owa.example.com/owa/calendar/0123456789abcdef0123@x/k/calendar.ics": "https://owa.example.com/owa/calendar/***/k/calendar.ics",
		"http://example.com:8080": "http://example.com:8080",
		"file:./desks.ics":        "file:./desks.ics",
		"://x":                    "(a URL that cannot be read)",
		"no-host":                 "(a URL that cannot be read)",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s is shown as %s, want %s", in, got, want)
		}
	}
}

func ExampleRedact() {
	fmt.Println(Redact("https://user:password@example.com/desks.ics?token=x"))
	// Output: https://example.com/desks.ics
}
