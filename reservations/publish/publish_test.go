package publish_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/fetch"
	"deskd/reservations/publish"
)

const self = "0123456789abcdef0123456789abcdef"

var window = reservations.Span{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}

// house are the desks and people of the tests, with names that are hard to write.
func house() (desks []reservations.Desk, people []reservations.Person) {
	for _, id := range []string{"4.12", "Zoë's corner", `A,B;C\D`, "北の机 3", "a very long name of a desk, with a comma, that no line of seventy-five octets can hold"} {
		desks = append(desks, reservations.Desk{ID: id, Site: "hq", Floor: "4", Zone: "quiet; calm"})
	}
	people = []reservations.Person{
		{ID: "jdoe", Name: `Jane "JD" Doe`, Mail: []string{"jane.doe@example.com", "jd@example.com"}},
		{ID: "o'neil", Name: "O'Neil, Pat; the second: of that name", Mail: []string{"pat+desk@example.com"}},
		{ID: "名前"},
		{ID: "no mail", Name: "Nobody Knows"},
	}
	return desks, people
}

// sites have clocks that change at midnight, at two, and never.
var sites = []string{"Europe/Berlin", "America/Santiago", "America/Havana", "Asia/Kolkata", "UTC"}

// bookings draws bookings of which none overlap on a desk.
func bookings(t *rapid.T, zone *time.Location, desks []reservations.Desk, people []reservations.Person) (events []publish.Event) {
	n := 0
	for _, d := range desks {
		at := window.Start.Add(24 * time.Hour)
		for range rapid.IntRange(0, 6).Draw(t, "bookings") {
			at = at.Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "gap")) * time.Minute)
			s := reservations.Span{Start: at, End: at.Add(time.Duration(rapid.IntRange(1, 3*24*60).Draw(t, "length")) * time.Minute)}
			if rapid.Bool().Draw(t, "days") {
				y, m, day := at.In(zone).Date()
				s = reservations.Span{Start: midnight(y, m, day+1, zone), End: midnight(y, m, day+1+rapid.IntRange(1, 3).Draw(t, "whole days"), zone)}
			}
			if !s.End.Before(window.End) {
				break
			}
			at = s.End
			n++
			r := reservations.Reservation{
				ID: fmt.Sprintf("r%d", n), Desk: d.ID, Span: s.UTC(), Status: reservations.Confirmed, Source: reservations.SourceCLI,
				Updated: window.Start.Add(time.Duration(n) * time.Second), Seen: window.Start,
			}
			if rapid.IntRange(0, 4).Draw(t, "cancelled") == 0 {
				r.Status = reservations.Cancelled
			}
			p := rapid.SampledFrom(people).Draw(t, "person")
			r.Person = p.ID
			events = append(events, publish.Event{Reservation: r, Desk: d, Person: p, Zone: zone, Note: rapid.SampledFrom([]string{"", "with guests; two, or three", "=1+1"}).Draw(t, "note")})
		}
	}
	slices.SortFunc(events, func(a, b publish.Event) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	return events
}

// midnight is the first instant of a day, the clock's or the one at which it skips midnight.
func midnight(y int, m time.Month, day int, zone *time.Location) time.Time {
	for at := time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Add(-15 * time.Hour); ; at = at.Add(15 * time.Minute) {
		if yy, mm, dd := at.In(zone).Date(); time.Date(yy, mm, dd, 0, 0, 0, 0, time.UTC).Equal(time.Date(y, m, day, 0, 0, 0, 0, time.UTC)) {
			return at
		}
	}
}

func write(t interface{ Fatal(...any) }, c publish.Calendar) string {
	var out bytes.Buffer
	if err := c.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// booked is what a reader makes of an event.
type booked struct {
	Desk, Person string
	Start, End   time.Time
}

func confirmed(events []publish.Event, keep func(publish.Event) bool) (all []booked) {
	for _, e := range events {
		if e.Status == reservations.Confirmed && keep(e) {
			all = append(all, booked{e.Reservation.Desk, e.Reservation.Person, e.Start, e.End})
		}
	}
	return sorted(all)
}

func sorted(all []booked) []booked {
	slices.SortFunc(all, func(a, b booked) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Desk, b.Desk)) })
	return all
}

