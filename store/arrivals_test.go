package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

var comes = rules.Rules{CheckIn: rules.CheckIn{Before: 15 * time.Minute, Within: 20 * time.Minute}}

func present(id string) booking.Presence { return booking.Presence{ID: id, Source: booking.ByCLI} }

// Who comes keeps the desk; who does not loses it at the deadline and not before; and the
// past of what was released stays true.
func testArrivals(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	b := by(t, s, comes)
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at, status, source) VALUES ('waits', '4.12', 'max', '2026-03-02T10:00:00Z', '2026-03-02T11:00:00Z', 'conflict', 'feed:hall')")
	jane := must(b.Book(ctx, someone, wish("4.12", "jane", span(0, 4)), at(-2, 0)))(t)
	max := must(b.Book(ctx, someone, wish("4.11", "max", span(0, 4)), at(-2, 0)))(t)
	late := must(b.Book(ctx, someone, wish("5.01", "jane", span(0, 4)), at(0, 10)))(t)

	same(t, "expected an hour before", 0, len(must(b.Arrivals(ctx, booking.Place{}, at(-1, 0)))(t)))
	early := refusedAs(t, second(b.CheckIn(ctx, someone, present(max.ID), at(-1, 0))), booking.NotYet)
	same(t, "until", at(0, 0).Add(-15*time.Minute), early.Until)
	expected := must(b.Arrivals(ctx, booking.Place{}, at(0, -10)))(t)
	same(t, "expected", []string{max.ID, jane.ID}, []string{expected[0].ID, expected[1].ID})
	same(t, "by", at(0, 20), expected[0].Deadline)

	would := must(b.CheckIn(ctx, someone, booking.Presence{ID: max.ID, Source: "cli", How: booking.How{DryRun: true}}, at(0, -10)))(t)
	same(t, "who came after a dry run", false, must(b.Arrivals(ctx, booking.Place{}, at(0, -10)))(t)[0].Came())
	did := must(b.CheckIn(ctx, someone, present(max.ID), at(0, -10)))(t)
	would.DryRun = false
	same(t, "dry run", fmt.Sprint(would), fmt.Sprint(did))
	same(t, "asked", true, did.Asked)
	again := must(b.CheckIn(ctx, someone, present(max.ID), at(0, 5)))(t)
	same(t, "already", true, again.Already)
	same(t, "evidence", []booking.Evidence{{Source: "cli", At: at(0, -10)}, {Source: "cli", At: at(0, 5)}}, again.Evidence)
	same(t, "asked of one who booked late", false, must(b.CheckIn(ctx, someone, present(late.ID), at(0, 12)))(t).Asked)

	for name, id := range map[string]string{"who came": max.ID, "who booked late": late.ID} {
		done := must(b.Release(ctx, someone, id, at(0, 30)))(t)
		same(t, name, true, done.Already)
		same(t, name, at(4, 0), must(s.Reservation(ctx, id))(t).End)
	}
	same(t, "before the deadline", true, must(b.Release(ctx, someone, jane.ID, at(0, 20).Add(-time.Millisecond)))(t).Already)
	same(t, "at the deadline", false, must(b.Release(ctx, someone, jane.ID, at(0, 20)))(t).Already)
	released := must(s.Reservation(ctx, jane.ID))(t)
	same(t, "its past", reservations.Span{Start: at(0, 0), End: at(0, 20)}, released.Span)
	same(t, "status", reservations.Confirmed, released.Status)
	if !strings.Contains(released.Why, "nobody had checked in by 2026-03-02T08:20:00Z") {
		t.Errorf("why is %q", released.Why)
	}
	row := must(s.Audit(ctx, reservations.AuditFilter{}))(t)[0]
	same(t, "audit", "release", row.Verb)
	same(t, "who waited", reservations.Confirmed, must(s.Reservation(ctx, "waits"))(t).Status)
	refusedAs(t, second(b.CheckIn(ctx, someone, present(jane.ID), at(0, 30))), booking.Over)
	refusedAs(t, second(b.Release(ctx, someone, jane.ID, at(0, 30))), booking.Over)
	execute(t, db, "INSERT INTO reservations (id, desk, starts_at, ends_at) VALUES ('nobodys', '4.12', '2026-03-02T18:00:00Z', '2026-03-02T19:00:00Z')")
	refusedAs(t, second(b.CheckIn(ctx, someone, present("nobodys"), at(10, 0))), booking.OfNobody)
	if _, err := b.CheckIn(ctx, someone, present("nothing"), at(0, 30)); !errors.Is(err, reservations.ErrNotFound) {
		t.Errorf("checked in for nothing: %v", err)
	}
}

