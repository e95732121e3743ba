package view_test

import (
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// The board has every desk, with who is booked, who is on the phone, who is next, and
// why something is wrong. A phone that nobody asks any more is unknown, whatever was
// seen on it.
func TestBoard(t *testing.T) {
	o := newOffice(t)
	running := o.book("D1", "jane", hours(-1, 1))
	next := o.book("D1", "max", hours(2, 3))
	o.book("D2", "max", hours(-1, 1))
	o.book("D3", "jane", hours(25, 26)) // a day ahead and more: not on the board
	o.see("SEP000000000001", "jane")
	o.see("SEP000000000002", "")
	o.see("SEP000000000003", "max")
	o.see("SEP000000000004", "jane")
	o.attempt("D2", "max", -0.9, plan.OpLogin, plan.CauseStart, plan.Refused)
	desks, err := o.Board(t.Context(), now)
	o.ok(err)
	same(t, "desks", []string{"D1", "D2", "D3", "D4"}, ids(desks, func(n board.Desk) string { return n.Desk.ID }))
	same(t, "states", []board.State{board.Ready, board.Missing, board.Walkup, board.Unknown},
		ids(desks, func(n board.Desk) board.State { return n.State }))
	if desks[0].Booking == nil || desks[0].Booking.ID != running || desks[0].Next == nil || desks[0].Next.ID != next {
		t.Errorf("D1 is booked %+v and next %+v", desks[0].Booking, desks[0].Next)
	}
	if desks[2].Next != nil {
		t.Errorf("D3 is booked next %+v, more than a day ahead", desks[2].Next)
	}
	if !strings.Contains(desks[1].Problem, "another user logged in") || desks[0].Problem != "" {
		t.Errorf("problems: %q at D1, %q at D2", desks[0].Problem, desks[1].Problem)
	}
}

// What nobody acts on is listed with the reason: rows of unknown people and desks, and
// what a feed books on a desk that is taken.
func TestIgnored(t *testing.T) {
	o := newOffice(t)
	o.book("D1", "jane", hours(1, 2))
	o.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D2', 'nemo', ?, ?)`, after(1).Format(time.RFC3339), after(2).Format(time.RFC3339))
	_, err := o.store.ApplyFeed(t.Context(), reservations.FeedState{Name: "hall", Checked: now}, reservations.Change{Add: []reservations.Reservation{
		{Desk: "D1", Person: "max", Span: hours(1, 2), Source: reservations.FeedSource("hall"), UID: "a", Status: reservations.Confirmed},
	}}, nil)
	o.ok(err)
	ignored, err := o.Ignored(t.Context(), hours(0, 4))
	o.ok(err)
	same(t, "ignored", []string{"D2 nemo", "D1 max"}, ids(ignored, func(i view.Ignored) string { return i.Desk + " " + i.Person }))
	for _, i := range ignored {
		if i.Why == "" {
			t.Errorf("%s is ignored without a reason", i.Desk)
		}
	}
	later, err := o.Ignored(t.Context(), hours(5, 6))
	o.ok(err)
	same(t, "later", nil, later)
}

// Rounds stand still from five minutes after the last one on, or after the start of the
// daemon; without either nothing is known.
func TestStuck(t *testing.T) {
	edge := now.Add(-view.StuckAfter)
	for what, c := range map[string]struct {
		round, began time.Time
		want         bool
	}{
		"a round five minutes ago":           {edge, time.Time{}, false},
		"a round a moment before that":       {edge.Add(-1), time.Time{}, true},
		"no round since the start before":    {time.Time{}, edge.Add(-1), true},
		"an old round, and a start since":    {edge.Add(-time.Hour), now.Add(-time.Minute), false},
		"neither":                            {time.Time{}, time.Time{}, false},
		"a round after a start of yesterday": {now, now.AddDate(0, 0, -1), false},
	} {
		if _, stuck := view.Stuck(scheduler.ClusterStatus{Round: c.round}, c.began, now); stuck != c.want {
			t.Errorf("%s: stuck %v", what, stuck)
		}
	}
}
