package reservations

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// hm is an instant of the morning all tests speak of.
func hm(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", "2026-03-02 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func span(start, end string) Span { return Span{hm(start), hm(end)} }

// booked makes reservations from lines "id desk person 09:00 12:00 [uid]".
func booked(lines ...string) []Reservation {
	var all []Reservation
	for _, line := range lines {
		f := append(strings.Fields(line), "")
		all = append(all, Reservation{ID: f[0], Desk: f[1], Person: f[2], Span: span(f[3], f[4]), UID: f[5], Status: Confirmed})
	}
	return all
}

func lines(rs []Reservation) []string {
	var all []string
	for _, r := range rs {
		all = append(all, fmt.Sprintf("%s %s %s %s %s", r.ID, r.Desk, r.Person, r.Start.Format("15:04"), r.End.Format("15:04")))
	}
	return all
}

func TestSpan(t *testing.T) {
	nine, noon, three := span("09:00", "12:00"), span("12:00", "15:00"), span("15:00", "15:00")
	table := []struct {
		name      string
		got, want any
	}{
		{"the start is in", nine.Contains(hm("09:00")), true},
		{"the end is not", nine.Contains(hm("12:00")), false},
		{"back to back", nine.Overlaps(noon), false},
		{"one minute", nine.Overlaps(span("11:59", "12:01")), true},
		{"inside", nine.Overlaps(span("10:00", "11:00")), true},
		{"empty inside", nine.Overlaps(span("10:00", "10:00")), false},
		{"empty", three.Empty(), true},
		{"backwards", Span{hm("10:00"), hm("09:00")}.Empty(), true},
		{"backwards has no length", Span{hm("10:00"), hm("09:00")}.Duration(), time.Duration(0)},
		{"length", nine.Duration(), 3 * time.Hour},
		{"same instants in other zones", nine.Equal(Span{nine.Start.In(time.FixedZone("", 3600)), nine.End}), true},
		{"whole seconds", Span{hm("09:00").Add(999 * time.Millisecond), hm("12:00")}.UTC(), nine},
		{"earliest", Earliest(hm("10:00"), hm("09:00")), hm("09:00")},
		{"earliest, in order", Earliest(hm("09:00"), hm("10:00")), hm("09:00")},
		{"latest", Latest(hm("10:00"), hm("09:00")), hm("10:00")},
		{"latest, in order", Latest(hm("09:00"), hm("10:00")), hm("10:00")},
	}
	for _, c := range table {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestOverlapIsShared holds Overlaps against its definition: an instant that
// both spans contain.
func TestOverlapIsShared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Span {
			return Span{hm("09:00").Add(time.Duration(rapid.IntRange(0, 6).Draw(t, name)) * time.Minute),
				hm("09:00").Add(time.Duration(rapid.IntRange(0, 6).Draw(t, name)) * time.Minute)}
		}
		a, b := draw("a"), draw("b")
		shared := false
		for at := hm("09:00"); at.Before(hm("09:10")); at = at.Add(time.Minute) {
			shared = shared || a.Contains(at) && b.Contains(at)
		}
		if a.Overlaps(b) != shared || b.Overlaps(a) != shared {
			t.Fatalf("%v and %v: overlap %v, want %v", a, b, a.Overlaps(b), shared)
		}
	})
}

