package feed

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
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
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

func calendarOptions() Options {
	return Options{
		Window: anyWindow, Zone: anyWindow.Start.Location(), Directory: testDirectory(),
		Feed: reservations.Feed{Name: "hall", Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromAttendee}},
	}
}

// All objects are one feed; what is wrong with one is said with its name and
// its own line.
func TestObjectsAreOneFeed(t *testing.T) {
	c := &calendars{objects: map[string]string{
		"a.ics":     objectText("a", "20260302T090000Z"),
		"b.ics":     "\ufeff" + strings.ReplaceAll(objectText("b", "20260302T110000Z"), "\r\n", "\n") + "\n\n",
		"bad.ics":   objectText("bad", "20260302T110000Z", "RRULE:FREQ=SECONDLY"),
		"cut.ics":   objectText("cut", "20260303T110000Z")[:80],
		"mac.ics":   strings.ReplaceAll(objectText("mac", "20260304T090000Z"), "\r\n", "\r"),
		"page.ics":  "<html>",
		"rival.ics": objectText("rival", "20260302T093000Z"),
		"todo.ics":  "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
		"empty.ics": "",
		"z.ics":     objectText("z", "20260306T090000Z"),
	}}
	f := calendarServer(t, c)
	body, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
	if err != nil {
		t.Fatal(err)
	}
	result, err := ReadBody(t.Context(), body, calendarOptions())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range result.Reservations {
		got = append(got, fmt.Sprintf("%s at %s, line %d", r.UID, r.Start.Format("02T15:04"), r.Line))
	}
	want := []string{"a at 02T09:00, line 4", "b at 02T11:00, line 4", "mac at 04T09:00, line 4", "z at 06T09:00, line 4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reservations (-want +got):\n%s", diff)
	}
	got = nil
	for _, p := range slices.Concat(result.Problems, result.Unresolved) {
		got = append(got, fmt.Sprintf("%d %s", p.Line, p.What))
	}
	want = []string{
		`10 bad.ics: RRULE "FREQ=SECONDLY": FREQ=SECONDLY is not supported`,
		"0 cut.ics: read calendar: the feed is cut off: END:VCALENDAR is missing",
		"0 empty.ics: read calendar: the feed is empty",
		"0 page.ics: read calendar: the feed is a web page, perhaps a login or error page, not a calendar",
		`4 rival.ics: desk "4.12" is taken by the event in a.ics (jdoe) in that time`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	reading, err := BodyOccurrences(t.Context(), body, anyWindow, anyWindow.Start.Location())
	if err != nil || len(reading.Occurrences) != 5 || reading.Occurrences[4].Line != 4 || len(reading.Problems) != 4 {
		t.Errorf("%d occurrences, %d problems, error %v", len(reading.Occurrences), len(reading.Problems), err)
	}
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
		t.Errorf("mended: %+v, error %v", body, err)
	}
	c.objects = nil
	body, err := f.Fetch(t.Context(), anyWindow, first.Validators, someTime)
	if result, readErr := ReadBody(t.Context(), body, calendarOptions()); err != nil || readErr != nil || len(result.Reservations)+len(result.Problems) != 0 {
		t.Errorf("empty: %+v, errors %v, %v", result, err, readErr)
	}
}

// What cannot be read says what it said before; what never could be takes away
// no booking that may stand in it.
func TestUnreadObjectsDenyNothing(t *testing.T) {
	good := objectText("a", "20260302T090000Z")
	for _, tc := range []struct {
		Name    string
		harm    func(*calendars)
		before  bool // the object was read before
		denies  string
		remains bool
	}{
		{"removed", func(c *calendars) { delete(c.objects, "a.ics") }, true, "a other", false},
		{"cut off", func(c *calendars) { c.objects["a.ics"] = good[:90] }, true, "a other", true},
		{"cut off, after a restart", func(c *calendars) { c.objects["a.ics"] = good[:90] }, false, "other", false},
		{"cut off before its UID", func(c *calendars) { c.objects["a.ics"] = good[:20] }, false, "", false},
		{"not to be had", func(c *calendars) { c.missing = map[string]bool{"a.ics": true}; c.objects["a.ics"] += "\r\n" }, true, "a other", true},
		{"not to be had, after a restart", func(c *calendars) { c.missing = map[string]bool{"a.ics": true} }, false, "", false},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			c := &calendars{objects: map[string]string{"a.ics": good, "b.ics": objectText("b", "20260302T110000Z")}}
			f := calendarServer(t, c)
			if tc.before {
				if _, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime); err != nil {
					t.Fatal(err)
				}
			}
			tc.harm(c)
			body, err := f.Fetch(t.Context(), anyWindow, Validators{}, someTime)
			if err != nil {
				t.Fatal(err)
			}
			var denies []string
			result, err := ReadBody(t.Context(), body, calendarOptions())
			for _, uid := range []string{"a", "other"} {
				if dropped(result, uid) {
					denies = append(denies, uid)
				}
			}
			remains := slices.ContainsFunc(result.Reservations, func(r reservations.Reservation) bool { return r.UID == "a" })
			if got := strings.Join(denies, " "); err != nil || got != tc.denies || remains != tc.remains {
				t.Errorf("denies %q, the booking remains %v, error %v", got, remains, err)
			}
			if named := strings.Contains(fmt.Sprint(result.Problems), "a.ics: "); named != (tc.Name != "removed") {
				t.Errorf("problems %v", result.Problems)
			}
		})
	}
}

// A file of a single calendar is believed in what it leaves out.
func TestWholeFeedsDeny(t *testing.T) {
	result, err := ReadBody(t.Context(), Body{Text: TextOf(goodFeed)}, calendarOptions())
	if err != nil || !dropped(result, "other") {
		t.Errorf("it does not, error %v", err)
	}
}

// dropped reports whether a booking of the event uid is dropped that the reading does
// not list.
func dropped(r Result, uid string) bool {
	r.Doubt.Bookable = nil
	now := time.Unix(0, 0)
	row := reservations.Reservation{ID: "1", UID: uid, Desk: "4.11", Span: reservations.Span{Start: now, End: now.Add(time.Hour)}}
	left, _ := r.Doubt.Settle(reservations.Change{Drop: []reservations.Reservation{row}}, []reservations.Reservation{row}, now)
	return len(left.Drop) == 1
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
