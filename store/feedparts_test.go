package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// The parts of a change are small, have all of it once, and keep together what
// overlaps at a desk, from which a booking goes or to which it comes.
func testFeedParts(t *testing.T, w world) {
	noRaces(t)
	s := w.open(t)
	added := must(s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(0, 0)}, reservations.Change{Add: manyEvents(300)}, nil))(t)
	same(t, "conflicts", 0, len(added))
	have := must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(t)
	var c reservations.Change
	for i, r := range have {
		switch hour := i / 2; {
		case i%2 == 0 && hour < 140: // every other two hours swap places
			other := have[2*(hour^1)]
			r.Span = other.Span
			c.Update = append(c.Update, r)
		case i%2 == 1: // gone, and another in its place
			c.Drop = append(c.Drop, r)
			c.Add = append(c.Add, event(fmt.Sprint("new", i), r.Desk, "max", hour, hour+1))
		}
	}
	parts := must(feedParts(s.db.Read(ctx), c))(t)
	drops, updates, adds := 0, 0, 0
	for _, p := range parts {
		n := len(p.Drop) + len(p.Update) + len(p.Add)
		if n > 50 {
			t.Errorf("a part has %d bookings", n)
		}
		drops, updates, adds = drops+len(p.Drop), updates+len(p.Update), adds+len(p.Add)
		same(t, "those who go and those who come in their place", len(p.Drop), len(p.Add))
		same(t, "those who swap", 0, len(p.Update)%2)
	}
	same(t, "all of it", [3]int{150, 140, 150}, [3]int{drops, updates, adds})
	state := must(s.FeedStates(ctx))(t)[0]
	state.Checked = at(0, 1)
	began := time.Now()
	conflicts := must(s.ApplyFeed(ctx, state, c, nil))(t)
	if took := time.Since(began); took < time.Duration(len(parts)-1)*dialect.Breath {
		t.Errorf("%d parts took %v: others had no turn between", len(parts), took)
	}
	same(t, "conflicts", 0, len(conflicts))
	same(t, "its own change stirs the feed", false, must(s.FeedStates(ctx))(t)[0].Stirred)
	for _, r := range must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(t) {
		same(t, "status", reservations.Confirmed, r.Status)
	}
	sound(t, s)
}

// A change that ends between two of its parts is gone on with: the state of the feed
// is not kept before, and what a person has said to the change covers the rest.
func testFeedPartsInterrupted(t *testing.T, w world) {
	noRaces(t)
	s := w.open(t)
	before := reservations.FeedState{Name: "hq", Checked: at(0, 0), BodyHash: "before"}
	must(s.ApplyFeed(ctx, before, reservations.Change{Add: manyEvents(200)}, nil))(t)
	drop := reservations.Change{Drop: must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(t)}
	check(t, s.HoldChange(ctx, "hq", reservations.NewHeld(drop, at(100, 0))))
	must(s.AnswerHeld(audit.WithActor(ctx, "cli:jane"), HeldAnswer{Feed: "hq", Answer: reservations.Accepted}, at(0, 1)))(t)

	stop, cancel := context.WithCancel(ctx)
	after := reservations.FeedState{Name: "hq", Checked: at(0, 2), BodyHash: "after"}
	if _, err := meddled(s, meddling{n: 2, then: cancel}).ApplyFeed(stop, after, drop, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	rest := reservations.Change{Drop: must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(t)}
	if n := len(rest.Drop); n == 0 || n == 200 {
		t.Fatalf("%d bookings are left", n)
	}
	same(t, "the state", "before", must(s.FeedStates(ctx))(t)[0].BodyHash)
	held := must(s.HeldChange(ctx, "hq"))(t)
	same(t, "the answer covers the rest", true, held.Answer == reservations.Accepted && held.Covers(rest))
	must(s.ApplyFeed(ctx, after, rest, nil))(t)
	same(t, "left", 0, len(must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(t)))
	same(t, "the state", "after", must(s.FeedStates(ctx))(t)[0].BodyHash)
	same(t, "held", false, must(s.HeldChange(ctx, "hq"))(t).Any())
	sound(t, s)
}

// A booking over several others keeps them all together, and none of another desk's.
func TestGroupedByOverlap(t *testing.T) {
	places := []tables.Place{{Desk: "4.11", Span: span(5, 6), Of: 0}, {Desk: "4.12", Span: span(5, 6), Of: 1}, {Desk: "4.11", Span: span(0, 10), Of: 2}, {Desk: "4.11", Span: span(1, 2), Of: 3}, {Desk: "4.11", Span: span(10, 11), Of: 4}, {Desk: "4.12", Span: span(6, 7), Of: 5}}
	all := make([]moved, len(places))
	for i := range all {
		all[i] = moved{-1, -1, i, i}
	}
	var groups []int
	for _, m := range grouped(all, places) {
		groups = append(groups, m.group)
	}
	same(t, "groups", []int{0, 1, 0, 0, 4, 5}, groups)
}
