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
	all, err := a.closed(ctx, desk, at)
	if err != nil || !a.Config.ChecksIn() {
		return all, err
	}
	expected, err := a.Bookings().Arrivals(ctx, booking.Place{Desk: desk}, at)
	for _, e := range expected {
		if !e.Came() {
			all = append(all, view.Remark{Desk: e.Desk, Before: "released at", At: e.Deadline, After: "unless " + e.Person + " comes"})
		}
	}
	return all, err
}

// remarks are those of the parts, with what is known of bookings that are waited for.
func (d *Instance) remarks(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	all, err := d.Parts.remarks(ctx, desk, at)
	if d.arrivals == nil {
		return all, err
	}
	for _, w := range d.arrivals.Waiting() {
		for i, r := range all {
			if r.Desk != w.Desk || !r.At.Equal(w.Deadline) {
				continue
			}
			if all[i].At = w.Until; w.Held != "" {
				all[i].After += " (held: " + w.Held + ")"
			}
		}
	}
	return all, err
}

// closed tells which desks are closed, or will be soon.
func (a *Parts) closed(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
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
