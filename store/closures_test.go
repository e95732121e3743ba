package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// Nobody is booked into what is closed; what is booked there stays, or goes as far as it is
// deskd's own; and a closure that is taken back is in nobody's way.
func testClose(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	b := by(t, s, rules.Rules{})
	now := at(1, 0)
	runs := book(t, s, "4.12", "jane", span(0, 8))
	later := book(t, s, "4.12", "max", span(8, 10))
	elsewhere := book(t, s, "5.01", "jane", span(9, 10))
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at, source) VALUES ('ofhall', '4.11', 'jane', '2026-03-02T13:00:00Z', '2026-03-02T14:00:00Z', 'feed:hall')")
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('others', '4.11', 'max', '2026-03-02T15:00:00Z', '2026-03-02T16:00:00Z')")
	execute(t, db, "UPDATE desks SET floor = '4' WHERE id IN ('4.11', '4.12')")
	place := booking.Place{Site: "berlin", Floor: "4"}

	c := booking.Closing{Place: place, Span: span(2, 12), Why: "painters", Cancel: true, DryRun: true}
	would, err := b.Close(ctx, someone, c, now)
	check(t, err)
	same(t, "closures after a dry run", 0, len(must(b.Closures(ctx, booking.Place{}, now))(t)))
	c.DryRun = false
	done, err := b.Close(ctx, someone, c, now)
	check(t, err)
	would.ID, would.DryRun = done.ID, false
	same(t, "dry run", fmt.Sprint(would), fmt.Sprint(done))
	same(t, "who stays", []string{"ofhall", "others"}, ids(done.Stays))
	same(t, "who goes", []string{runs.ID, later.ID}, ids(done.Gone))
	same(t, "the end of one that runs", at(2, 0), must(s.Reservation(ctx, runs.ID))(t).End)
	same(t, "one to come", reservations.Cancelled, must(s.Reservation(ctx, later.ID))(t).Status)
	same(t, "one elsewhere", reservations.Confirmed, must(s.Reservation(ctx, elsewhere.ID))(t).Status)

	refused := refusedAs(t, second(b.Book(ctx, someone, wish("4.12", "max", span(4, 5)), now)), rules.Closed)
	same(t, "until", at(12, 0), refused.Until)
	if len(refused.Alternatives) == 0 || refused.Alternatives[0].Desk != "5.01" {
		t.Errorf("alternatives are %v", refused.Alternatives)
	}
	refusedAs(t, second(b.Move(ctx, someone, booking.Change{ID: elsewhere.ID, Desk: "4.12"}, now)), rules.Closed)
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: runs.ID, Span: reservations.Span{End: at(3, 0)}}, now)), rules.Closed)
	for _, d := range must(b.Search(ctx, booking.Search{Span: span(4, 5)}, now))(t) {
		if place.Holds(d) {
			t.Errorf("%s is found and closed", d.ID)
		}
	}
	broken := must(b.Broken(ctx, span(0, 24)))(t)
	same(t, "against the rules", 2, len(broken))
	same(t, "by", []rules.Code{rules.Closed}, codes(broken[0].Against))

	if _, err := b.Reopen(ctx, someone, booking.Reopening{ID: "feed"}, now); !errors.Is(err, booking.ErrNoClosure) {
		t.Errorf("reopened what is not closed: %v", err)
	}
	_, err = b.Reopen(ctx, someone, booking.Reopening{ID: done.ID[:6], DryRun: true}, now)
	check(t, err)
	same(t, "closed after a dry run", 1, len(must(b.Closures(ctx, booking.Place{Desk: "4.12"}, now))(t)))
	same(t, "closures of others", 0, len(must(b.Closures(ctx, booking.Place{Desk: "5.01"}, now))(t)))
	_, err = b.Reopen(ctx, someone, booking.Reopening{ID: done.ID[:6]}, now)
	check(t, err)
	_, err = b.Book(ctx, someone, wish("4.12", "max", span(4, 5)), now)
	check(t, err)

	for _, wrong := range []booking.Closing{
		{Place: booking.Place{Floor: "4"}, Span: span(2, 3), Why: "x"}, {Place: place, Span: span(3, 2), Why: "x"}, {Place: place, Span: span(2, 3), Why: " "},
		{Place: place, Span: span(2, 3), Why: "a\x00b"}, {Place: place, Span: span(-2, 0), Why: "x"}, {Place: booking.Place{Desk: "9.99"}, Span: span(2, 3), Why: "x"},
		{Place: booking.Place{Site: "berlin", Zone: "nowhere"}, Span: span(2, 3), Why: "x"},
	} {
		if _, err := b.Close(ctx, someone, wrong, now); err == nil {
			t.Errorf("closed %v", wrong)
		}
	}
}

// What is over long ago goes; the reason of a closure loses the name of one who is erased.
func testForgetClosures(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{})
	for _, c := range []booking.Closing{
		{Place: booking.Place{Desk: "4.12"}, Span: span(2, 3), Why: "Max Muster has spilt tea"}, {Place: booking.Place{Desk: "4.12"}, Span: span(90, 91), Why: "tea of max"},
	} {
		_, err := b.Close(ctx, someone, c, at(0, 0))
		check(t, err)
	}
	same(t, "pruned", 1, must(s.PruneClosures(ctx, at(50, 0)))(t))
	_, err := s.Erase(ctx, "max", time.Hour, at(60, 0))
	check(t, err)
	same(t, "reason", "tea of (erased)", must(b.Closures(ctx, booking.Place{}, at(60, 0)))(t)[0].Why)
	for _, row := range must(s.Audit(ctx, reservations.AuditFilter{}))(t) {
		if row.Kind == "closure" && !row.Redacted {
			t.Errorf("the audit has %s", row.What)
		}
	}
}

