package store

import (
	"errors"
	"testing"

	"deskd/reservations"
)

// event is an occurrence of a feed.
func event(uid, desk, person string, from, to int) reservations.Reservation {
	return reservations.Reservation{UID: uid, Desk: desk, Person: person, Span: span(from, to), Line: 7, Occurrence: "20260302T080000Z", Note: "from the calendar"}
}

// readFeed applies what a feed lists now to what is stored of it.
func readFeed(t *testing.T, s *Store, name string, hours int, want ...reservations.Reservation) []reservations.Reservation {
	t.Helper()
	now := at(hours, 0)
	have, err := s.FeedReservations(ctx, reservations.FeedSource(name), reservations.Span{Start: at(-1000, 0), End: at(1000, 0)})
	check(t, err)
	state := reservations.FeedState{Name: name, Checked: now}
	conflicts, err := s.ApplyFeed(ctx, state, reservations.Diff(have, want, now), nil)
	check(t, err)
	return conflicts
}

func testFeedState(t *testing.T, w world) {
	s := w.open(t)
	a := reservations.FeedState{Name: "a", URL: "https://calendar.example.com"}
	b := reservations.FeedState{
		Name: "b", URL: "https://calendar.example.com", ETag: `"1"`, LastModified: "Mon, 02 Mar 2026 08:00:00 GMT", BodyHash: "ab", Inputs: "cd",
		Checked: at(1, 0), Changed: at(2, 0), Good: at(3, 0), Failures: 4, Problem: "gone", Events: 5, Unread: 6,
		HeldSince: at(4, 0), HeldSeen: 7, HeldLoss: 8, HeldRejected: true,
	}
	problems := []reservations.Problem{{Line: 9, UID: "u", Start: at(0, 0), What: "odd", Hint: "fix it"}, {Line: 3, What: "odder"}}
	_, err := s.ApplyFeed(ctx, b, reservations.Change{}, problems)
	check(t, err)
	check(t, s.SaveFeedState(ctx, a))
	same(t, "states", []reservations.FeedState{a, b}, must(s.FeedStates(ctx))(t))
	same(t, "problems", problems, must(s.FeedProblems(ctx, "b"))(t))

	b.Failures = 0
	check(t, s.SaveFeedState(ctx, b))
	same(t, "problems stay", problems, must(s.FeedProblems(ctx, "b"))(t))
	_, err = s.ApplyFeed(ctx, b, reservations.Change{}, problems[:1])
	check(t, err)
	same(t, "problems replaced", problems[:1], must(s.FeedProblems(ctx, "b"))(t))
	same(t, "states", []reservations.FeedState{a, b}, must(s.FeedStates(ctx))(t))
}

func testFeedChange(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2), event("2", "4.11", "max", 0, 2))
	have := must(s.FeedReservations(ctx, "feed:hq", span(0, 9)))(t)
	same(t, "added", []string{"4.11 max 02T08:00-02T10:00 confirmed", "4.12 jane 02T08:00-02T10:00 confirmed"}, brief(have))
	want := event("1", "4.12", "jane", 0, 2)
	want.ID, want.Status, want.Source, want.Updated, want.Seen = have[1].ID, reservations.Confirmed, "feed:hq", at(-1, 0), at(-1, 0)
	same(t, "fields", want, have[1])

	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 1, 3)) // one moved, one gone
	now := must(s.FeedReservations(ctx, "feed:hq", span(0, 9)))(t)
	same(t, "moved", []string{"4.12 jane 02T09:00-02T11:00 confirmed"}, brief(now))
	same(t, "keeps its id", have[1].ID, now[0].ID)
	same(t, "all", []string{"4.11 max 02T08:00-02T10:00 withdrawn", "4.12 jane 02T09:00-02T11:00 confirmed"}, all(t, s))
	if _, err := s.Cancel(ctx, have[0].ID, at(0, 0)); !errors.Is(err, reservations.ErrCancelled) {
		t.Errorf("cancel of a withdrawn reservation: %v", err)
	}
	same(t, "other feed", []reservations.Reservation{}, must(s.FeedReservations(ctx, "feed:other", span(0, 9)))(t))
}

