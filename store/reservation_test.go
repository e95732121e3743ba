package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
)

func testReserve(t *testing.T, w world) {
	s := w.open(t)
	berlin := time.FixedZone("", 3600)
	now := at(-1, 0).Add(123456789 * time.Nanosecond)
	got, err := s.Reserve(ctx, reservations.Reservation{
		Desk: "4.12", Person: "JANE", Note: "quiet",
		Span: reservations.Span{Start: at(0, 0).In(berlin).Add(time.Millisecond), End: at(4, 0).In(berlin)},
	}, now)
	check(t, err)
	want := reservations.Reservation{
		ID: got.ID, Desk: "4.12", Person: "jane", Span: span(0, 4), Status: reservations.Confirmed,
		Source: reservations.SourceCLI, Note: "quiet", Updated: at(-1, 0).Add(123 * time.Millisecond), Seen: at(-1, 0).Add(123 * time.Millisecond),
	}
	same(t, "answer", want, got)
	if len(got.ID) != 32 {
		t.Errorf("id %q is not 32 letters long", got.ID)
	}
	stored, err := s.Reservation(ctx, got.ID)
	check(t, err)
	same(t, "stored", want, stored)

	book(t, s, "4.12", "max", span(4, 5)) // back to back is no overlap
	book(t, s, "4.12", "", span(-2, 0))   // taken by nobody in particular
	book(t, s, "4.11", "jane", span(0, 4))
}

// A booking by another name of a desk or person is refused, and told the id.
func testReserveByAlias(t *testing.T, w world) {
	s := w.open(t)
	must(s.ImportDesks(ctx, []reservations.Desk{{ID: "7.01", Site: "berlin", Cluster: "main", Device: "SEP000000000701", Mail: []string{"room@example.com"}, Aliases: []string{"By the Window"}}}, false))(t)
	must(s.ImportPeople(ctx, []reservations.Person{{ID: "u12345", Mail: []string{"kim@example.com"}, Aliases: []string{"Kim Lee"}}}, false))(t)
	for _, c := range []struct {
		desk, person, says string
		is                 error
	}{
		{"by the window", "jane", `no such desk: "by the window"; did you mean "7.01"?`, reservations.ErrUnknownDesk},
		{"room@example.com", "jane", `no such desk: "room@example.com"; did you mean "7.01"?`, reservations.ErrUnknownDesk},
		{"7.01", "kim lee", `no such person: "kim lee"; did you mean "u12345"?`, reservations.ErrUnknownPerson},
		{"7.01", "kim@example.com", `no such person: "kim@example.com"; did you mean "u12345"?`, reservations.ErrUnknownPerson},
	} {
		_, err := s.Reserve(ctx, reservations.Reservation{Desk: c.desk, Person: c.person, Span: span(0, 1)}, at(0, 0))
		if !errors.Is(err, c.is) || !strings.HasSuffix(err.Error(), c.says) {
			t.Errorf("%s for %s: error %v, want %s", c.desk, c.person, err, c.says)
		}
	}
}

