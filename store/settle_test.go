package store

import (
	"fmt"
	"strings"
	"testing"

	"deskd/reservations"
)

// What another program frees is given to who waited for it, however it was freed, and
// a booking that still waits says for whom. Where nothing is free nothing is written.
func testSettle(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	for i, feed := range []string{"first", "second", "third"} {
		state := reservations.FeedState{Name: feed, Checked: at(0, i)}
		must(s.ApplyFeed(ctx, state, reservations.Change{Add: []reservations.Reservation{event(feed, "4.11", []string{"jane", "max", "jane"}[i], 10, 12)}}, nil))(t)
	}
	status := func() (all []string) {
		for _, feed := range []string{"first", "second", "third"} {
			for _, r := range must(s.ListReservations(ctx, reservations.Filter{Source: "feed:" + feed, IncludeCancelled: true}))(t) {
				all = append(all, fmt.Sprint(feed, " ", r.Status))
			}
		}
		return all
	}
	for _, c := range []struct {
		freed string
		want  []string
	}{
		{"UPDATE reservations SET note = 'nothing' WHERE source = 'feed:first'", []string{"first confirmed", "second conflict", "third conflict"}},
		{"UPDATE reservations SET status = 'cancelled' WHERE source = 'feed:first'", []string{"first cancelled", "second confirmed", "third conflict"}},
		{"UPDATE reservations SET desk = '5.01' WHERE source = 'feed:second'", []string{"first cancelled", "second confirmed", "third confirmed"}},
		{"UPDATE reservations SET status = 'conflict' WHERE source = 'feed:third'", []string{"first cancelled", "second confirmed", "third confirmed"}},
	} {
		execute(t, db, c.freed)
		must(s.ChainAudit(ctx))(t)
		check(t, s.Settle(ctx, at(1, 0)))
		same(t, c.freed, c.want, status())
		rows := len(trail(t, s))
		check(t, s.Settle(ctx, at(1, 0)))
		same(t, "rows of the audit after nothing", rows, len(trail(t, s)))
	}
	// The one in the way has gone, and another has come: who waits on says so.
	execute(t, db, `UPDATE reservations SET status = 'conflict' WHERE source = 'feed:third'`,
		`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.11', 'max', '2026-03-02T18:00:00Z', '2026-03-02T18:30:00Z')`)
	check(t, s.Settle(ctx, at(1, 0)))
	third := must(s.ListReservations(ctx, reservations.Filter{Source: "feed:third"}))(t)[0]
	if third.Status != reservations.Conflict || !strings.HasPrefix(third.Why, `"max" has it from 2026-03-02T18:00:00Z to 2026-03-02T18:30:00Z`) {
		t.Errorf("it says %s %q", third.Status, third.Why)
	}
	// What is over is nobody's to have.
	execute(t, db, `UPDATE reservations SET status = 'cancelled' WHERE source = 'sql'`)
	check(t, s.Settle(ctx, at(12, 0)))
	same(t, "over", reservations.Conflict, must(s.ListReservations(ctx, reservations.Filter{Source: "feed:third"}))(t)[0].Status)
	sound(t, s)
}
