package store

import (
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store/bookings"
)

// What a calendar shows: of a person or of desks, what is not over and what was cancelled,
// but none that waits.
func testPublished(t *testing.T, w world) {
	s := w.open(t)
	k := s.Bookings()
	put := func(desk, person string, hours reservations.Span) string {
		return must(k.Reserve(ctx, reservations.Reservation{Desk: desk, Person: person, Span: hours}, at(-100, 0)))(t).ID
	}
	put("4.12", "jane", span(-9, -5))
	put("4.12", "jane", span(-4, 3)) // runs at the instant
	cancelled := put("4.12", "jane", span(4, 5))
	put("4.11", "max", span(-1, 2))
	put("4.11", "jane", span(6, 7))
	put("5.01", "max", span(6, 7))
	must(k.Cancel(ctx, cancelled, at(-50, 0)))(t)
	gone := put("5.01", "jane", span(-8, 0)) // over by then
	must(k.Cancel(ctx, gone, at(-50, 0)))(t)

	for _, c := range []struct {
		of   bookings.Publication
		want []string
	}{
		{bookings.Publication{Person: "JANE"}, []string{"4.12 jane 02T04:00-02T11:00 confirmed", "4.12 jane 02T12:00-02T13:00 cancelled", "4.11 jane 02T14:00-02T15:00 confirmed"}},
		{bookings.Publication{Place: booking.Place{Desk: "4.12"}}, []string{"4.12 jane 02T04:00-02T11:00 confirmed", "4.12 jane 02T12:00-02T13:00 cancelled"}},
		{bookings.Publication{Place: booking.Place{Site: "berlin", Floor: "4"}}, []string{"4.12 jane 02T04:00-02T11:00 confirmed", "4.12 jane 02T12:00-02T13:00 cancelled"}},
		{bookings.Publication{Place: booking.Place{Site: "nowhere"}}, []string{}},
	} {
		c.of.Since = at(0, 0)
		same(t, "published", c.want, brief(must(k.Published(ctx, c.of))(t)))
	}
	all := must(k.Published(ctx, bookings.Publication{Place: booking.Place{Site: "berlin"}, Since: at(0, 0)}))(t)
	same(t, "of the site", 5, len(all))
	none := must(k.Published(ctx, bookings.Publication{Place: booking.Place{Site: "berlin"}, Since: at(0, 0).Add(30 * 24 * time.Hour)}))(t)
	same(t, "later", 0, len(none))
}