// modelClosures is what the model knows of closures: who was booked there when each was made.
type modelClosures map[string]modelClosure

type modelClosure struct {
	booking.Closure
	stays []reservations.Reservation
}

// close closes a place or opens one again, dry and then in earnest.
func (m *bookingModel) close() {
	if len(m.closed) > 0 && rapid.Bool().Draw(m.T, "reopen") {
		id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.closed))).Draw(m.T, "closure")
		if _, err := m.b.Reopen(ctx, someone, booking.Reopening{ID: id}, m.now); err != nil {
			m.Fatal(err)
		}
		delete(m.closed, id)
		return
	}
	c := booking.Closing{Span: m.span(), Why: "painters", Cancel: rapid.Bool().Draw(m.T, "cancel"), DryRun: true}
	c.Place = rapid.SampledFrom([]booking.Place{{Desk: "4.11"}, {Desk: "4.12"}, {Site: "berlin"}}).Draw(m.T, "place")
	before := m.all()
	would, refused := m.b.Close(ctx, someone, c, m.now)
	kept, err := m.b.Closures(ctx, booking.Place{}, at(-48, 0))
	if after := m.all(); err != nil || fmt.Sprint(after) != fmt.Sprint(before) || len(kept) != len(m.closed) {
		m.Fatalf("a dry run changed %v to %v", before, after)
	}
	c.DryRun = false
	did, err := m.b.Close(ctx, someone, c, m.now)
	would.ID, would.DryRun = did.ID, false
	if fmt.Sprint(would, refused) != fmt.Sprint(did, err) {
		m.Fatalf("a dry run of close said %v, %v, the run %v, %v", would, refused, did, err)
	}
	if err == nil {
		if c.Cancel != (len(did.Stays) == 0) && len(did.Stays)+len(did.Gone) > 0 {
			m.Fatalf("cancel is %v, and %v stay", c.Cancel, did.Stays)
		}
		m.closed[did.ID] = modelClosure{did.Closure, did.Stays}
	}
}

// keepsOut fails where a booking is in a closure at whose making it was not there.
func (m *bookingModel) keepsOut(all []reservations.Reservation) {
	for _, c := range m.closed {
		for _, r := range all {
			there := (c.Desk == "" || c.Desk == r.Desk) && r.Start.Before(c.End) && c.Start.Before(r.End)
			stayed := slices.ContainsFunc(c.stays, func(o reservations.Reservation) bool {
				return o.ID == r.ID && o.Desk == r.Desk && o.Start.Equal(r.Start) && !r.End.After(o.End)
			})
			if there && !stayed {
				m.Fatalf("%v is booked in %v", r, c.Closure)
			}
		}
	}
}

// The holidays of a calendar are kept as it lists them, by the clock of each site, and go with
// the feed.
func testHolidays(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{})
	day := func(n int) reservations.Span { return reservations.Span{Start: at(24*n-9, 0), End: at(24*n+15, 0)} } // Berlin's
	keep := func(days ...reservations.Holiday) bool {
		t.Helper()
		return must(s.KeepHolidays(ctx, reservations.Holidays{Feed: "days", Site: "berlin", Window: reservations.Span{Start: at(0, 0), End: at(999, 0)}, Days: days}, at(0, 0)))(t)
	}
	christmas, easter, gone := reservations.Holiday{Span: day(2), Name: "Christmas"}, reservations.Holiday{Span: day(4), Name: "Easter"}, reservations.Holiday{Span: day(-3), Name: "Past"}
	same(t, "changed", true, keep(christmas, gone))
	same(t, "changed again", false, keep(christmas))
	refused := refusedAs(t, second(b.Book(ctx, someone, wish("4.12", "max", span(46, 50)), at(0, 0))), rules.OnHoliday)
	same(t, "rule", "holidays", refused.Rule)
	same(t, "until", day(2).End, refused.Until)
	for _, a := range refused.Alternatives {
		if a.Overlaps(day(2)) {
			t.Errorf("%v is offered", a)
		}
	}
	same(t, "found", 0, len(must(b.Search(ctx, booking.Search{Span: span(46, 50), Place: booking.Place{Site: "berlin"}}, at(0, 0)))(t)))
	refusedAs(t, second(b.Reopen(ctx, someone, booking.Reopening{ID: must(b.Closures(ctx, booking.Place{}, at(0, 0)))(t)[0].ID}, at(0, 0))), booking.OfFeed)
	same(t, "changed", true, keep(easter))
	must(b.Book(ctx, someone, wish("4.12", "max", span(46, 50)), at(0, 0)))(t)
	refusedAs(t, second(b.Book(ctx, someone, wish("4.12", "max", span(96, 98)), at(0, 0))), rules.OnHoliday)
	_, err := s.DropFeed(ctx, "days", false, at(0, 0))
	check(t, err)
	same(t, "kept of a feed that is gone", 0, len(must(b.Closures(ctx, booking.Place{}, at(-200, 0)))(t)))
}