func testReserveRefused(t *testing.T, w world) {
	s := w.open(t)
	first := book(t, s, "4.12", "jane", span(0, 4))
	for _, c := range []struct {
		name string
		r    reservations.Reservation
		is   error
		says []string
	}{
		{"overlap", reservations.Reservation{Desk: "4.12", Person: "max", Span: span(3, 5)}, reservations.ErrOverlap,
			[]string{`desk "4.12"`, `"jane" has it`, "2026-03-02T08:00:00Z", "2026-03-02T12:00:00Z", first.ID}},
		{"inside", reservations.Reservation{Desk: "4.12", Person: "max", Span: span(1, 2)}, reservations.ErrOverlap, nil},
		{"around", reservations.Reservation{Desk: "4.12", Person: "max", Span: span(-1, 5)}, reservations.ErrOverlap, nil},
		{"same", reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 4)}, reservations.ErrOverlap, nil},
		{"desk", reservations.Reservation{Desk: "4.13", Span: span(0, 1)}, reservations.ErrUnknownDesk, []string{`"4.13"; did you mean "4.11"?`}},
		{"far desk", reservations.Reservation{Desk: "D1", Span: span(0, 1)}, reservations.ErrUnknownDesk, []string{`no such desk: "D1"`}},
		{"person", reservations.Reservation{Desk: "5.01", Person: "jan", Span: span(0, 1)}, reservations.ErrUnknownPerson, []string{`did you mean "jane"?`}},
		{"backwards", reservations.Reservation{Desk: "5.01", Span: span(1, 0)}, nil, []string{"not after its start"}},
		{"long", reservations.Reservation{Desk: "5.01", Span: span(0, 401*24)}, nil, []string{"401 days"}},
		{"year", reservations.Reservation{Desk: "5.01", Span: reservations.Span{
			Start: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC),
		}}, nil, []string{"must be UTC like"}},
	} {
		_, err := s.Reserve(ctx, c.r, at(0, 0))
		if err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.is)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q does not say %q", c.name, err, part)
			}
		}
	}
	same(t, "stored", []string{"4.12 jane 02T08:00-02T12:00 confirmed"}, all(t, s))
}

