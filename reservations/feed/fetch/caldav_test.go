package fetch

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations/feed/ical"
)

// calendars is a CalDAV server without tokens: it is asked for what there is.
type calendars struct {
	objects map[string]string
	missing map[string]bool // listed, and not there
	login   string          // what Authorization has to be; "" for none
}

func (c *calendars) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	asks := func(word string) bool { return strings.Contains(string(body), word) }
	switch {
	case c.login != "" && r.Header.Get("Authorization") != c.login:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusNotFound)
	case asks("resourcetype"):
		w.WriteHeader(http.StatusMultiStatus)
		io.WriteString(w, `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/c/</href><propstat><prop>`+
			`<resourcetype><collection/><C:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`)
	case asks("sync-collection"):
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusMultiStatus)
		io.WriteString(w, `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">`)
		for name, text := range c.objects {
			if asks("calendar-multiget") && (c.missing[name] || !asks("/c/"+name)) {
				continue
			}
			fmt.Fprintf(w, `<response><href>/c/%s</href><propstat><prop><getetag>"%x"</getetag><C:calendar-data>`, name, text)
			_ = xml.EscapeText(w, []byte(text))
			io.WriteString(w, `</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>`)
		}
		io.WriteString(w, `</multistatus>`)
	}
}

// objectText is an object with one event at desk D1; more are further lines of it.
func objectText(uid, start string, more ...string) string {
	lines := append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:" + uid, "DTSTART:" + start, "DURATION:PT1H",
		"LOCATION:4.12", "ATTENDEE:mailto:jane.doe@example.com"}, more...)
	return strings.Join(append(lines, "END:VEVENT", "END:VCALENDAR", ""), "\r\n")
}

func calendarServer(t *testing.T, c *calendars) *Fetcher {
	t.Helper()
	return local("caldav+" + serve(t, c.ServeHTTP) + "/c/")
}

// The same objects are the same body, whichever fetcher brings them.
func TestCalendarNotModified(t *testing.T) {
	c := &calendars{objects: map[string]string{"a.ics": objectText("a", "20260302T090000Z"), "b.ics": "cut"}}
	at := "caldav+" + serve(t, c.ServeHTTP) + "/c/"
	f := local(at)
	first, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]*Fetcher{"again": f, "after a restart": local(at)} {
		if body, err := g.Fetch(t.Context(), anyWindow, first.Validators, someTime); err != nil || !body.NotModified {
			t.Errorf("%s: %+v, error %v", name, body, err)
		}
	}
	c.objects["b.ics"] = objectText("b", "20260302T110000Z")
	if body, err := f.Fetch(t.Context(), anyWindow, first.Validators, someTime); err != nil || body.NotModified || len(body.Objects) != 2 {
		t.Errorf("corrected: %+v, error %v", body, err)
	}
	c.objects = nil
	body, err := f.Fetch(t.Context(), anyWindow, first.Validators, someTime)
	if err != nil || len(body.Objects)+len(body.Unread) != 0 || ical.CheckOpening(body.Text.head) != nil {
		t.Errorf("empty: %+v, error %v", body, err)
	}
}

func TestCalendarCredentials(t *testing.T) {
	c := &calendars{objects: map[string]string{"a.ics": objectText("a", "20260302T090000Z")}, login: "Bearer two"}
	f := calendarServer(t, c)
	secret := "one"
	f.source.Credentials.Secret = func() (string, error) { return secret, nil }
	_, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
		t.Errorf("wrong token: error %v", err)
	}
	secret = "two"
	if body, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err != nil || len(body.Objects) != 1 {
		t.Errorf("right token: %+v, error %v", body, err)
	}

	var seen []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+path.Clean(r.URL.Path)+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusForbidden)
	})
	to, err := url.Parse(other + "/moved/")
	if err != nil {
		t.Fatal(err)
	}
	f = local("caldav+" + serve(t, http.RedirectHandler(to.String(), http.StatusPermanentRedirect).ServeHTTP) + "/c/")
	f.source.Credentials.Secret = func() (string, error) { return secret, nil }
	if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err == nil {
		t.Error("no error")
	}
	if diff := cmp.Diff([]string{"PROPFIND /moved "}, slices.Compact(seen)); diff != "" {
		t.Errorf("another origin (-want +got):\n%s", diff)
	}
}
