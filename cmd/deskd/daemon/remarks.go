package daemon

import (
	"context"
	"time"

	"deskd/reservations/booking"
	"deskd/web/view"
)

// remarkedAhead is how far ahead a closure is remarked upon.
const remarkedAhead = 24 * time.Hour

// remarks are what there is to say of desks beside how they stand: see
// [view.Model.Remarks].
func (a *Parts) remarks(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	closures, err := a.Bookings().Closures(ctx, booking.Place{Desk: desk}, at)
	if err != nil || len(closures) == 0 {
		return nil, err
	}
	desks, err := a.Store.Desks(ctx)
	var all []view.Remark
	for _, d := range desks {
		for _, c := range closures {
			if !c.Holds(d) || desk != "" && d.ID != desk || c.Start.After(at.Add(remarkedAhead)) {
				continue
			}
			r := view.Remark{Desk: d.ID, Before: "closed until", At: c.End, After: "(" + c.Why + ")"}
			if c.Start.After(at) {
				r.Before, r.At = "closed from", c.Start
			}
			all = append(all, r)
		}
	}
	return all, err
}