// What deskd writes, deskd reads back to the same bookings, in each kind of calendar.
func TestReadBack(t *testing.T) {
	desks, people := house()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(sites).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		all := bookings(t, zone, desks, people)
		desk, person := rapid.SampledFrom(desks).Draw(t, "desk"), rapid.SampledFrom(people).Draw(t, "of")
		for _, c := range []struct {
			kind publish.Kind
			feed reservations.Feed
			keep func(publish.Event) bool
		}{
			{publish.OfSite, reservations.Feed{Kind: reservations.KindSite}, func(publish.Event) bool { return true }},
			{publish.OfDesk, reservations.Feed{Kind: reservations.KindDesk, Desk: reservations.Rule{From: reservations.FromFixed, Fixed: desk.ID}},
				func(e publish.Event) bool { return e.Desk.ID == desk.ID }},
			{publish.OfPerson, reservations.Feed{Kind: reservations.KindPerson, Person: reservations.Rule{From: reservations.FromFixed, Fixed: person.ID}},
				func(e publish.Event) bool { return e.Person.ID == person.ID }},
		} {
			events := slices.DeleteFunc(slices.Clone(all), func(e publish.Event) bool { return !c.keep(e) })
			text := write(t, publish.Calendar{Name: "all, of; us", Self: self, Of: c.kind, Events: events})
			legal(t, text)
			c.feed.Name, c.feed.PersonDesks = "copy", 100
			got, err := feed.Read(t.Context(), fetch.Body{Text: fetch.TextOf([]byte(text))}, feed.Options{
				Window: window, Zone: zone, Feed: c.feed, Directory: feed.NewDirectory(desks, people), Self: "another",
			})
			if err != nil || len(got.Problems)+len(got.Unresolved)+len(got.Notes) > 0 {
				t.Fatalf("%s: %v, %v %v %v\n%s", c.kind, err, got.Problems, got.Unresolved, got.Notes, text)
			}
			var read []booked
			for _, r := range got.Reservations {
				read = append(read, booked{r.Desk, r.Person, r.Start, r.End})
				if !reservations.PublishedBy(r.UID, self) {
					t.Fatalf("UID %q", r.UID)
				}
			}
			if diff := gocmp.Diff(confirmed(events, c.keep), sorted(read)); diff != "" {
				t.Fatalf("%s\n%s\n%s", c.kind, diff, text)
			}
		}
	})
}

// legal asks of a calendar what RFC 5545 3.1 asks of its lines.
func legal(t *rapid.T, text string) {
	for line := range strings.SplitAfterSeq(text, "\r\n") {
		bare := strings.TrimSuffix(line, "\r\n")
		if len(bare) > 75 || strings.ContainsAny(bare, "\r\n") || !utf8.ValidString(bare) {
			t.Fatalf("line %q", line)
		}
	}
	if begun := strings.Count("\r\n"+text, "\r\nBEGIN:VEVENT\r\n"); begun != strings.Count(text, "\r\nEND:VEVENT\r\n") {
		t.Fatalf("%d events begin\n%s", begun, text)
	}
}

