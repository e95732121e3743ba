package scheduler

import (
	"context"
	"errors"
	"time"

	"deskd/scheduler/guard"
	"deskd/scheduler/plan"
)

// send hands the first of the steps that are due, or about to be, to the senders: those whose device
// was asked about in this round, and no more in all than the cluster takes in a
// slice of time. It returns how many.
func (r *Reconciler) send(planned []plan.Step, asked map[string]bool, now time.Time) int {
	if now.Before(r.circuit.SilentUntil()) {
		return 0
	}
	n := 0
	for _, s := range r.soon(planned, now) {
		if r.senders.room() == 0 {
			break
		}
		if asked[s.Device] {
			r.senders.hand(job{
				Step: s, before: r.phones.Seen[s.Device], proofs: r.phones.Proofs.Of(s.Device),
				names: r.phones.Directory, knownSessions: r.phones.KnownSessions(s),
			})
			n++
		}
	}
	return n
}

// collect takes in what the senders have brought back so far.
func (r *Reconciler) collect(ctx context.Context) error {
	for {
		select {
		case s := <-r.senders.results:
			if err := r.take(ctx, s); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// take brings an ended attempt into the state: what it shows, and what it asks
// for next.
func (r *Reconciler) take(ctx context.Context, s sent) error {
	r.senders.busy.remove(s.job.Step)
	if s.err != nil {
		r.books.reread()
	}
	a := s.attempt
	switch now := r.now(); {
	case a.ID != 0:
		if s.err != nil { // the journal still says that it is open: a look closes it
			a.Outcome = plan.Unknown
		}
		r.trust.Include(a, now)
		r.phones.Take(a)
		r.service.Note(a)
		r.away.Take(a)
		if a.Outcome != plan.Done && a.Outcome != plan.Unknown && s.stops() {
			r.quiet(ctx, s.answer, a.Ended)
		}
		r.phones.Report(a)
	case s.away != nil:
		r.away.Note(s.job.PersonKey(), *s.away, now)
	case s.stale && s.stops():
		r.quiet(ctx, s.answer, now)
	case s.stale: // one of the two answers may be from the past: no third one at once
		r.phones.Unsure(s.job.Device, now)
	case errors.Is(s.answer, guard.ErrPaused):
		r.books.read = time.Time{}
	}
	return s.err
}
