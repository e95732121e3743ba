package scheduler_test

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store"
)

// plans is a verb about series and absences, as another process.
func (s *scenario) plans(ctx context.Context, st *store.Store, args []string, now time.Time) error {
	b := s.bookings(st)
	w := booking.SeriesWish{OnConflict: booking.Nearest}
	w.Source = reservations.SourceCLI
	var err error
	switch args[0] {
	case "series":
		w.Desk, w.Person, w.Span, w.Rule = args[1], args[2], reservations.Span{Start: s.at(args[3]), End: s.at(args[4])}, args[5]
		_, err = b.BookSeries(ctx, booking.Actor{}, w, now)
	case "days":
		today := s.at("00:00")
		w.Desk, w.Person, w.Span, w.Rule = args[1], args[2], reservations.Span{Start: today, End: today.In(s.zone).AddDate(0, 0, 1)}, args[3]
		_, err = b.BookSeries(ctx, booking.Actor{}, w, now)
	case "cancel-rest":
		start := s.at(args[2])
		all := must(st.ListReservations(ctx, reservations.Filter{Desk: args[1], Span: reservations.Span{Start: start, End: start.Add(time.Second)}}))
		_, err = b.Cancel(ctx, booking.Actor{}, booking.Change{ID: all[0].ID, Scope: booking.Rest}, now)
	case "away":
		_, err = b.Away(ctx, booking.Actor{}, booking.Leaving{Absence: reservations.Absence{Person: args[1], First: args[2], Last: args[3]}}, now)
	case "back":
		all := must(b.Absences(ctx, args[1], now))
		_, err = b.Back(ctx, booking.Actor{}, booking.Return{ID: all[0].ID}, now)
	}
	return err
}
