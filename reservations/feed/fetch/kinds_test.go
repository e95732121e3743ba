package fetch

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskd/reservations/feed/ical"
)

// Whatever comes in the place of a calendar is refused by a reason of its own,
// which says what it is and what to do.
func TestEachKindHasItsReason(t *testing.T) {
	reply := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); io.WriteString(w, body) }
	}
	as := func(packing, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", packing)
			io.WriteString(w, body)
		}
	}
	ok := func(body string) http.HandlerFunc { return reply(200, body) }
	text := string(goodFeed)
	seen := make(map[string]string)
	for _, tc := range []struct {
		Name     string // what it shares its reason with comes before a colon
		Handler  http.HandlerFunc
		what, do string
		is       error
	}{
		{"web page", ok("<!DOCTYPE html><html><body>Our calendars</body></html>"), "a web page", "in a browser", ical.ErrHTML},
		{"login page", ok(`<html><form><input type="password"></form></html>`), "a login page", "secret address", ErrLogin},
		{"login page: redirected there", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login", http.StatusFound)
				return
			}
			io.WriteString(w, `<html><input type='password'></html>`)
		}, "a login page", "secret address", ErrLogin},
		{"JSON", ok(`{"events": []}`), "JSON", "iCalendar (.ics) export", ical.ErrJSON},
		{"XML of CalDAV", ok(`<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response/></d:multistatus>`), "XML", "caldav+https://", ical.ErrNotCalendar},
		{"web page: XHTML", ok(`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>`), "a web page", "in a browser", ical.ErrHTML},
		{"table", ok("desk,person,start,end\r\nD1,jane,2026-03-02 09:00,2026-03-02 10:00\r\n"), "a table", "export it as iCalendar", ical.ErrNotCalendar},
		{"address book", ok("BEGIN:VCARD\r\nFN:Jane\r\nEND:VCARD\r\n"), "an address book", "the calendar's address", ical.ErrNotCalendar},
		{"PDF", ok("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "a PDF", "made to be printed", ical.ErrNotCalendar},
		{"picture", ok("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "a picture", ".ics", ical.ErrNotCalendar},
		{"archive", ok("PK\x03\x04\x14\x00\x00\x00"), "a ZIP archive", "inside it", ical.ErrNotCalendar},
		{"text", ok("There is no calendar here any more."), "does not begin with BEGIN:VCALENDAR", ".ics", ical.ErrNotCalendar},
		{"gzip that nobody announced", ok(string(packed(goodFeed))), "gzip", "Content-Encoding", ErrPacked},
		{"UTF-16", ok(wide(text)), "UTF-16", "as UTF-8", ical.ErrUTF16},
		{"UTF-16: with its mark", ok(wide("\ufeff" + text)), "UTF-16", "as UTF-8", ical.ErrUTF16},
		{"gzip that is none", as("gzip", text), "invalid header", "Content-Encoding: gzip of what is not", gzip.ErrHeader},
		{"gzip cut off", as("gzip", string(packed(goodFeed)[:60])), "unpack the feed", "the connection broke", io.ErrUnexpectedEOF},
		{"another packing", as("br", text), `packs the feed as "br"`, "", nil},
		{"206", reply(206, text), "206 Partial Content", "no calendar in that", nil},
		{"cut in the head", ok(text[:9]), "cut off", "read again", ical.ErrTruncated},
		{"nothing", ok(""), "empty", "BEGIN:VCALENDAR all the same", ical.ErrEmpty},
		{"cut off", ok(text[:len(text)-20]), "cut off", "read again", ical.ErrTruncated},
		{"connection cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			w.Write(goodFeed)
		}, "unexpected EOF", "the connection broke", io.ErrUnexpectedEOF},
		{"204", reply(204, ""), "204 No Content", "no calendar in that", nil},
		{"401", reply(401, text), "401 Unauthorized", "password or token", nil},
		{"404", reply(404, text), "404 Not Found", "moved or deleted", nil},
		{"500", reply(500, text), "500 Internal Server Error", "tell its administrator", nil},
		{"503", reply(503, text), "503 Service Unavailable", "asked again later", nil},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			at := serve(t, tc.Handler)
			body, err := local(at).Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if err == nil {
				err = complete(body)
			}
			if err == nil || tc.is != nil && !errors.Is(err, tc.is) {
				t.Fatalf("error %v, want %v", err, tc.is)
			}
			reason := strings.TrimPrefix(err.Error(), "fetch "+Redact(at)+": ")
			what, do, _ := strings.Cut(reason, "; ")
			if !strings.Contains(what, tc.what) || !strings.Contains(do, tc.do) {
				t.Errorf("%q names not %q, or not %q", reason, tc.what, tc.do)
			}
			if other := seen[reason]; other != "" && !strings.HasPrefix(tc.Name, other+":") {
				t.Errorf("it has the reason of %s: %q", other, reason)
			}
			seen[reason] = tc.Name
		})
	}
}

// complete is what refuses the text of a body, with what can be done about it.
func complete(body Body) error {
	data, err := io.ReadAll(body.Text.Reader())
	if err != nil {
		return err
	}
	if err := ical.Check(data); err != nil {
		return fmt.Errorf("%w%s", err, Advice(err))
	}
	return nil
}
