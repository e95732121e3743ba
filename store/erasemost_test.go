package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
)

// bigNest brings a person into the database as often as one who is here for
// years: bookings that are over and to come, others that wait for these, attempts.
func bigNest(t *testing.T, s *Store, n int) {
	t.Helper()
	must(s.ImportPeople(ctx, []reservations.Person{canary}, false))(t)
	var theirs, waiting []reservations.Reservation
	for i := range n {
		theirs = append(theirs, reservations.Reservation{UID: fmt.Sprint("canary-", i), Desk: "4.11", Person: "canary", Span: span(2*i-n, 2*i-n+1), Note: "Tweety"})
		waiting = append(waiting, reservations.Reservation{UID: fmt.Sprint("other-", i), Desk: "4.11", Person: "max", Span: span(2*i-n, 2*i-n+1)})
	}
	must(s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(-2*n, 0)}, reservations.Change{Add: theirs}, nil))(t)
	must(s.ApplyFeed(ctx, reservations.FeedState{Name: "other", Checked: at(-2*n, 0)}, reservations.Change{Add: waiting}, nil))(t)
	manyAttempts(t, s, n)
	executeIn(t, s, "UPDATE attempts SET person = 'canary', why = 'canary is due' WHERE id % 2 = 1",
		"UPDATE attempts SET why = 'canary was here' WHERE id % 2 = 0")
	last := must(s.ListReservations(ctx, reservations.Filter{Person: "canary"}))(t)[0]
	executeIn(t, s, "UPDATE reservations SET note = 'of another program' WHERE id = '"+last.ID+"'")
}

// A person of whom there is much is forgotten in short transactions, and an erasure
// that is interrupted after any of them is gone on with.
func testEraseInParts(t *testing.T, w world) {
	noRaces(t)
	const n = 220
	for _, stopAfter := range orShort([]int{0, 3, 8, 14, 15}, []int{8}) {
		t.Run(fmt.Sprint("stopped after ", stopAfter), func(t *testing.T) {
			s := w.fresh(t).open(t)
			bigNest(t, s, n)
			seen := watchTransactions(t, s)
			if stopAfter > 0 {
				stop, cancel := context.WithCancel(ctx)
				if _, err := meddled(s, meddling{n: stopAfter, then: cancel}).Erase(stop, "bird@tweety.example", 0, at(-1, 0)); !errors.Is(err, context.Canceled) {
					t.Fatalf("interrupted: %v", err)
				}
				seen = watchTransactions(t, s)
			}
			done := must(s.Erase(ctx, "bird@tweety.example", 0, at(-1, 0)))(t)
			same(t, "leaks", "", leaks(t, s))
			sound(t, s)
			if stopAfter == 0 {
				same(t, "told", [4]int{n, n / 2, n / 2, n / 2}, [4]int{done.Reservations, done.Attempts, done.Mentions, len(done.Cancelled)})
				same(t, "feeds", n/2, done.Feeds["hq"])
			}
			if seen.largest > 6*100+20 {
				t.Errorf("the largest of %d transactions has %d rows", seen.count, seen.largest)
			}
			confirmed := 0
			for _, r := range must(s.ListReservations(ctx, reservations.Filter{Person: "max", Source: "feed:other"}))(t) {
				if r.Status == reservations.Confirmed {
					confirmed++
				}
			}
			same(t, "others who have the desk now", n/2, confirmed)
			for _, a := range must(s.ListAttempts(ctx, plan.AttemptFilter{}))(t) {
				if a.Person != "" && a.Why != "(erased) was here" {
					t.Errorf("an attempt says %q", a.Why)
				}
			}
		})
	}
}

// Many held logouts are kept, accepted and forgotten in short transactions.
func testLogoutsInParts(t *testing.T, w world) {
	noRaces(t)
	s := w.open(t)
	const n = 250
	manyAttempts(t, s, n)
	held, sessions := manyEnds(n)
	seen := watchTransactions(t, s)
	check(t, s.KeepLogouts(ctx, "main", held, nil))
	check(t, s.KeepLogouts(ctx, "main", held, nil))
	same(t, "held", n, len(must(s.HeldLogouts(ctx, "main"))(t)))
	accepted := must(s.ReleaseLogouts(audit.WithActor(ctx, "cli:jane"), "main", held.ID(), at(0, 1)))(t)
	same(t, "accepted", n, len(accepted))
	for _, h := range must(s.HeldLogouts(ctx, "main"))(t) {
		same(t, "by", "cli:jane", h.By)
	}
	if _, err := s.ReleaseLogouts(ctx, "main", "", at(0, 2)); !errors.Is(err, reservations.ErrNotHeld) {
		t.Errorf("again: %v", err)
	}
	check(t, s.KeepLogouts(ctx, "main", nil, sessions))
	same(t, "held", 0, len(must(s.HeldLogouts(ctx, "main"))(t)))
	if seen.largest > 3*logoutPart+5 {
		t.Errorf("the largest transaction has %d rows", seen.largest)
	}
	told := 0
	for _, a := range must(s.Audit(ctx, reservations.AuditFilter{Kind: "cluster"}))(t) {
		if strings.Contains(string(a.What), `"logouts":250`) {
			told++
		}
	}
	same(t, "rows that say what was accepted", 1, told)
	sound(t, s)
}

func manyEnds(n int) (held plan.HeldLogouts, sessions []int64) {
	for i := range n {
		held = append(held, plan.HeldLogout{EarlyLogout: plan.EarlyLogout{Session: int64(i + 1), Device: fmt.Sprint("SEP", i), Reservation: "r", Until: at(1, 0)}, Since: at(0, 0)})
		sessions = append(sessions, int64(i+1))
	}
	return held, sessions
}
