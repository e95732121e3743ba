package store

import (
	"fmt"
	"testing"

	"deskd/reservations"
)

// rowsOf are the bookings of a feed, with their events.
func rowsOf(t *testing.T, s *Store, name string) []string {
	t.Helper()
	var lines []string
	for _, r := range must(s.FeedReservations(ctx, reservations.FeedSource(name), span(-1000, 1000)))(t) {
		lines = append(lines, brief([]reservations.Reservation{r})[0]+" "+r.UID)
	}
	return lines
}

// The bookings of a feed are counted as long as they are not over, whatever the
// configuration says of it.
func testBookedByFeeds(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2), event("2", "4.11", "max", 3, 5), event("3", "4.11", "max", -5, 1))
	readFeed(t, s, "HQ", -1, event("4", "5.01", "max", 6, 7))
	readFeed(t, s, "feedless", -1, event("5", "4.12", "max", 1, 3)) // a conflict
	same(t, "booked", []reservations.FeedBookings{{Feed: "HQ", Bookings: 1, Running: 0, Until: at(7, 0)}, {Feed: "feedless", Bookings: 1, Running: 0, Until: at(3, 0)}, {Feed: "hq", Bookings: 2, Running: 1, Until: at(5, 0)}}, must(s.BookedByFeeds(ctx, at(1, 0)))(t))
	same(t, "but the configured ones", []reservations.FeedBookings{{Feed: "feedless", Bookings: 1, Running: 0, Until: at(3, 0)}}, must(s.BookedByFeeds(ctx, at(1, 0), "hq", "HQ"))(t))
	same(t, "later", []reservations.FeedBookings{}, must(s.BookedByFeeds(ctx, at(8, 0)))(t))
}

// A feed that is dropped loses its bookings to come and its state; what runs
// stays unless that is meant, and what waited for its desks is confirmed.
func testDropFeed(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2), event("2", "4.11", "max", 3, 5))
	readFeed(t, s, "other", -1, event("3", "4.11", "jane", 4, 6))
	same(t, "waits", []string{"4.11 jane 02T12:00-02T14:00 conflict 3"}, rowsOf(t, s, "other"))

	same(t, "dropped", 1, must(s.DropFeed(ctx, "hq", false, at(1, 0)))(t))
	same(t, "what runs stays", []string{"4.12 jane 02T08:00-02T10:00 confirmed 1"}, rowsOf(t, s, "hq"))
	same(t, "has the desk", []string{"4.11 jane 02T12:00-02T14:00 confirmed 3"}, rowsOf(t, s, "other"))
	same(t, "running", 1, must(s.DropFeed(ctx, "hq", true, at(1, 0)))(t))
	same(t, "nothing stays", 0, len(rowsOf(t, s, "hq")))
	same(t, "again", 0, must(s.DropFeed(ctx, "hq", true, at(1, 0)))(t))
	states := must(s.FeedStates(ctx))(t)
	same(t, "states", 1, len(states))

	readFeed(t, s, "hq", 1, event("1", "4.12", "jane", 0, 2)) // it is back in the configuration
	same(t, "is back", []string{"4.12 jane 02T08:00-02T10:00 confirmed 1"}, rowsOf(t, s, "hq"))
}

// A renamed feed keeps its bookings, whether it was read under the new name
// before or not, and the next poll changes nothing.
func testRenameFeed(t *testing.T, w world) {
	events := []reservations.Reservation{event("1", "4.12", "jane", 0, 2), event("2", "4.11", "max", 3, 5), event("3", "4.11", "jane", 6, 8)}
	moved := append([]reservations.Reservation{}, events...)
	moved[1] = event("2", "4.11", "max", 4, 6) // since
	for i, c := range []struct {
		name string
		read []reservations.Reservation // under the new name, before the rename
		done Renamed
		want []reservations.Reservation
	}{
		{"not read", nil, Renamed{3, 0}, events},
		{"read", events, Renamed{3, 3}, events},
		{"changed since", moved, Renamed{3, 3}, moved},
		{"less", events[:1], Renamed{3, 1}, events},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := w.open(t)
			from, to := fmt.Sprint("hq", i), fmt.Sprint("lobby", i)
			readFeed(t, s, from, -1, events...)
			first := must(s.FeedReservations(ctx, "feed:"+from, span(-9, 9)))(t)
			_, err := s.Cancel(ctx, first[2].ID, at(0, 0))
			check(t, err)
			if c.read != nil {
				readFeed(t, s, to, 0, c.read...)
			}
			same(t, "done", c.done, must(s.RenameFeed(ctx, FeedRename{From: from, To: to, Since: at(-48, 0)}, at(1, 0)))(t))
			same(t, "nothing is left", 0, len(rowsOf(t, s, from)))
			now := must(s.FeedReservations(ctx, "feed:"+to, span(-9, 9)))(t)
			for i := range now {
				same(t, "keeps its id", first[i].ID, now[i].ID)
				same(t, "is as read", c.want[i].Span, now[i].Span)
			}
			same(t, "stays cancelled", reservations.Cancelled, now[2].Status)
			same(t, "has the desk", reservations.Confirmed, now[1].Status)
			same(t, "the next poll", true, reservations.Diff(now, c.want, at(1, 0)).Empty())
			states := must(s.FeedStates(ctx))(t)
			same(t, "one state", 1, len(states))
			same(t, "state", to, states[0].Name+states[0].Inputs)
			must(s.DropFeed(ctx, to, true, at(-9, 0)))(t)
		})
	}
}

// A person whom the calendar names and deskd does not understand any more keeps
// the booking when its feed gets another name.
func testRenameFeedKeepsPeople(t *testing.T, w world) {
	s := w.open(t)
	readFeed(t, s, "hq", -1, event("1", "4.12", "jane", 0, 2))
	readFeed(t, s, "lobby", 0, event("1", "4.12", "", 0, 2))
	same(t, "done", Renamed{1, 1}, must(s.RenameFeed(ctx, FeedRename{From: "hq", To: "lobby", Since: at(-48, 0)}, at(1, 0)))(t))
	same(t, "bookings", []string{"4.12 jane 02T08:00-02T10:00 confirmed"}, brief(must(s.FeedReservations(ctx, "feed:lobby", span(-9, 9)))(t)))
}
