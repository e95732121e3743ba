package daemon

import (
	"context"
	"errors"
	"net/http"

	"deskd/cmd/deskd/programs"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
	"deskd/store"
	"deskd/store/usage"
	"deskd/web/api"
	"deskd/web/api/events"
	"deskd/web/api/records"
)

// programs is the interface for programs. What it reads, it reads aside: however many ask,
// the rounds do not wait.
func (d *Instance) programs() (http.Handler, error) {
	d.events = events.NewHub(events.Deps{
		Changes: d.aside.Changes().After, Reservations: d.aside.ReservationsByID, Board: d.reads.Lately, Now: d.Clock.Now, Log: d.Log,
	})
	return api.Handler(api.Deps{
		Tokens: d.Store.Tokens(), Bookings: booking.Bookings{Store: acted{d.Store.Bookings(), d.acted}, Rules: d.rulesOf}, Reading: booking.Bookings{Store: d.aside.Bookings(), Rules: d.rulesOf},
		View: d.shown, Board: d.reads.Lately, WithActor: store.WithActor,
		Uncertain: func(err error) bool { return errors.Is(err, store.ErrCommit) },
		CheckKey:  store.CheckKey, Now: d.Clock.Now, Log: d.Log,
		Clusters: d.Store, Feeds: programs.Feeds{Store: d.Store, PollRequest: requestPoll, Asked: d.wasAsked},
		Nodes: func(ctx context.Context) ([]records.Node, error) {
			return programs.Nodes(ctx, d.aside, d.self(), d.Clock.Now())
		},
		Notices: programs.Notices(d.aside),
		Events:  d.events,
		Changed: func(context.Context) {
			d.scheduler.Kick()
			d.events.Stir()
		},
		Statistics: func(ctx context.Context, s records.Span) ([]reservations.Statistic, error) {
			return d.aside.Statistics(ctx, usage.Range(s))
		},
		Report: func(ctx context.Context, asked reports.Asked) (reports.Report, error) {
			return d.reportFrom(ctx, d.aside, asked)
		},
	})
}

// acted is a store of which each change is acted on at once: what this process has written
// itself is no other program's change, for which the scheduler looks.
type acted struct {
	booking.Store
	acted func(ctx context.Context)
}

// acted acts on bookings that this process has changed.
func (d *Instance) acted(ctx context.Context) {
	d.scheduler.Stir(ctx)
	d.events.Stir()
}

// Change implements [booking.Store].
func (a acted) Change(ctx context.Context, d booking.Deed, do func(booking.Book) error) error {
	err := a.Store.Change(ctx, d, do)
	if err == nil && !d.DryRun {
		a.acted(context.WithoutCancel(ctx))
	}
	return err
}

// attendPrograms answers the requests that programs leave, until ctx ends: this process's own
// are no other program's change, for which the scheduler looks.
func (d *Instance) attendPrograms(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.asked:
			d.answer(ctx)
		}
	}
}

// wasAsked says that a program has left a request.
func (d *Instance) wasAsked() {
	select {
	case d.asked <- struct{}{}:
	default: // it is to be looked for already
	}
}
