package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/store"
	"deskd/web/view"
)

// doorWait is how long a start waits for the [Examination] of the database. Within it all of
// some thirty thousand bookings with all that belongs to them is read; a larger database is read to its end beside
// the daemon.
const doorWait = 500 * time.Millisecond

// Examination is the check of the whole database for damage. It begins at the door and may
// go on beside the daemon, across reloads:
//
//	            at the door            beside the daemon         once it is through
//	small file  glance, all of it      –                         –
//	large file  glance, doorWait       phones are driven;        what waited is done
//	                                   nothing is removed
//	damage      refused: 78            deskd stops: 78           –
//
// What is removed cannot be had back, and of a damaged database the wrong things may be:
// so retention waits. Phones are driven, because what a round reads it reads by the same
// SQLite that checks each page, and holds what it cannot read; because what was sent is
// in the journal; and because the brake stops logouts of many whose bookings are gone.
// The nil Examination is one that is through.
type Examination struct {
	done chan struct{}
	took time.Duration // what follows is set once done is closed
	err  error
}

// Examine begins a check, which ends with ctx at the latest.
func Examine(ctx context.Context, check func(context.Context) error) *Examination {
	x := &Examination{done: make(chan struct{})}
	go func() {
		defer close(x.done)
		began := time.Now()
		x.err = check(ctx)
		x.took = time.Since(began)
	}()
	return x
}

// under reports whether the check goes on.
func (x *Examination) under() bool {
	if x == nil {
		return false
	}
	select {
	case <-x.done:
		return false
	default:
		return true
	}
}

// wait returns when the check is through, and its error, or that of a ctx which ends first.
func (x *Examination) wait(ctx context.Context) error {
	if x == nil {
		return nil
	}
	select {
	case <-x.done:
		return x.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// examine refuses a damaged database before anything is done by what it says, as far as
// that shows at once. What goes on afterwards is the caller's to wait for.
func (a *Parts) examine(ctx context.Context) (*Examination, error) {
	if err := a.Store.Glance(ctx); err != nil {
		return nil, err
	}
	lost, err := a.Store.Orphans(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range a.Exposed() {
		a.Log.Warn("what deskd relies on is open to others: "+e.Why, "err", e.What, "fix", e.Fix)
	}
	if lost > 0 {
		a.Log.Warn("rows refer to sites, clusters, people or feeds that are not there", "count", lost)
	}
	x := Examine(ctx, a.Store.Check)
	atDoor, left := context.WithTimeout(ctx, doorWait)
	defer left()
	_ = x.wait(atDoor) // which may end in the moment that the time is over
	if x.under() {
		return x, ctx.Err()
	}
	if x.err == nil {
		a.Log.Debug("database checked", "took", x.took)
	}
	return x, x.err
}

// attend waits for a check that goes on beside the daemon, and ends the daemon when it finds
// damage, or cannot be made. What is wrong is told to readers of pages, too, while
// the requests that are under way are answered.
func (s *Server) attend(ctx context.Context, stop context.CancelCauseFunc) {
	x := s.Examination
	if !x.under() {
		return
	}
	s.current.Load().Log.Info("database check goes on beside the daemon: nothing is removed until it is through")
	err := x.wait(ctx)
	switch log := s.current.Load().Log; {
	case ctx.Err() != nil: // and so the check
	case err != nil:
		s.unfit.Store(true)
		log.Error("database check found what deskd must not act on: deskd stops", "took", x.took, "err", err)
		stop(unfitError{err})
	default:
		log.Info("database checked", "took", x.took)
	}
}

// unfitError is what a check has found beside the daemon.
type unfitError struct{ error }

func (u unfitError) Unwrap() error { return u.error }

// ending is the error with which the process ends for a cause that stopped it.
func ending(cause error) error {
	unfit, found := errors.AsType[unfitError](cause)
	switch {
	case found:
		return unfit.error
	case errors.Is(cause, store.ErrCommit), errors.Is(cause, store.ErrReplaced), errors.Is(cause, store.ErrLocked):
		return cause
	}
	return nil
}

// unfitText is said to every reader from when the check has found damage.
const unfitText = "The database is damaged or cannot be read: deskd stops. Its log says more; deskd restore FILE puts a backup in its place.\n"

// checking is what the page says while the check goes on.
func (d *Instance) checking() []view.Notice {
	if !d.examination.under() {
		return nil
	}
	return []view.Notice{{
		Kind: view.KindCheck, Text: "The database check is under way: nothing is removed until it is through.",
		Detail: "deskd reads the whole database once after each start. Phones are driven as booked; if it is damaged, deskd stops.",
	}}
}

// examined waits until the check is through before something is removed.
func (d *Instance) examined(ctx context.Context) error {
	if err := d.examination.wait(ctx); err != nil {
		return fmt.Errorf("no names and no old rows are removed: the database was not read from end to end: %w", err)
	}
	return nil
}

// measure tells the metrics how long the check took, once it is through.
func (d *Instance) measure(ctx context.Context) {
	if d.examination != nil && d.examination.wait(ctx) == nil {
		d.metrics.DatabaseChecked(d.examination.took)
	}
}