// A calendar's booking is cancelled where the site says so, and stays as it is elsewhere: one
// that was cut short would be brought back.
func testReleaseOfFeed(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at, source, seen_at, updated_at) VALUES ('ofhall', '4.12', 'max', '2026-03-02T08:00:00Z', '2026-03-02T11:00:00Z', 'feed:hall', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z')")
	done := must(by(t, s, comes).Release(ctx, someone, "ofhall", at(0, 30)))(t)
	same(t, "already", true, done.Already)
	feeds := comes
	feeds.CheckIn.Feeds = true
	done = must(by(t, s, feeds).Release(ctx, someone, "ofhall", at(0, 30)))(t)
	same(t, "status", reservations.Cancelled, done.Status)
	same(t, "span", span(0, 3), done.Span)
}

// What says that someone has come is theirs: it goes with their name, and with the booking,
// and is told when they ask.
func testEvidenceIsPersonal(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	b := by(t, s, comes)
	come := func(desk, person string, hours reservations.Span) string {
		t.Helper()
		r := book(t, s, desk, person, hours)
		must(b.CheckIn(ctx, someone, present(r.ID), hours.Start))(t)
		return r.ID
	}
	left := func() (n int) {
		t.Helper()
		check(t, db.QueryRow("SELECT count(*) FROM evidence").Scan(&n))
		return n
	}
	first := come("4.12", "jane", span(0, 1))
	second := come("4.11", "jane", span(2, 3))
	come("5.01", "max", span(0, 1))
	all := must(s.Personal(ctx, "jane"))(t)
	same(t, "told", 2, len(all.Evidence))
	same(t, "of", first, all.Evidence[0].Reservation)
	execute(t, db, "UPDATE reservations SET person = 'max' WHERE id = '"+first+"'")
	same(t, "of one that is another's", 2, left())
	execute(t, db, "DELETE FROM reservations WHERE id = '"+second+"'")
	same(t, "of one that is gone", 1, left())
	must(s.Erase(ctx, "max", time.Hour, at(100, 0)))(t)
	same(t, "of one who was erased", 0, left())
	come("4.11", "jane", span(2, 3))
	must(s.Anonymise(ctx, at(200, 0), at(300, 0)))(t)
	same(t, "of what is anonymous", 0, left())
}

