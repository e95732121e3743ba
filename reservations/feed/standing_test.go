package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
)

// readings are a feed read several times, with what is stored between.
type readings struct {
	t     testing.TB
	clock time.Time
	rows  []reservations.Reservation
	waits []reservations.Waiting
}

// read reads events such as "uid person 9 12 created" on desk 4.12 (":15" may follow
// an hour, "@desk" the UID), stores what is booked, and returns that and who lost it.
func (r *readings) read(o Options, events ...string) (booked, told []string) {
	r.t.Helper()
	var lines []string
	for _, e := range events {
		f := append(strings.Fields(e), "")
		uid, desk, other := strings.Cut(f[0], "@")
		if !other {
			desk = "4.12"
		}
		at := func(clock string) string {
			hour, minute, _ := strings.Cut(clock+":00", ":")
			return fmt.Sprintf("20260303T%02s%s00Z", hour, minute[:2])
		}
		lines = append(lines, "BEGIN:VEVENT", "UID:"+uid, "DTSTART:"+at(f[2]), "DTEND:"+at(f[3]), "LOCATION:"+desk, "ORGANIZER:mailto:"+f[1]+"@example.com")
		for _, more := range f[4:] {
			switch {
			case more == "":
			case strings.Contains(more, ":"):
				lines = append(lines, more)
			default:
				lines = append(lines, "CREATED:"+more+"0102T000000Z")
			}
		}
		lines = append(lines, "END:VEVENT")
	}
	return r.readText(o, string(wrap(lines...)))
}

