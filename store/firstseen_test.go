package store

import (
	"strings"
	"testing"

	"deskd/reservations"
)

// The feed that saw its event first has the desk, and keeps what it has when the event
// grows into another's time; what waits is served in the order it was seen in.
func testFirstSeen(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -3, event("1", "4.12", "jane", 2, 4))
	conflicts := readFeed(t, s, "lobby", -2, event("7", "4.12", "max", 3, 5))
	same(t, "the later one", []string{"4.12 max 02T11:00-02T13:00 conflict"}, brief(conflicts))
	if why := conflicts[0].Why; !strings.HasPrefix(why, `"jane" has it from 2026-03-02T10:00:00Z to 2026-03-02T12:00:00Z (reservation `) || !strings.HasSuffix(why, "), since 2026-03-02T05:00:00Z") {
		t.Errorf("why: %s", why)
	}
	readFeed(t, s, "third", -1, event("9", "4.12", "max", 1, 4)) // would be earlier, and came later
	jane := must(s.FeedReservations(ctx, "feed:hq", span(-9, 9)))(t)[0]
	_, err := s.Cancel(ctx, jane.ID, at(-1, 0))
	check(t, err)
	same(t, "in the order seen", []string{"4.12 max 02T09:00-02T12:00 conflict", "4.12 jane 02T10:00-02T12:00 cancelled", "4.12 max 02T11:00-02T13:00 confirmed"}, all(t, s))
	waiting := must(s.ListReservations(ctx, reservations.Filter{Source: "feed:third"}))(t)[0]
	if !strings.HasPrefix(waiting.Why, `"max" has it from 2026-03-02T11:00:00Z`) {
		t.Errorf("why now: %s", waiting.Why)
	}
}

// An event that grows into a time which another source has keeps what it has, and
// grows as soon as the other is gone.
func testFeedGrows(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -3, event("1", "4.12", "jane", 0, 2))
	other := book(t, s, "4.12", "max", span(3, 4))
	before := must(s.FeedReservations(ctx, "feed:hq", span(-9, 9)))(t)[0]
	for range 2 {
		same(t, "conflicts", 0, len(readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 5))))
		same(t, "bookings", []string{"4.12 jane 02T08:00-02T10:00 confirmed", "4.12 max 02T11:00-02T12:00 confirmed"}, all(t, s))
	}
	same(t, "untouched", before, must(s.FeedReservations(ctx, "feed:hq", span(-9, 9)))(t)[0])
	problems := must(s.FeedProblems(ctx, "hq"))(t)
	if len(problems) != 1 || !problems[0].Note || !strings.Contains(problems[0].What, `"max" has it from`) || !strings.HasSuffix(problems[0].What, "it stays booked from 2026-03-02T08:00:00Z to 2026-03-02T10:00:00Z") {
		t.Errorf("problems: %+v", problems)
	}
	state := must(s.FeedStates(ctx))(t)[0]
	same(t, "is read again", true, state.Shortened)
	_, err := s.Cancel(ctx, other.ID, at(-1, 0))
	check(t, err)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 5))
	same(t, "grown", "4.12 jane 02T08:00-02T13:00 confirmed", all(t, s)[0])
	same(t, "since", at(-3, 0), must(s.FeedReservations(ctx, "feed:hq", span(-9, 9)))(t)[0].Seen)

	// One that moves away into it does not.
	readFeed(t, s, "lobby", -1, event("7", "4.11", "max", 0, 2))
	readFeed(t, s, "lobby", -1, event("7", "4.12", "max", 4, 6))
	same(t, "moved", "4.12 max 02T12:00-02T14:00 conflict", all(t, s)[2])
}

// A feed whose bookings others change is read again; what it does itself is no reason.
func testFeedStirred(t *testing.T, w world) {
	s := w.open(t)
	stirred := func() bool { return must(s.FeedStates(ctx))(t)[0].Stirred }
	again := func(want bool, what string) {
		t.Helper()
		if stirred() != want {
			t.Errorf("%s: stirred is %v", what, !want)
		}
		state := must(s.FeedStates(ctx))(t)[0]
		have := must(s.FeedReservations(ctx, "feed:hq", span(-1000, 1000)))(t)
		state.Checked = at(0, 0)
		_, err := s.ApplyFeed(ctx, state, reservations.Diff(have, []reservations.Reservation{event("1", "4.12", "jane", 1, 2), event("2", "4.11", "max", 1, 2)}, at(0, 0)), nil)
		check(t, err)
		if stirred() {
			t.Errorf("%s: still stirred after it was read", what)
		}
	}
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 1, 2), event("2", "4.11", "max", 1, 2))
	again(false, "nothing")
	for _, sql := range []string{
		"DELETE FROM reservations WHERE desk = '4.12'",
		"UPDATE reservations SET person = 'max' WHERE desk = '4.12'",
		"UPDATE reservations SET ends_at = '2026-03-02T09:30:00Z' WHERE desk = '4.12'",
		"UPDATE reservations SET status = 'withdrawn' WHERE desk = '4.12'",
		"UPDATE reservations SET source = 'sql' WHERE desk = '4.11'",
	} {
		executeIn(t, s, sql)
		state := must(s.FeedStates(ctx))(t)[0]
		state.Problem = "a poll that changes nothing"
		check(t, s.SaveFeedState(ctx, state))
		again(true, sql)
	}
	executeIn(t, s, "UPDATE reservations SET note = 'mine', updated_at = updated_at WHERE desk = '4.12'")
	again(false, "a note")
}
