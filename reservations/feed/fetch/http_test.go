package fetch

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func packed(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func wide(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

func TestGzip(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "GZIP")
		w.Write(packed(goodFeed))
	})
	body, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err != nil || !body.Text.Equal(TextOf(goodFeed)) {
		t.Errorf("%d bytes, error %v", body.Text.Size(), err)
	}
}

// A bomb ends long before the most a feed may have, and takes little memory.
func TestGzipBomb(t *testing.T) {
	if raceDetector {
		t.Skip("it does one thing after another: nothing to see for the race detector, and half a minute of it")
	}
	if testing.Short() {
		t.Skip("it packs 200 MiB: with -short, TestLimitOfPacking stands for it")
	}
	bomb := packed(append(goodFeed, bytes.Repeat([]byte("\r\n"), 100<<20)...))
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, ErrBomb) || took > 96 {
		t.Errorf("error %v after %d MiB", err, took)
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		after, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{"0", "", 0},
		{"-5", "", 0},
		{"soon", "", 0},
		{"99999999999", "", 0},
		{"Mon, 02 Mar 2026 08:10:00 GMT", "Mon, 02 Mar 2026 08:00:00 GMT", 10 * time.Minute},
		{"Mon, 02 Mar 2026 07:10:00 GMT", "Mon, 02 Mar 2026 08:00:00 GMT", 0},
		{"Mon, 02 Mar 2026 08:10:00 GMT", "", 0},
	} {
		got := retryAfter(http.Header{"Retry-After": {tc.after}, "Date": {tc.date}})
		if got != tc.want {
			t.Errorf("%q at %q: %v, want %v", tc.after, tc.date, got, tc.want)
		}
	}
}

// Passwords and tokens are read again for each fetch and shown to the feed's own
// origin alone.
func TestCredentials(t *testing.T) {
	var here, there []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		there = append(there, r.Header.Get("Authorization"))
		w.Write(goodFeed)
	})
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		here = append(here, r.Header.Get("Authorization"))
		http.Redirect(w, r, other, http.StatusTemporaryRedirect)
	})
	secret := ""
	read := func() (string, error) {
		if secret == "" {
			return "", errors.New("token is empty")
		}
		return secret, nil
	}
	for _, f := range []*Fetcher{local(first), local(first)} {
		f.source.Credentials = Credentials{Secret: read}
		if len(here) > 1 {
			f.source.Credentials.Username = "jane"
		}
		for _, secret = range []string{"one", "two"} {
			if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err != nil {
				t.Fatal(err)
			}
		}
	}
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	if diff := cmp.Diff([]string{"Bearer one", "Bearer two", basic("jane:one"), basic("jane:two")}, here); diff != "" {
		t.Errorf("own origin (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "", "", ""}, there); diff != "" {
		t.Errorf("other origin (-want +got):\n%s", diff)
	}
	secret = ""
	f := local(first)
	f.source.Credentials.Secret = read
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err == nil || !strings.Contains(err.Error(), "token is empty") || len(here) != 4 {
		t.Errorf("without its secret: error %v after %d requests", err, len(here))
	}
}

func TestSameOrigin(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"https://example.com/a", "https://EXAMPLE.com:443/b", true},
		{"http://example.com/a", "http://example.com:80/b", true},
		{"https://example.com/a", "http://example.com/a", false},
		{"https://example.com/a", "https://example.com:8443/a", false},
		{"https://example.com/a", "https://www.example.com/a", false},
		{"https://example.com/a", "https://example.com./a", false},
	} {
		if got := sameOrigin(parsed(t, tc.a), parsed(t, tc.b)); got != tc.want {
			t.Errorf("%s and %s: %v", tc.a, tc.b, got)
		}
	}
}