// readText is read for a feed of any text.
func (r *readings) readText(o Options, text string) (booked, told []string) {
	r.t.Helper()
	o.Window, o.Zone, o.Directory, o.Booked, o.Waiting = spring(), berlin(r.t), tables(), r.rows, r.waits
	if o.Feed.Name == "" {
		o.Feed.Name = "x"
	}
	res, err := readText([]byte(text), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock = r.clock.Add(time.Hour)
	c := reservations.Diff(r.rows, res.Reservations, r.clock.AddDate(-1, 0, 0))
	r.store(c)
	r.waits = res.Waiting
	for i := range r.waits {
		if r.waits[i].Seen.IsZero() {
			r.waits[i].Seen = r.clock
		}
	}
	for _, b := range r.rows {
		if b.Status == reservations.Confirmed {
			booked = append(booked, fmt.Sprintf("%s %s-%s", b.Person, b.Start.Format("15:04"), b.End.Format("15:04")))
		}
	}
	for _, p := range slices.Concat(res.Unresolved, res.Warnings()) {
		told = append(told, p.UID+": "+p.What)
	}
	return booked, told
}

// store does to the rows what the database does.
func (r *readings) store(c reservations.Change) {
	rows := make(map[string]reservations.Reservation)
	for _, h := range r.rows {
		rows[h.ID] = h
	}
	for _, d := range c.Drop {
		delete(rows, d.ID)
	}
	for _, u := range c.Update {
		u.Seen, u.Status = rows[u.ID].Seen, rows[u.ID].Status
		rows[u.ID] = u
	}
	for n, a := range c.Add {
		a.ID, a.Seen = fmt.Sprint(r.clock.Unix(), n), r.clock
		rows[a.ID] = a
	}
	r.rows = nil
	for _, h := range rows {
		r.rows = append(r.rows, h)
	}
	slices.SortFunc(r.rows, func(a, b reservations.Reservation) int { return a.Start.Compare(b.Start) })
}

func newReadings(t testing.TB) *readings {
	return &readings{t: t, clock: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
}

// The first who was seen has the desk, whatever a later event says of its age.
func TestFirstSeenStands(t *testing.T) {
	const victim = "v jane 9 12 2026"
	for _, c := range []struct {
		Name   string
		first  []string
		then   []string
		booked []string
		told   string // a part of what is said of the loser
	}{
		{"an older CREATED", []string{victim}, []string{victim, "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"},
			`a: desk "4.12" is taken by the event on line 2 (jdoe), which has it since 2026-03-02T09:00:00Z, in that time`},
		{"no CREATED of the one that stands", []string{"v jane 9 12"}, []string{"v jane 9 12", "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"further up", []string{victim}, []string{"a max 8 17 1970", victim}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"a part of it", []string{victim}, []string{victim, "a max 11 13 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"moves into it", []string{victim, "a max 13 14 1970"}, []string{victim, "a max 11 14 1970"}, []string{"jdoe 09:00-12:00", "mmuster 13:00-14:00"},
			`a: desk "4.12" is taken by the event on line 2 (jdoe), which has it since 2026-03-02T09:00:00Z, in a part of that time: it stays booked from 2026-03-03T13:00:00Z to 2026-03-03T14:00:00Z`},
		{"moves away into it", []string{victim, "a max 13 14 1970"}, []string{victim, "a max 10 11 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"moves to its desk", []string{victim, "a@4.11 max 9 12 1970"}, []string{victim, "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"the one that stands is edited", []string{victim}, []string{"v jane 9 12 2027 SEQUENCE:4 SUMMARY:other", "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"the one that stands is shortened", []string{victim}, []string{"v jane 9 11 2026", "a max 10 12 1970"}, []string{"jdoe 09:00-11:00"}, "a: "},
		{"the one that stands grows into what is new", []string{victim}, []string{"v jane 9 13 2026", "a max 12 13 1970"}, []string{"jdoe 09:00-12:00", "mmuster 12:00-13:00"}, "v: "},
		{"… and what is new is younger", []string{victim}, []string{"v jane 9 13 2026", "a max 12 13 2027"}, []string{"jdoe 09:00-13:00"}, "a: "},
		{"the one that stands becomes a series", []string{victim}, []string{"v jane 9 13 2026 RRULE:FREQ=DAILY;COUNT=1", "a max 9 12 1970"}, []string{"jdoe 09:00-13:00"}, "a: "},
		{"it changes hands", []string{victim}, []string{"v eve 9 12 2026", "a max 9 12 1970"}, []string{"Eve 09:00-12:00"}, "a: "},
		{"new UIDs at every fetch", []string{victim}, []string{"w jane 9 12 2026", "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"new UIDs, and longer", []string{victim}, []string{"w jane 9 13 2026", "a max 9 12 1970"}, []string{"jdoe 09:00-13:00"}, "a: "},
		{"it leaves", []string{victim}, []string{"v jane 14 15 2026", "a max 9 12 1970"}, []string{"mmuster 09:00-12:00", "jdoe 14:00-15:00"}, ""},
		{"two swap", []string{victim, "a max 13 14 1970"}, []string{"v jane 13 14 2026", "a max 9 12 1970"}, []string{"mmuster 09:00-12:00", "jdoe 13:00-14:00"}, ""},
		{"both new: CREATED", nil, []string{victim, "a max 9 12 1970"}, []string{"mmuster 09:00-12:00"},
			`v: desk "4.12" is taken by the event on line 10 (mmuster) in that time`},
		{"both new: the line", nil, []string{"v jane 9 12", "a max 9 12"}, []string{"jdoe 09:00-12:00"}, "a: "},
		{"a private one keeps its name", []string{"v jane 9 12 CLASS:PRIVATE"}, []string{"v jane 9 12 CLASS:PRIVATE", "a max 9 12 1970"}, []string{"jdoe 09:00-12:00"},
			`a: desk "4.12" is taken by the event on line 2, which has it since`},
	} {
		t.Run(c.Name, func(t *testing.T) {
			r := newReadings(t)
			if c.first != nil {
				r.read(Options{}, c.first...)
			}
			for again := range 3 { // it stays so
				booked, told := r.read(Options{}, c.then...)
				if diff := cmp.Diff(c.booked, booked); diff != "" {
					t.Errorf("reading %d (-want +got):\n%s", again, diff)
				}
				if text := strings.Join(told, "\n"); again == 0 && (!strings.HasPrefix(text, c.told) || (c.told == "") != (text == "")) {
					t.Errorf("told: %s\nwant: %s", text, c.told)
				}
			}
		})
	}
}

// Who waited for a desk gets it before who came later, also when the mapping is
// another by then.
func TestWaitsInTheOrderSeen(t *testing.T) {
	r := newReadings(t)
	r.read(Options{}, "v jane 9 12 2026")
	r.read(Options{}, "v jane 9 12 2026", "w max 9 12 2027")
	rules := Options{Feed: reservations.Feed{Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromOrganizer}}}
	r.read(rules, "a eve 9 12 1970", "v jane 9 12 2026", "w max 9 12 2027")
	booked, _ := r.read(rules, "a eve 9 12 1970", "w max 9 12 2027")
	if diff := cmp.Diff([]string{"mmuster 09:00-12:00"}, booked); diff != "" {
		t.Error(diff)
	}

	// Who comes in the very reading in which the desk becomes free is later, too.
	r = newReadings(t)
	r.read(Options{}, "v jane 9 12 2026")
	r.read(Options{}, "v jane 9 12 2026", "w max 9 12 2027")
	if booked, _ = r.read(Options{}, "a eve 9 12 1970", "w max 9 12 2027"); !slices.Equal(booked, []string{"mmuster 09:00-12:00"}) {
		t.Errorf("beside a new one: %v", booked)
	}

	// One that has been moved is new in its time.
	r = newReadings(t)
	r.read(Options{}, "v jane 9 12 2026", "w max 11 13 2027")
	r.read(Options{}, "v jane 9 12 2026", "w max 9 13 2027", "a eve 9 12 2026")
	if booked, _ = r.read(Options{}, "w max 9 13 2027", "a eve 9 12 2026"); !slices.Equal(booked, []string{"Eve 09:00-12:00"}) {
		t.Errorf("moved: %v", booked)
	}
}

// What a person has cancelled keeps nobody from its desk, though the calendar still
// has it.
func TestCancelledKeepsNobodyOut(t *testing.T) {
	r := newReadings(t)
	r.read(Options{}, "v jane 9 12 2026", "w max 10 11 2027")
	r.rows[0].Status = reservations.Cancelled
	for range 2 {
		booked, told := r.read(Options{}, "v jane 9 12 2026", "w max 10 11 2027")
		if diff := cmp.Diff([]string{"mmuster 10:00-11:00"}, booked); diff != "" || told != nil {
			t.Errorf("%s%v", diff, told)
		}
	}
}

// Whatever changes in a calendar, nobody is displaced from the time they had and still
// claim, and no two have a desk at once.
func TestNobodyIsDisplaced(t *testing.T) {
	people := []string{"jane", "max", "eve"}
	rapid.Check(t, func(rt *rapid.T) {
		r := newReadings(t)
		for step := range 4 {
			var events []string
			claims := make(map[string][2]int)
			for n := range 4 {
				if rapid.Bool().Draw(rt, "gone") {
					continue
				}
				from := rapid.IntRange(8, 15).Draw(rt, "from")
				to := from + rapid.IntRange(1, 4).Draw(rt, "length")
				claims[fmt.Sprint(n)] = [2]int{from, to}
				events = append(events, fmt.Sprintf("%d %s %d %d %d", n, people[n%3], from, to, 1970+rapid.IntRange(0, 9).Draw(rt, "created")))
			}
			before := slices.Clone(r.rows)
			r.read(Options{}, events...)
			if overlaps := reservations.NewCalendar(r.rows).Conflicts(); len(overlaps) > 0 {
				rt.Fatalf("overlap: %v", overlaps)
			}
			for _, b := range before {
				c, still := claims[b.UID]
				want := overlap(b.Span, reservations.Span{Start: b.Start.Truncate(24 * time.Hour).Add(time.Duration(c[0]) * time.Hour), End: b.Start.Truncate(24 * time.Hour).Add(time.Duration(c[1]) * time.Hour)})
				if !still || want.Empty() {
					continue
				}
				if !slices.ContainsFunc(r.rows, func(a reservations.Reservation) bool { return a.UID == b.UID && within(want, a.Span) }) {
					rt.Fatalf("step %d: event %s had %v, claims %v, and has %v", step, b.UID, b.Span, c, r.rows)
				}
			}
		}
	})
}