// A database knows its own calendar, and its own bookings in the calendar of another.
func TestOwnIsNotBookedAgain(t *testing.T) {
	desks, people := house()
	span := reservations.Span{Start: window.Start.Add(9 * time.Hour), End: window.Start.Add(10 * time.Hour)}
	mine := publish.Event{Reservation: reservations.Reservation{ID: "r1", Span: span, Status: reservations.Confirmed}, Desk: desks[0], Person: people[0]}
	options := feed.Options{Window: window, Zone: time.UTC, Feed: reservations.Feed{Name: "x"}, Directory: feed.NewDirectory(desks, people), Self: self}
	read := func(c publish.Calendar) (feed.Result, error) {
		return feed.Read(t.Context(), fetch.Body{Text: fetch.TextOf([]byte(write(t, c)))}, options)
	}
	if _, err := read(publish.Calendar{Self: self, Of: publish.OfSite, Events: []publish.Event{mine}}); !errors.Is(err, calendar.ErrOwn) {
		t.Errorf("its own calendar: %v", err)
	}

	// Another deskd has read mine, and shows it beside a booking of its own.
	theirs := publish.Event{Reservation: reservations.Reservation{ID: "r9", Span: span, Status: reservations.Confirmed}, Desk: desks[1], Person: people[1]}
	back := mine
	back.ID, back.UID, back.Source = "r8", mine.PublishedUID(self), reservations.FeedSource("mine")
	got, err := read(publish.Calendar{Self: "another", Of: publish.OfSite, Events: []publish.Event{back, theirs}})
	if err != nil || len(got.Reservations) != 1 || got.Reservations[0].Desk != desks[1].ID || len(got.Problems)+len(got.Unresolved) > 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	if warned := got.Warnings(); len(warned) != 1 || warned[0].UID != back.UID || !strings.Contains(warned[0].What, "has come back") {
		t.Errorf("warnings %+v", warned)
	}
}

// An event keeps its UID while its booking does, and its version grows with each change.
func TestVersions(t *testing.T) {
	desks, people := house()
	e := publish.Event{Reservation: reservations.Reservation{ID: "r1", Status: reservations.Confirmed, Updated: window.Start, Span: reservations.Span{Start: window.Start, End: window.Start.Add(time.Hour)}}, Desk: desks[0], Person: people[0]}
	first := write(t, publish.Calendar{Self: self, Of: publish.OfSite, Events: []publish.Event{e}})
	if again := write(t, publish.Calendar{Self: self, Of: publish.OfSite, Events: []publish.Event{e}}); again != first {
		t.Error("the same bookings are other bytes")
	}
	e.Desk, e.Status, e.Updated = desks[1], reservations.Cancelled, e.Updated.Add(time.Second)
	then := write(t, publish.Calendar{Self: self, Of: publish.OfSite, Events: []publish.Event{e}})
	for text, want := range map[string][]string{
		first: {"UID:r1@" + self + ".deskd", "SEQUENCE:189388800", "STATUS:CONFIRMED", "LAST-MODIFIED:20260101T000000Z"},
		then:  {"UID:r1@" + self + ".deskd", "SEQUENCE:189388801", "STATUS:CANCELLED", "LAST-MODIFIED:20260101T000001Z"},
	} {
		for _, line := range want {
			if !strings.Contains(text, "\r\n"+line+"\r\n") {
				t.Errorf("no line %q in\n%s", line, text)
			}
		}
	}
}

// What another program has written into a row begins no line, and hides nothing.
func TestTextsStayTexts(t *testing.T) {
	desk := reservations.Desk{ID: "4.12\r\nEND:VEVENT", Name: "\u202egnp.exe", Site: "a\x00b"}
	e := publish.Event{Reservation: reservations.Reservation{ID: "r\nUID:x", Status: reservations.Confirmed, Span: window}, Desk: desk, Person: reservations.Person{ID: "x", Name: "\"\r\nATTENDEE:mailto:y", Mail: []string{"a\r\n@b"}}, Note: strings.Repeat("long ", 2000)}
	text := write(t, publish.Calendar{Name: "a\nb", Self: self, Of: publish.OfSite, Events: []publish.Event{e}})
	for _, bad := range []string{"\nATTENDEE", "\nUID:x", "\u202e", "\x00"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
	if strings.Count(text, "\r\nEND:VEVENT\r\n") != 1 || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Errorf("lines of\n%s", text)
	}
}