func TestChecks(t *testing.T) {
	desk := Desk{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP001122334455"}
	booking := Reservation{Desk: "4.12", Person: "jane", Span: span("09:00", "12:00")}
	with := func(change func(*Desk)) error { d := desk; change(&d); return d.Check() }
	booked := func(change func(*Reservation)) error { r := booking; change(&r); return r.Check() }
	table := []struct {
		name string
		err  error
		want string // part of the error, empty for none
	}{
		{"desk", desk.Check(), ""},
		{"desk without id", with(func(d *Desk) { d.ID = "" }), "without id"},
		{"desk without site", with(func(d *Desk) { d.Site = "" }), "without site"},
		{"desk without cluster", with(func(d *Desk) { d.Cluster = "" }), "without cluster"},
		{"device with a blank at the end", with(func(d *Desk) { d.Device = "SEP0011 " }), `"SEP0011 " is not a device's name`},
		{"device with markup", with(func(d *Desk) { d.Device = "<SEP0011>" }), "not a device's name"},
		{"no device", with(func(d *Desk) { d.Device = "" }), "not a device's name"},
		{"Jabber", with(func(d *Desk) { d.Device = "CSFjane.doe" }), ""},
		{"ATA", with(func(d *Desk) { d.Device = "ATA001122334455" }), ""},
		{"person", Person{ID: "jürgen.o'neill+x@example.com", Mail: []string{"a@b"}}.Check(), ""},
		{"person of signs", Person{ID: `J$#~!()=/\,;*?:|[]{}^%` + "`+1 (555) 0100"}.Check(), ""},
		{"person of accents put together", Person{ID: "jo\u0308rg"}.Check(), ""},
		{"person of plus signs", Person{ID: "+ +"}.Check(), `"+ +" is not a user id`},
		{"person with markup", Person{ID: "<jane>"}.Check(), `"<jane>" is not a user id`},
		{"person with a blank at the end", Person{ID: "jane "}.Check(), "not a user id"},
		{"person with a newline", Person{ID: "jane\n"}.Check(), "not a user id"},
		{"person with what cannot be read", Person{ID: "j\ufffdrg"}.Check(), "not a user id"},
		{"person of a noncharacter", Person{ID: "j\uffferg"}.Check(), "not a user id"},
		{"person with a line separator", Person{ID: "j\u2028rg"}.Check(), "not a user id"},
		{"nobody", Person{}.Check(), "not a user id"},
		{"no address", Person{ID: "jane", Mail: []string{"jane@"}}.Check(), "not an address"},
		{"reservation", booking.Check(), ""},
		{"reservation without a person", booked(func(r *Reservation) { r.Person = "" }), ""},
		{"reservation without desk", booked(func(r *Reservation) { r.Desk = "" }), "without desk"},
		{"reservation backwards", booked(func(r *Reservation) { r.End = hm("08:00") }), "not after its start"},
		{"reservation of two years", booked(func(r *Reservation) { r.End = r.Start.AddDate(0, 0, 500) }), "lasts 500 days"},
		{"reservation of a bad person", booked(func(r *Reservation) { r.Person = "a\x00b" }), "not a user id"},
	}
	for _, c := range table {
		switch {
		case c.want == "" && c.err != nil:
			t.Errorf("%s: %v", c.name, c.err)
		case c.want != "" && (c.err == nil || !strings.Contains(c.err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q in it", c.name, c.err, c.want)
		}
	}
}

func TestCalendar(t *testing.T) {
	all := booked("a D1 jane 09:00 12:00", "b D1 max 11:00 14:00", "c D2 ada 10:00 11:00", "d D1 bob 12:00 13:00", "e D3 eve 09:00 10:00")
	all[4].Status = Cancelled
	c := NewCalendar(all)
	table := []struct {
		name      string
		got, want []string
	}{
		{"in order, only what counts", lines(c.All()), []string{"a D1 jane 09:00 12:00", "c D2 ada 10:00 11:00", "b D1 max 11:00 14:00", "d D1 bob 12:00 13:00"}},
		{"one per desk: who began first", lines(c.At(hm("11:30")).All()), []string{"a D1 jane 09:00 12:00"}},
		{"at an end", lines(c.At(hm("12:00")).All()), []string{"b D1 max 11:00 14:00"}},
		{"overlapping", lines(c.Overlapping(span("10:30", "11:00")).All()), []string{"a D1 jane 09:00 12:00", "c D2 ada 10:00 11:00"}},
		{"by desk", lines(c.ByDesk()["D1"]), []string{"a D1 jane 09:00 12:00", "b D1 max 11:00 14:00", "d D1 bob 12:00 13:00"}},
	}
	for _, c := range table {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	var conflicts []string
	for _, o := range c.Conflicts() {
		conflicts = append(conflicts, o.Kept.ID+" before "+o.Lost.ID)
	}
	if diff := cmp.Diff([]string{"a before b", "b before d"}, conflicts); diff != "" {
		t.Errorf("conflicts (-want +got):\n%s", diff)
	}
	if got := len(NewCalendar(booked("a D1 Jane 09:00 12:00", "b D2 jane 13:00 14:00")).ByPerson()["jane"]); got != 2 {
		t.Errorf("jane has %d reservations, want 2 whatever the case", got)
	}
}

func TestDiff(t *testing.T) {
	now := hm("10:00")
	cancelled := func(rs []Reservation) []Reservation { rs[0].Status = Cancelled; return rs }
	table := []struct {
		name              string
		have, want        []Reservation
		add, update, drop []string
	}{
		{name: "the same", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 jane 11:00 12:00 u")},
		{name: "new UIDs and another case change nothing", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 Jane 11:00 12:00 v")},
		{name: "new", want: booked("- D1 jane 11:00 12:00 u"), add: []string{"- D1 jane 11:00 12:00"}},
		{name: "new and over", want: booked("- D1 jane 08:00 09:00 u")},
		{name: "gone", have: booked("1 D1 jane 11:00 12:00 u"), drop: []string{"1 D1 jane 11:00 12:00"}},
		{name: "gone while running", have: booked("1 D1 jane 09:00 12:00 u"), drop: []string{"1 D1 jane 09:00 12:00"}},
		{name: "gone and over", have: booked("1 D1 jane 08:00 09:00 u")},
		{name: "moved in time", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 jane 13:00 14:00 u"), update: []string{"1 D1 jane 13:00 14:00"}},
		{name: "moved to another desk", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D2 jane 11:00 12:00 u"), update: []string{"1 D2 jane 11:00 12:00"}},
		{name: "extended while running", have: booked("1 D1 jane 09:00 12:00 u"), want: booked("- D1 jane 09:00 13:00 u"), update: []string{"1 D1 jane 09:00 13:00"}},
		{name: "extended and read after its end", have: booked("1 D1 jane 08:00 09:59 u"), want: booked("- D1 jane 08:00 12:00 v"), update: []string{"1 D1 jane 08:00 12:00"}},
		{name: "over and followed by another", have: booked("1 D1 jane 08:00 09:59 u"), want: booked("- D1 jane 08:00 09:59 u", "- D1 jane 09:59 12:00 u"), add: []string{"- D1 jane 09:59 12:00"}},
		{name: "over and in the way of another person", have: booked("1 D1 max 08:00 09:59 v"), want: booked("- D1 jane 09:00 12:00 u"), add: []string{"- D1 jane 09:00 12:00"}, drop: []string{"1 D1 max 08:00 09:59"}},
		{name: "over and given to another person, prolonged", have: booked("1 D1 max 08:00 09:59 u"), want: booked("- D1 jane 08:00 12:00 u"), update: []string{"1 D1 jane 08:00 12:00"}},
		{name: "over and in the way on another desk", have: booked("1 D1 jane 08:00 09:59 u"), want: booked("- D2 jane 09:00 12:00 u"), add: []string{"- D2 jane 09:00 12:00"}},
		{name: "given to another", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 max 11:00 12:00 u"), update: []string{"1 D1 max 11:00 12:00"}},
		{name: "moved and renamed", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 jane 13:00 14:00 v"),
			add: []string{"- D1 jane 13:00 14:00"}, drop: []string{"1 D1 jane 11:00 12:00"}},
		{name: "an event with two desks moves", have: booked("1 D1 jane 11:00 12:00 u", "2 D2 jane 11:00 12:00 u"), want: booked("- D1 jane 13:00 14:00 u", "- D2 jane 13:00 14:00 u"),
			update: []string{"1 D1 jane 13:00 14:00", "2 D2 jane 13:00 14:00"}},
		{name: "cancelled by hand stays", have: cancelled(booked("1 D1 jane 11:00 12:00 u")), want: booked("- D1 jane 11:00 12:00 u")},
		{name: "cancelled by hand and gone", have: cancelled(booked("1 D1 jane 11:00 12:00 u"))},
		{name: "twice the same slot", have: booked("1 D1 jane 11:00 12:00 u"), want: booked("- D1 jane 11:00 12:00 u", "- D1 jane 11:00 12:00 v"), add: []string{"- D1 jane 11:00 12:00"}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			got := Diff(c.have, c.want, now)
			for _, part := range []struct {
				name string
				got  []Reservation
				want []string
			}{{"add", got.Add, c.add}, {"update", got.Update, c.update}, {"drop", got.Drop, c.drop}} {
				if diff := cmp.Diff(part.want, lines(part.got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", part.name, diff)
				}
			}
			if empty := len(c.add)+len(c.update)+len(c.drop) == 0; got.Empty() != empty {
				t.Errorf("empty is %v", got.Empty())
			}
		})
	}
}

// TestDiffProperties applies random changes: the rows become what the feed
// lists, the past stays, and a second look finds nothing to do.
func TestDiffProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := hm("10:00")
		draw := func(name string) []Reservation {
			var rs []Reservation
			for i := range rapid.IntRange(0, 6).Draw(t, name) {
				start := hm("08:00").Add(time.Duration(rapid.IntRange(0, 8).Draw(t, "hour")) * time.Hour)
				rs = append(rs, Reservation{
					ID: fmt.Sprintf("%s%d", name, i), Desk: rapid.SampledFrom([]string{"D1", "D2"}).Draw(t, "desk"),
					Person: rapid.SampledFrom([]string{"jane", "max"}).Draw(t, "person"), Span: Span{start, start.Add(time.Hour)},
					UID: rapid.SampledFrom([]string{"u", "v", "w"}).Draw(t, "uid"), Status: Confirmed,
				})
			}
			return rs
		}
		have, want := draw("have"), draw("want")
		change := Diff(have, want, now)
		after := apply(have, change)
		if again := Diff(after, want, now); !again.Empty() {
			t.Fatalf("a second look finds %+v", again)
		}
		if diff := cmp.Diff(slots(want, now), slots(after, now)); diff != "" {
			t.Fatalf("rows that are not over (-listed +stored):\n%s", diff)
		}
		for _, h := range have {
			if !h.End.After(now) && !slices.ContainsFunc(after, func(r Reservation) bool { return r.ID == h.ID && r.Span.Equal(h.Span) }) {
				t.Fatalf("the past was rewritten: %s is gone", h.ID)
			}
		}
	})
}

func apply(have []Reservation, c Change) []Reservation {
	var after []Reservation
	for _, h := range have {
		if slices.ContainsFunc(c.Drop, func(r Reservation) bool { return r.ID == h.ID }) {
			continue
		}
		if i := slices.IndexFunc(c.Update, func(r Reservation) bool { return r.ID == h.ID }); i >= 0 {
			h = c.Update[i]
		}
		after = append(after, h)
	}
	return append(after, c.Add...)
}

func slots(rs []Reservation, now time.Time) []string {
	all := []string{}
	for _, r := range rs {
		if r.End.After(now) {
			all = append(all, fmt.Sprintf("%s %s %s", r.Desk, r.Person, r.Start.Format("15:04")))
		}
	}
	slices.Sort(all)
	return all
}

func TestBrake(t *testing.T) {
	b := Brake{Share: 0.25, Count: 5}
	table := []struct {
		lost, total int
		holds       bool
	}{
		{0, 0, false}, {5, 5, false}, {6, 6, true}, {6, 24, false}, {7, 24, true}, {25, 100, false}, {26, 100, true},
	}
	for _, c := range table {
		if got := b.Holds(c.lost, c.total); got != c.holds {
			t.Errorf("losing %d of %d: held %v, want %v", c.lost, c.total, got, c.holds)
		}
	}
}

// A calendar that writes all its bookings of one desk again, beside as many that
// are over.
func BenchmarkDiffOfOneDesk(b *testing.B) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var have, want []Reservation
	for i := range 10_000 {
		past, next := now.Add(-time.Duration(i+2)*time.Second), now.Add(time.Duration(i+2)*time.Second)
		have = append(have, Reservation{ID: fmt.Sprint(i), Desk: "D1", Status: Confirmed, Span: Span{past, past.Add(time.Second)}})
		want = append(want, Reservation{UID: fmt.Sprint(i), Desk: "D1", Span: Span{next, next.Add(time.Second)}})
	}
	for b.Loop() {
		if c := Diff(have, want, now); len(c.Add) != len(want) {
			b.Fatalf("%d of %d are added", len(c.Add), len(want))
		}
	}
}

// TestCalendarWith holds a calendar with some reservations replaced against one that is made
// of what there is then; the one before stays as it was.
func TestCalendarWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.IntRange(0, 9)
		drawn := func() Reservation {
			return Reservation{
				ID: fmt.Sprint(ids.Draw(t, "id")), Desk: fmt.Sprint("D", rapid.IntRange(0, 3).Draw(t, "desk")), Person: rapid.SampledFrom([]string{"", "p", "P", "q"}).Draw(t, "person"),
				Status: rapid.SampledFrom([]Status{Confirmed, Confirmed, Conflict}).Draw(t, "status"),
				Span:   Span{Start: hm("08:00").Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "start")) * time.Hour), End: hm("14:00")},
			}
		}
		is := make(map[string]Reservation)
		all := func() (all []Reservation) {
			for _, r := range is {
				all = append(all, r)
			}
			return all
		}
		c := NewCalendar(nil)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			before, copied := c, NewCalendar(all())
			var out, in []Reservation
			put := make(map[string]bool)
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				r := drawn()
				if put[r.ID] {
					continue
				}
				put[r.ID] = true
				if was, there := is[r.ID]; there {
					out = append(out, was)
					delete(is, r.ID)
				}
				if rapid.Bool().Draw(t, "put") {
					in = append(in, r)
					is[r.ID] = r
				}
			}
			c = c.With(out, in)
			want := NewCalendar(all())
			for what, pair := range map[string][2]any{
				"all": {want.All(), c.All()}, "by desk": {want.ByDesk(), c.ByDesk()}, "by person": {want.ByPerson(), c.ByPerson()},
				"all before": {copied.All(), before.All()}, "by desk before": {copied.ByDesk(), before.ByDesk()},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Fatalf("%s (-want +got):\n%s", what, diff)
				}
			}
		}
	})
}