func testFeedSwap(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2), event("2", "4.12", "max", 2, 4))
	conflicts := readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 2, 4), event("2", "4.12", "max", 0, 2), event("3", "4.12", "", 4, 5))
	same(t, "conflicts", []string{}, brief(conflicts))
	same(t, "all", []string{
		"4.12 max 02T08:00-02T10:00 confirmed", "4.12 jane 02T10:00-02T12:00 confirmed", "4.12  02T12:00-02T13:00 confirmed",
	}, all(t, s))
}

func testFeedConflict(t *testing.T, w world) {
	s := w.open(t)
	mine := book(t, s, "4.12", "max", span(0, 2))
	conflicts := readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 1, 3), event("2", "4.12", "jane", 2, 4))
	same(t, "conflicts", []string{"4.12 jane 02T09:00-02T11:00 conflict"}, brief(conflicts[:1]))
	same(t, "first come", []string{
		"4.12 max 02T08:00-02T10:00 confirmed", "4.12 jane 02T09:00-02T11:00 conflict", "4.12 jane 02T10:00-02T12:00 confirmed",
	}, all(t, s))

	// The cancellation alone does not free the whole of it; the feed's own change does.
	_, err := s.Cancel(ctx, mine.ID, at(0, 0))
	check(t, err)
	same(t, "still", "4.12 jane 02T09:00-02T11:00 conflict", all(t, s)[1])
	readFeed(t, s, "hq", 0, event("1", "4.12", "jane", 1, 3))
	same(t, "confirmed", "4.12 jane 02T09:00-02T11:00 confirmed", all(t, s)[1])

	// Another feed's conflict is confirmed by a cancellation.
	same(t, "conflicts", 1, len(readFeed(t, s, "other", 0, event("9", "4.12", "max", 1, 2))))
	own := must(s.FeedReservations(ctx, "feed:hq", span(0, 9)))(t)
	_, err = s.Cancel(ctx, own[0].ID, at(0, 0))
	check(t, err)
	same(t, "other feed", []string{"4.12 max 02T09:00-02T10:00 confirmed"}, brief(must(s.Reservations(ctx, span(0, 9)))(t)))

	// A conflict that is over stays one.
	readFeed(t, s, "hq", 0, event("5", "5.01", "jane", 1, 2))
	readFeed(t, s, "other", 0, event("9", "4.12", "max", 1, 2), event("6", "5.01", "max", 1, 2))
	blocking := must(s.ListReservations(ctx, reservations.Filter{Desk: "5.01", Source: "feed:hq"}))(t)
	_, err = s.Cancel(ctx, blocking[0].ID, at(2, 0))
	check(t, err)
	waiting := must(s.ListReservations(ctx, reservations.Filter{Desk: "5.01"}))(t)
	same(t, "past", []string{"5.01 max 02T09:00-02T10:00 conflict"}, brief(waiting))
}

func testFeedCancelled(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2))
	r := must(s.FeedReservations(ctx, "feed:hq", span(0, 9)))(t)[0]
	_, err := s.Cancel(ctx, r.ID, at(0, 0))
	check(t, err)
	readFeed(t, s, "hq", 0, event("1", "4.12", "jane", 0, 2))
	same(t, "listed again", []string{"4.12 jane 02T08:00-02T10:00 cancelled"}, all(t, s))
	readFeed(t, s, "hq", 0, event("1", "4.12", "jane", 1, 3))
	same(t, "moved", []string{"4.12 jane 02T09:00-02T11:00 cancelled"}, all(t, s))
	readFeed(t, s, "hq", 0)
	same(t, "gone", []string{"4.12 jane 02T09:00-02T11:00 cancelled"}, all(t, s))
}

func testFeedFailsWhole(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2))
	before := must(s.FeedStates(ctx))(t)
	stale := event("2", "4.11", "max", 0, 2)
	stale.ID = "gone"
	_, err := s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(5, 0)}, reservations.Change{
		Drop: must(s.FeedReservations(ctx, "feed:hq", span(0, 9)))(t), Update: []reservations.Reservation{stale},
	}, nil)
	if !errors.Is(err, reservations.ErrNotFound) {
		t.Errorf("update of a row that has gone: %v", err)
	}
	same(t, "rows", []string{"4.12 jane 02T08:00-02T10:00 confirmed"}, all(t, s))
	same(t, "states", before, must(s.FeedStates(ctx))(t))
}
