package feed

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/fetch"
	"deskd/reservations/feed/ical"
)

// objectServer is a CalDAV server without tokens: it is asked for what there is.
type objectServer struct {
	objects map[string]string
	missing map[string]bool // listed, and not there
	login   string          // what Authorization has to be; "" for none
}

func (c *objectServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

// anObject is an object with one event at desk D1; more are further lines of it.
func anObject(uid, start string, more ...string) string {
	lines := append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:" + uid, "DTSTART:" + start, "DURATION:PT1H",
		"LOCATION:4.12", "ATTENDEE:mailto:jane.doe@example.com"}, more...)
	return strings.Join(append(lines, "END:VEVENT", "END:VCALENDAR", ""), "\r\n")
}

// fetcherOf is a fetcher of the calendar of a server on this machine.
func fetcherOf(t *testing.T, c *objectServer) *fetch.Fetcher {
	t.Helper()
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return fetch.NewFetcher(fetch.Source{URL: "caldav+" + s.URL + "/c/", AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

func calendarOptions() Options {
	return Options{
		Window: anyDays, Zone: anyDays.Start.Location(), Directory: testDirectory(),
		Feed: reservations.Feed{Name: "hall", Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromAttendee}},
	}
}

// All objects are one feed; what is wrong with one is said with its name and
// its own line.
func TestObjectsAreOneFeed(t *testing.T) {
	c := &objectServer{objects: map[string]string{
		"a.ics":     anObject("a", "20260302T090000Z"),
		"b.ics":     "\ufeff" + strings.ReplaceAll(anObject("b", "20260302T110000Z"), "\r\n", "\n") + "\n\n",
		"bad.ics":   anObject("bad", "20260302T110000Z", "RRULE:FREQ=SECONDLY"),
		"cut.ics":   anObject("cut", "20260303T110000Z")[:80],
		"mac.ics":   strings.ReplaceAll(anObject("mac", "20260304T090000Z"), "\r\n", "\r"),
		"page.ics":  "<html>",
		"rival.ics": anObject("rival", "20260302T093000Z"),
		"todo.ics":  "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
		"empty.ics": "",
		"z.ics":     anObject("z", "20260306T090000Z"),
	}}
	f := fetcherOf(t, c)
	body, err := f.Fetch(t.Context(), anyDays, fetch.Validators{}, anyDays.Start)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Read(t.Context(), body, calendarOptions())
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
	reading, err := Occurrences(t.Context(), body, anyDays, anyDays.Start.Location())
	if err != nil || len(reading.Occurrences) != 5 || reading.Occurrences[4].Line != 4 || len(reading.Problems) != 4 {
		t.Errorf("%d occurrences, %d problems, error %v", len(reading.Occurrences), len(reading.Problems), err)
	}
}

// What cannot be read says what it said before; what never could be takes away
// no booking that may stand in it.
func TestUnreadObjectsDenyNothing(t *testing.T) {
	good := anObject("a", "20260302T090000Z")
	for _, tc := range []struct {
		Name    string
		harm    func(*objectServer)
		before  bool // the object was read before
		denies  string
		remains bool
	}{
		{"removed", func(c *objectServer) { delete(c.objects, "a.ics") }, true, "a other", false},
		{"cut off", func(c *objectServer) { c.objects["a.ics"] = good[:90] }, true, "a other", true},
		{"cut off, after a restart", func(c *objectServer) { c.objects["a.ics"] = good[:90] }, false, "other", false},
		{"cut off before its UID", func(c *objectServer) { c.objects["a.ics"] = good[:20] }, false, "", false},
		{"not to be had", func(c *objectServer) { c.missing = map[string]bool{"a.ics": true}; c.objects["a.ics"] += "\r\n" }, true, "a other", true},
		{"not to be had, after a restart", func(c *objectServer) { c.missing = map[string]bool{"a.ics": true} }, false, "", false},
	} {
		t.Run(tc.Name, func(t *testing.T) {
			c := &objectServer{objects: map[string]string{"a.ics": good, "b.ics": anObject("b", "20260302T110000Z")}}
			f := fetcherOf(t, c)
			if tc.before {
				if _, err := f.Fetch(t.Context(), anyDays, fetch.Validators{}, anyDays.Start); err != nil {
					t.Fatal(err)
				}
			}
			tc.harm(c)
			body, err := f.Fetch(t.Context(), anyDays, fetch.Validators{}, anyDays.Start)
			if err != nil {
				t.Fatal(err)
			}
			var denies []string
			result, err := Read(t.Context(), body, calendarOptions())
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
	result, err := Read(t.Context(), fetch.Body{Text: fetch.TextOf(aFeed)}, calendarOptions())
	if err != nil || !dropped(result, "other") {
		t.Errorf("it does not, error %v", err)
	}
}

// A calendar without objects books nothing, and nothing is wrong with it.
func TestEmptyCalendar(t *testing.T) {
	body, err := fetcherOf(t, &objectServer{}).Fetch(t.Context(), anyDays, fetch.Validators{}, anyDays.Start)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Read(t.Context(), body, calendarOptions())
	if err != nil || len(result.Reservations)+len(result.Problems) != 0 {
		t.Errorf("%+v, error %v", result, err)
	}
}

// What can be done about a calendar that is cut off is said, too.
func TestRefusedBodyHasAdvice(t *testing.T) {
	cut := fetch.Body{Text: fetch.TextOf(aFeed[:len(aFeed)-20])}
	_, err := Read(t.Context(), cut, calendarOptions())
	_, other := Occurrences(t.Context(), cut, anyDays, time.UTC)
	for _, err := range []error{err, other} {
		if !errors.Is(err, ical.ErrTruncated) || !strings.Contains(err.Error(), "; it is read again") {
			t.Errorf("error %v", err)
		}
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
