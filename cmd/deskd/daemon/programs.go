package daemon

import (
	"context"
	"errors"
	"net/http"

	"deskd/reservations/booking"
	"deskd/scheduler/drive"
	"deskd/store"
	"deskd/web/api"
)

// programs is the interface for programs. What it reads, it reads aside: however many ask,
// the rounds do not wait.
func (d *Instance) programs() (http.Handler, error) {
	return api.Handler(api.Deps{
		Tokens: d.Store.Tokens(), Bookings: booking.Bookings{Store: acted{d.Store.Bookings(), d.scheduler}, Rules: d.rulesOf}, Reading: booking.Bookings{Store: d.aside.Bookings(), Rules: d.rulesOf},
		View: d.shown, Board: d.reads.Lately, WithActor: store.WithActor,
		Uncertain: func(err error) bool { return errors.Is(err, store.ErrCommit) },
		CheckKey:  store.CheckKey, Now: d.Clock.Now, Log: d.Log,
	})
}

// acted is a store of which each change is acted on at once: what this process has written
// itself is no other program's change, for which the scheduler looks.
type acted struct {
	booking.Store
	by *drive.Scheduler
}

// Change implements [booking.Store].
func (a acted) Change(ctx context.Context, d booking.Deed, do func(booking.Book) error) error {
	err := a.Store.Change(ctx, d, do)
	if err == nil && !d.DryRun {
		a.by.Stir(context.WithoutCancel(ctx))
	}
	return err
}