// Who stands at a desk has it up to what comes next.
func testWalkUp(t *testing.T, w world) {
	s := w.open(t)
	r := rules.Rules{Week: &[7]rules.Hours{1: {From: 420, To: 1200}}, Buffer: 30 * time.Minute, Quotas: []rules.Quota{{Per: rules.PerWeek, Hours: 8}}, OneDesk: true}
	b := by(t, s, r)
	up := func(desk, person string, until time.Time, now time.Time) (booking.Answer, error) {
		return b.WalkUp(ctx, someone, booking.Visit{Desk: desk, Person: person, Until: until, Source: "cli"}, now)
	}
	now := at(1, 0).Add(400 * time.Millisecond)
	dry, err := b.WalkUp(ctx, someone, booking.Visit{Desk: "4.12", Person: "jane", Source: "cli", How: booking.How{DryRun: true}}, now)
	check(t, err)
	done, err := up("4.12", "jane", time.Time{}, now)
	check(t, err)
	dry.ID, dry.DryRun = done.ID, false
	same(t, "dry run", fmt.Sprint(dry), fmt.Sprint(done))
	same(t, "within the quota", reservations.Span{Start: at(1, 0), End: at(9, 0)}, done.Span)
	refusedAs(t, second(up("4.12", "max", time.Time{}, at(2, 0))), booking.Taken)
	refusedAs(t, second(up("4.11", "jane", time.Time{}, at(2, 0))), rules.SecondDesk)
	_, err = b.Cancel(ctx, someone, booking.Change{ID: done.ID}, at(2, 0))
	check(t, err)
	book(t, s, "4.12", "max", span(4, 5))
	for until, want := range map[time.Time]time.Time{{}: at(3, 30), at(3, 0): at(3, 0), at(9, 0): at(3, 30)} {
		done, err := up("4.12", "jane", until, at(2, 0))
		check(t, err)
		same(t, "up to the next booking", want, done.End)
		_, err = b.Cancel(ctx, someone, booking.Change{ID: done.ID}, at(2, 0))
		check(t, err)
	}
	must(b.Close(ctx, someone, booking.Closing{Place: booking.Place{Desk: "4.11"}, Span: span(3, 9), Why: "x"}, at(2, 0)))(t)
	done, err = up("4.11", "jane", time.Time{}, at(2, 0))
	check(t, err)
	same(t, "up to a closure", at(3, 0), done.End)
	done, err = up("5.01", "max", time.Time{}, at(7, 0))
	check(t, err)
	same(t, "up to the evening", at(11, 0), done.End)
	refusedAs(t, second(up("5.01", "max", time.Time{}, at(12, 0))), rules.OutsideHours)
	if _, err := up("5.01", "max", at(1, 0), at(2, 0)); !errors.Is(err, booking.ErrRequest) {
		t.Errorf("took a desk up to the past: %v", err)
	}
}

// arrive checks in or releases, and compares with what the model knows of who has come.
func (m *bookingModel) arrive(name string, r reservations.Reservation) {
	c := modelRules[name].CheckIn
	counts := r.Status == reservations.Confirmed && r.End.After(m.now)
	if rapid.Bool().Draw(m.T, "come") {
		did, err := m.b.CheckIn(ctx, someone, present(r.ID), m.now)
		if (err == nil) != (counts && !m.now.Before(r.Start.Add(-c.Before))) {
			m.Fatalf("check-in for %v at %s: %v", r, m.now, err)
		}
		if err == nil {
			if did.Already != m.came(r, c.Before) {
				m.Fatalf("%v had come already: %v", r, did.Already)
			}
			m.evidence[r.ID] = append(m.evidence[r.ID], m.now)
		}
		return
	}
	did, err := m.b.Release(ctx, someone, r.ID, m.now)
	due := counts && c.Within > 0 && !m.now.Before(r.Start.Add(c.Within)) && r.End.After(r.Start.Add(c.Within)) &&
		r.Seen.Before(r.Start) && r.Updated.Before(r.Start) && !m.came(r, c.Before)
	switch {
	case (err == nil) != counts:
		m.Fatalf("release of %v: %v", r, err)
	case err == nil && did.Already == due:
		m.Fatalf("%v is due: %v, and released: %v", r, due, !did.Already)
	case err == nil && due && (did.End.Before(m.now) || !did.Start.Equal(r.Start)):
		m.Fatalf("released %v at %s: it is %v", r, m.now, did.Reservation)
	}
}

// came reports whether the person of r has come since it counts.
func (m *bookingModel) came(r reservations.Reservation, before time.Duration) bool {
	return slices.ContainsFunc(m.evidence[r.ID], func(at time.Time) bool { return !at.Before(r.Start.Add(-before)) })
}