// A calendar without events can be read by all.
func TestEmpty(t *testing.T) {
	text := write(t, publish.Calendar{Name: "desk 4.12", Self: self, Of: publish.OfDesk})
	got, err := feed.Read(t.Context(), fetch.Body{Text: fetch.TextOf([]byte(text))}, feed.Options{Window: window, Zone: time.UTC, Directory: feed.NewDirectory(nil, nil)})
	if err != nil || len(got.Reservations)+len(got.Problems) > 0 {
		t.Errorf("%v %v\n%s", err, got, text)
	}
}

// peers reads calendars with icalendar and vobject, and prints what each has understood.
const peers = `
import datetime, json, sys
import icalendar, vobject

def told(start, end, **more):
    whole = not isinstance(start, datetime.datetime)
    form = (lambda d: d.isoformat()) if whole else (lambda d: d.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return dict(start=form(start), end=form(end), **more)

def first(text):
    for e in icalendar.Calendar.from_ical(text).walk("VEVENT"):
        yield told(e["DTSTART"].dt, e["DTEND"].dt, uid=str(e["UID"]), status=str(e["STATUS"]), title=str(e["SUMMARY"]), place=str(e["LOCATION"]), note=str(e.get("DESCRIPTION", "")))

def second(text):
    for e in getattr(vobject.readOne(text), "vevent_list", []):
        yield told(e.dtstart.value, e.dtend.value, uid=e.uid.value, status=e.status.value, title=e.summary.value, place=e.location.value, note=e.description.value)

json.dump([[list(first(t)), list(second(t))] for t in json.load(sys.stdin)], sys.stdout)
`

// seen is an event as a peer tells it.
type seen struct {
	UID    string `json:"uid"`
	Start  string `json:"start"`
	End    string `json:"end"`
	Status string `json:"status"`
	Title  string `json:"title"`
	Place  string `json:"place"`
	Note   string `json:"note"`
}

// Two other readers of calendars, of other authors, see the same bookings.
func TestPeersReadTheSame(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, beside which its packages are
	if err := exec.CommandContext(t.Context(), python, "-c", "import icalendar, vobject").Run(); err != nil {
		t.Skip("Debian's python3-icalendar and python3-vobject are not installed (radicale and xandikos bring them)")
	}
	desks, people := house()
	var texts []string
	var want [][]seen
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(sites).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		all := bookings(t, zone, desks, people)
		texts = append(texts, write(t, publish.Calendar{Name: "all", Self: self, Of: publish.OfPerson, Events: all}))
		events := []seen{}
		for _, e := range all {
			events = append(events, told(e, zone))
		}
		want = append(want, events)
	})
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", peers)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][2][]seen
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(want) || len(want) < 10 {
		t.Fatalf("%v: %d of %d calendars", err, len(got), len(want))
	}
	for i, both := range got {
		for j, peer := range []string{"icalendar", "vobject"} {
			if diff := gocmp.Diff(want[i], both[j]); diff != "" {
				t.Fatalf("%s\n%s\n%s", peer, diff, texts[i])
			}
		}
	}
}

// told is an event as every reader should tell it.
func told(e publish.Event, zone *time.Location) seen {
	s := seen{UID: e.ID + "@" + self + ".deskd", Status: "CONFIRMED", Title: "Desk " + e.Desk.ID, Place: e.Desk.ID, Note: "Site: hq\nFloor: 4\nZone: quiet; calm"}
	if e.Note != "" {
		s.Note += "\nNote: " + e.Note
	}
	if e.Status != reservations.Confirmed {
		s.Status = "CANCELLED"
	}
	s.Start, s.End = e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339)
	if day := time.DateOnly; wholeDay(e.Start, zone) && wholeDay(e.End, zone) {
		s.Start, s.End = e.Start.In(zone).Format(day), e.End.In(zone).Format(day)
	}
	return s
}

func wholeDay(at time.Time, zone *time.Location) bool {
	y, m, d := at.In(zone).Date()
	return midnight(y, m, d, zone).Equal(at)
}