func testCancel(t *testing.T, w world) {
	s := w.open(t)
	r := book(t, s, "4.12", "jane", span(0, 4))
	got, err := s.Cancel(ctx, r.ID, at(1, 0))
	check(t, err)
	r.Status, r.Updated = reservations.Cancelled, at(1, 0)
	same(t, "answer", r, got)
	stored, err := s.Reservation(ctx, r.ID)
	check(t, err)
	same(t, "stored", r, stored)

	again, err := s.Cancel(ctx, r.ID, at(2, 0))
	same(t, "again", r, again)
	if !errors.Is(err, reservations.ErrCancelled) || !strings.Contains(err.Error(), "cancelled at 2026-03-02T09:00:00Z") {
		t.Errorf("second cancellation: %v", err)
	}
	if _, err = s.Cancel(ctx, "none", at(2, 0)); !errors.Is(err, reservations.ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
	if _, err = s.Reservation(ctx, "none"); !errors.Is(err, reservations.ErrNotFound) {
		t.Errorf("unknown id: %v", err)
	}
	book(t, s, "4.12", "max", span(0, 4)) // the desk is free again
}

func testList(t *testing.T, w world) {
	s := w.open(t)
	book(t, s, "5.01", "max", span(2, 3))
	book(t, s, "4.12", "jane", span(0, 4))
	gone := book(t, s, "4.11", "jane", span(0, 1))
	_, err := s.Cancel(ctx, gone.ID, at(0, 0))
	check(t, err)
	for _, c := range []struct {
		name string
		f    reservations.Filter
		want []string
	}{
		{"all", reservations.Filter{}, []string{"4.12 jane", "5.01 max"}},
		{"cancelled too", reservations.Filter{IncludeCancelled: true}, []string{"4.11 jane", "4.12 jane", "5.01 max"}},
		{"person", reservations.Filter{Person: "JANE"}, []string{"4.12 jane"}},
		{"desk", reservations.Filter{Desk: "5.01"}, []string{"5.01 max"}},
		{"source", reservations.Filter{Source: reservations.SourceImport}, nil},
		{"span", reservations.Filter{Span: span(3, 5)}, []string{"4.12 jane"}},
		{"span of the past", reservations.Filter{Span: span(-5, 0)}, nil},
	} {
		rs, err := s.ListReservations(ctx, c.f)
		check(t, err)
		var got []string
		for _, r := range rs {
			got = append(got, r.Desk+" "+r.Person)
		}
		same(t, c.name, c.want, got)
	}
}

func testSpan(t *testing.T, w world) {
	s := w.open(t)
	book(t, s, "5.01", "max", span(2, 3))
	book(t, s, "4.12", "jane", span(2, 4))
	book(t, s, "4.12", "max", span(0, 2))
	book(t, s, "4.11", "", span(-399*24, 1)) // long, and begun long ago
	gone := book(t, s, "4.11", "jane", span(2, 3))
	_, err := s.Cancel(ctx, gone.ID, at(0, 0))
	check(t, err)
	second := time.Second
	for _, c := range []struct {
		name string
		s    reservations.Span
		want []string
	}{
		{"all", span(-1, 10), []string{"4.11 ", "4.12 max", "4.12 jane", "5.01 max"}},
		{"instant of a handover", reservations.Span{Start: at(2, 0), End: at(2, 0).Add(second)}, []string{"4.12 jane", "5.01 max"}},
		{"second before it", reservations.Span{Start: at(2, 0).Add(-second), End: at(2, 0)}, []string{"4.12 max"}},
		{"end within a second", reservations.Span{Start: at(2, 0).Add(-second), End: at(2, 0).Add(1)}, []string{"4.12 max", "4.12 jane", "5.01 max"}},
		{"start within a second", reservations.Span{Start: at(3, 0).Add(-1), End: at(3, 1)}, []string{"4.12 jane", "5.01 max"}},
		{"empty", span(2, 2), nil},
		{"after all", span(4, 9), nil},
		{"before all", span(-500*24, -450*24), nil},
	} {
		rs, err := s.Reservations(ctx, c.s)
		check(t, err)
		var got []string
		for _, r := range rs {
			got = append(got, r.Desk+" "+r.Person)
		}
		same(t, c.name, c.want, got)
	}
}

func testEdges(t *testing.T, w world) {
	s := w.open(t)
	edges := func(t0 time.Time) [2]string {
		t.Helper()
		start, err := s.NextStart(ctx, t0)
		check(t, err)
		end, err := s.NextEnd(ctx, t0)
		check(t, err)
		return [2]string{hour(start), hour(end)}
	}
	never := hour(time.Time{})
	same(t, "empty", [2]string{never, never}, edges(at(0, 0)))
	book(t, s, "4.12", "jane", span(0, 4))
	book(t, s, "4.11", "max", span(2, 3))
	gone := book(t, s, "4.11", "max", span(1, 2))
	_, err := s.Cancel(ctx, gone.ID, at(0, 0))
	check(t, err)
	same(t, "before", [2]string{"02T08:00", "02T11:00"}, edges(at(-1, 0)))
	same(t, "at an edge", [2]string{"02T10:00", "02T11:00"}, edges(at(0, 0)))
	same(t, "a blink before an edge", [2]string{"02T08:00", "02T11:00"}, edges(at(0, 0).Add(-1)))
	same(t, "at an end", [2]string{never, "02T12:00"}, edges(at(3, 0)))
	same(t, "after", [2]string{never, never}, edges(at(4, 0)))
}

func testInvalidRows(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	book(t, s, "4.12", "jane", span(0, 4))
	for _, row := range [][2]string{{"4.21", "jane"}, {"4.11", "jnae"}, {"4.11", "ZOë"}, {"9", "nobody"}} {
		hours := "08:00"
		if row[1] == "ZOë" {
			hours = "10:00"
		}
		_, err := db.Exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?)`,
			row[0], row[1], "2026-03-02T"+hours+":00Z", "2026-03-02T"+strings.Replace(hours, ":00", ":30", 1)+":00Z")
		check(t, err)
	}
	rs, err := s.Reservations(ctx, span(-1, 10))
	check(t, err)
	same(t, "of known desks", []string{"4.11 jnae 02T08:00-02T08:30 confirmed", "4.12 jane 02T08:00-02T12:00 confirmed", "4.11 ZOë 02T10:00-02T10:30 confirmed"}, brief(rs))

	invalid, err := s.InvalidRows(ctx, span(-1, 10))
	check(t, err)
	var why []string
	for _, r := range invalid {
		why = append(why, r.Desk+" "+r.Person+": "+r.Why)
	}
	same(t, "reported", []string{
		`4.11 jnae: no such person: "jnae"; did you mean "jane"?`,
		`4.21 jane: no such desk: "4.21"; did you mean "4.11"?`,
		`9 nobody: no such desk: "9"`,
	}, why)
	later, err := s.InvalidRows(ctx, span(1, 10))
	check(t, err)
	if len(later) != 0 {
		t.Errorf("rows outside the span: %v", later)
	}
	same(t, "who has the desk", []reservations.Desk{testDesks[1]}, []reservations.Desk{must(s.Desk(ctx, "4.12"))(t)})
	// Once the desk is there, the row counts.
	_, err = s.ImportDesks(ctx, []reservations.Desk{{ID: "9", Site: "berlin", Cluster: "main", Device: "SEP000000000009"}}, false)
	check(t, err)
	_, err = s.ImportPeople(ctx, []reservations.Person{{ID: "Nobody"}}, false)
	check(t, err)
	rs, err = s.Reservations(ctx, span(-1, 1))
	check(t, err)
	same(t, "with the new desk", []string{"4.11 jnae 02T08:00-02T08:30 confirmed", "4.12 jane 02T08:00-02T12:00 confirmed", "9 nobody 02T08:00-02T08:30 confirmed"}, brief(rs))
}

// What waits for a desk is listed by the span asked about, and what has the desk is not.
func testConflicts(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 4), event("2", "4.11", "jane", 0, 4))
	readFeed(t, s, "other", -1, event("3", "4.12", "max", 1, 2), event("4", "4.11", "max", 2, 6), event("5", "4.12", "max", 8, 9))
	waiting := []string{"4.12 max 02T09:00-02T10:00 conflict", "4.11 max 02T10:00-02T14:00 conflict"}
	same(t, "in the span", waiting, brief(must(s.Conflicts(ctx, span(-1, 10)))(t)))
	same(t, "after the first", waiting[1:], brief(must(s.Conflicts(ctx, span(2, 10)))(t)))
	same(t, "before the second", waiting[:1], brief(must(s.Conflicts(ctx, span(-1, 2)))(t)))
	same(t, "after all", []string{}, brief(must(s.Conflicts(ctx, span(6, 10)))(t)))
}

// must passes a value on and fails the test on an error.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func testReopen(t *testing.T, w world) {
	s := w.open(t)
	r := book(t, s, "4.12", "jane", span(0, 4))
	check(t, s.Close())
	again := w.open(t)
	stored, err := again.Reservation(ctx, r.ID)
	check(t, err)
	same(t, "reservation", r, stored)
	desks, err := again.Desks(ctx)
	check(t, err)
	same(t, "desks", testDesks, desks)
	people, err := again.People(ctx)
	check(t, err)
	same(t, "people", testPeople, people)
	for _, name := range []string{"JANE", "Jane@Example.com", "j.doe@example.com"} {
		same(t, name, testPeople[0], must(again.Person(ctx, name))(t))
	}
	if _, err := again.Person(ctx, "jnae@example.com"); !errors.Is(err, reservations.ErrUnknownPerson) {
		t.Errorf("unknown person: %v", err)
	}
	if _, err := again.Desk(ctx, "4.1"); !errors.Is(err, reservations.ErrUnknownDesk) {
		t.Errorf("unknown desk: %v", err)
	}
	if diff := cmp.Diff([]string{"4.12 jane 02T08:00-02T12:00 confirmed"}, all(t, again)); diff != "" {
		t.Error(diff)
	}
}

// A letter that is none, or NUL, keeps neither a booking nor a feed from being written.
func testIllegibleTexts(t *testing.T, w world) {
	s := w.open(t)
	r, err := s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 1), Note: "a\x00b\xffc"}, at(0, 0))
	check(t, err)
	note := must(s.Reservation(ctx, r.ID))(t).Note
	if !strings.HasPrefix(note, "a") || !strings.HasSuffix(note, "c") {
		t.Errorf("the note is %q", note)
	}
	e := event("u\x00", "4.11", "max", 2, 6)
	e.Note = "from \xfe the calendar"
	_, err = s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(0, 0), Problem: "\x00"}, reservations.Change{Add: []reservations.Reservation{e}}, nil)
	check(t, err)
	same(t, "stored", 2, len(all(t, s)))
	sound(t, s)
}
