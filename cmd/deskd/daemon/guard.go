package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/store"
	"deskd/web/view"
)

// markEvery is how often the marker beside the database is brought up to date:
// a copy that is put in the database's place is recognised as older when it
// lacks more than this.
const markEvery = time.Minute

// Exposed lists what others may do to the files that deskd relies on.
func (a *Parts) Exposed() []store.Exposure {
	return store.Exposed(a.Config.Database.DSN, a.Config.Database.AnchorsPath(), a.Config.Files()...)
}

// guard keeps the marker up to date, looks whether the rounds go on and which
// reservations nobody acts on, and ends the daemon when it is not known whether
// a commit is on disk: only a database that is opened again can tell.
func (d *Instance) guard(ctx context.Context, stop context.CancelCauseFunc) {
	tick, files := time.NewTicker(markEvery), time.NewTicker(filesEvery)
	defer tick.Stop()
	defer files.Stop()
	unmarked, ignored := false, false
	d.tellStrays(ctx)
	d.anchor(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.Store.Failed():
			d.Log.Error("a commit failed: deskd stops, to be started again", "err", store.ErrCommit)
			stop(store.ErrCommit)
			return
		case <-files.C:
			if err := d.lookAtFiles(); err != nil {
				stop(err)
				return
			}
		case <-tick.C:
			d.alive()
			d.tellStrays(ctx)
			d.tellSchema(ctx)
			ignored = d.tellIgnored(ctx, ignored)
			unmarked = d.mark(ctx, unmarked)
			d.anchor(ctx)
		}
	}
}

// filesEvery is how often the files of the database are looked for at their
// places, and replacedFor how long one that is not the daemon's own may be there
// before the daemon ends: an operator may be about to put things right.
const (
	filesEvery  = 5 * time.Second
	replacedFor = time.Minute
)

// lookAtFiles says when a file of the database is not the one that deskd has
// open, and when it is again. Nothing can be written meanwhile, so that nothing
// is sent. The error is that the daemon has to end: only one that opens the
// database again can tell what there is.
func (d *Instance) lookAtFiles() error {
	err := d.Store.Replaced()
	if err == nil && d.lock != nil {
		err = d.lock.Held()
	}
	if errors.Is(err, store.ErrLocked) { // its connection was lost, and another daemon was faster
		d.Log.Error("lock of the database is another's: deskd stops", "err", err)
		return err
	}
	var replaced *store.ReplacedError
	if !errors.As(err, &replaced) {
		if !d.replaced.IsZero() {
			d.replaced = time.Time{}
			d.notices.drop(view.KindReplaced)
			d.Log.Info("database is back at its place")
		}
		return nil
	}
	now := d.Clock.Now()
	if d.replaced.IsZero() {
		d.replaced = now
		d.Log.Error("database is not the one that was opened: nothing is sent, and deskd stops unless it is put back", "err", err)
		d.notices.set(view.Notice{
			Kind: view.KindReplaced, Bad: true, Text: "The database is not at its place any more: nothing is written or sent.",
			Detail: fmt.Sprintf("%v. Put it back as it was; otherwise deskd stops within %s, and the next one looks at what is there.", err, replacedFor),
		})
	}
	// What SQLite keeps beside the database cannot be put back: the sooner this
	// process ends, the less is in it that nobody finds. A clock that is set back is no reason to stay.
	if replaced.Beside || now.Sub(d.replaced).Abs() >= replacedFor {
		return err
	}
	return nil
}

// mark brings the marker up to date. It says when it cannot, and when it can
// again, and reports whether it could not.
func (d *Instance) mark(ctx context.Context, failed bool) bool {
	err := d.Store.Mark(ctx)
	switch {
	case ctx.Err() != nil, errors.Is(err, store.ErrReplaced): // which is said already
		return failed
	case err != nil && !failed:
		d.Log.Warn("marker of the database cannot be written", "err", err)
	case err == nil && failed:
		d.Log.Info("marker of the database is written again")
	}
	return err != nil
}

// tellIgnored says when there are reservations that nobody acts on, and when
// there are none any more, and reports whether there are.
func (d *Instance) tellIgnored(ctx context.Context, were bool) bool {
	now := d.Clock.Now()
	ignored, err := d.View.Ignored(ctx, reservations.Span{Start: now, End: now.Add(ignoredAhead)})
	switch {
	case err != nil:
		return were // the rounds meet the same error, and say it
	case len(ignored) > 0 && !were:
		first := ignored[0]
		d.Log.Warn("reservations are not acted on: the page lists them", "count", len(ignored),
			"reservation", first.ID, "desk", first.Desk, "person", first.Person, "err", first.Why)
	case len(ignored) == 0 && were:
		d.Log.Info("every reservation is acted on")
	}
	return len(ignored) > 0
}

// others is told that another program has written: it may want an answer, and
// what it changed gets its place on the page and in the audit.
func (d *Instance) others(ctx context.Context) {
	d.board.Stir()
	d.events.Stir()
	d.answer(ctx)
	select {
	case d.unchained <- struct{}{}:
	default: // it is on the list already
	}
}

// chainAudit gives the changes of other programs their place in the audit. It does
// so beside everything else: a program that has written a million rows leaves work
// for a minute, and its bookings are not to wait for that.
func (d *Instance) chainAudit(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.unchained:
		}
		if _, err := d.Store.ChainAudit(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("audit", "err", err)
		}
		// They may have freed desks that others wait for.
		if err := d.Store.Settle(ctx, d.Clock.Now()); err != nil && ctx.Err() == nil {
			d.Log.Warn("reservations that wait", "err", err)
		}
	}
}
