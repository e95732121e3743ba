package daemon

import (
	"context"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
	"deskd/store"
	"deskd/store/usage"
)

// Report says how desks were used.
func (a *Parts) Report(ctx context.Context, asked reports.Asked) (reports.Report, error) {
	return a.reportFrom(ctx, a.Store, asked)
}

func (a *Parts) reportFrom(ctx context.Context, s *store.Store, asked reports.Asked) (reports.Report, error) {
	by := booking.Bookings{Store: s.Bookings(), Rules: a.rulesOf}
	around := reservations.Span{Start: asked.First.AddDate(0, 0, -1), End: asked.Last.AddDate(0, 0, 2)}
	found, err := by.Openings(ctx, booking.Place{Site: asked.Site, Floor: asked.Floor}, around)
	if err != nil {
		return reports.Report{}, err
	}
	desks := make([]reports.Desk, len(found))
	for i, d := range found {
		desks[i] = reports.Desk(d)
	}
	keep := a.Config.Retention
	return s.Reports().Report(ctx, asked, usage.House{Desks: desks, People: time.Duration(keep.People), Attempts: time.Duration(keep.Attempts)}, a.Clock.Now())
}
