package daemon

import (
	"context"
	"time"

	"deskd/cmd/deskd/remarks"
	"deskd/cmd/deskd/resting"
	"deskd/reservations/booking"
	"deskd/web/view"
)

// remarks are what there is to say of desks beside how they stand: see
// [view.Model.Remarks].
func (a *Parts) remarks(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	return a.remarked().Of(ctx, desk, at)
}

func (a *Parts) remarked() remarks.Source {
	idle := resting.Source{Config: a.Config, Store: a.Store}
	return remarks.Source{Bookings: a.Bookings(), Desks: a.Store.Desks, ChecksIn: a.Config.ChecksIn(), Idle: idle.Remarks}
}

// watchRules counts the bookings that break rules, by connections aside.
func (d *Instance) watchRules() *remarks.Watch {
	aside := remarks.Source{Bookings: booking.Bookings{Store: d.aside.Bookings(), Rules: d.rulesOf}, Desks: d.aside.Desks}
	return &remarks.Watch{Source: aside, Clock: d.Clock, Log: d.Log, Version: func(ctx context.Context) (int64, error) {
		all, _, err := d.aside.Version(ctx)
		return all, err
	}}
}

// remarks are those of the parts, with what is known of bookings that are waited for, and of what
// phones were told.
func (d *Instance) remarks(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	all, err := d.Parts.remarks(ctx, desk, at)
	if desk == "" && err == nil { // what one was told is explained otherwise
		var told []view.Remark
		told, err = d.notified.Remarks(ctx, at)
		all = append(all, told...)
	}
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
