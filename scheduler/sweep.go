package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/scheduler/plan"
)

// sweep is the question put to every device, a part of it in each round. The zero sweep
// is none.
type sweep struct {
	began   time.Time
	devices int
	left    []string
	asked   bool // about every device; those who wait, wait for what follows from it
	waiting []chan<- error
}

var errEnded = errors.New("the cluster's rounds have ended")

// Sweep asks the phone system about every desk, acts on what it says, and
// returns when the question is answered for all of them, with the error of a
// part that was not.
func (r *Reconciler) Sweep(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case r.swept <- answer:
	case <-r.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-r.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takeSweeps begins the sweeps that were asked for.
func (r *Reconciler) takeSweeps() {
	for {
		select {
		case answer := <-r.swept:
			r.startSweep(answer)
		default:
			return
		}
	}
}

// startSweep asks everything again; a sweep that is under way begins again, for
// the one who asks wants to know what is so from now on.
func (r *Reconciler) startSweep(answer chan<- error) {
	r.sweep.begin(answer, r.now())
	r.circuit.AskNow()
	if r.circuit.Halted() {
		r.endSweep(fmt.Errorf("cluster %q: %s", r.Cluster, r.circuit.Why()))
	}
}

// begin begins the sweep, again where it is under way.
func (s *sweep) begin(answer chan<- error, now time.Time) {
	if answer != nil {
		s.waiting = append(s.waiting, answer)
	}
	s.began, s.left, s.asked = now, nil, false
}

// underWay reports whether there is a sweep.
func (s *sweep) underWay() bool { return !s.began.IsZero() }

// asking reports whether some devices of a sweep were not asked yet.
func (s *sweep) asking() bool { return s.underWay() && (s.left == nil || len(s.left) > 0) }

// through reports whether every device was asked.
func (s *sweep) through() bool { return s.underWay() && s.left != nil && len(s.left) == 0 }

// next adds a part of the sweep of devices to a round's questions, as long as there is
// room, and begins a sweep that was started.
func (s *sweep) next(devices []string, add func(device string), room func() bool) {
	if !s.underWay() {
		return
	}
	if s.left == nil {
		s.left = append([]string{}, devices...)
		s.devices = len(s.left)
	}
	for len(s.left) > 0 && room() {
		add(s.left[0])
		s.left = s.left[1:]
	}
}

// part takes a round's questions of the devices that are left, all for the sweep.
func (s *sweep) part(devices []string) []string {
	part := make([]string, 0, askPerRound)
	s.next(devices, func(device string) { part = append(part, device) }, func() bool { return len(part) < askPerRound })
	return part
}

// sweepOn asks about further parts of a sweep in the round that has begun it, as long as they
// show what was known already and nothing else is to be done: the plan stays as it is
// meanwhile, and to plan again for each part would cost the house each time.
func (r *Reconciler) sweepOn(ctx context.Context, want []plan.Login, planned []plan.Step) error {
	if !r.sweep.asking() || len(r.senders.busy.devices) > 0 {
		return nil
	}
	w := newWakeup(r, true)
	if err := w.ahead(ctx, r, want, planned); err != nil {
		return err
	}
	for news := r.phones.News; news == r.phones.News && undisturbed(r, w.next); {
		part := r.sweep.part(r.phones.Devices)
		for _, device := range part {
			delete(r.phones.Looks, device)
		}
		if _, err := r.put(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// undisturbed reports whether a sweep of r may go on until an instant at which there is something
// else to do.
func undisturbed(r *Reconciler, next time.Time) bool {
	return r.sweep.asking() && r.now().Before(next) && !r.trust.HasJumped() && !r.books.read.IsZero() &&
		!r.senders.drained.Load() && len(r.kicked)+len(r.swept) == 0
}

// sweepPatience bounds how long those who wait for a sweep wait for the steps
// that follow from it: in a long wave there is always one more to send.
const sweepPatience = 10 * time.Minute

// finishSweep answers those who wait for a sweep once every device was asked
// and what was due has been sent.
func (r *Reconciler) finishSweep(waiting int) {
	if !r.sweep.through() {
		return
	}
	r.tellSwept(nil)
	if waiting > 0 && r.now().Before(r.sweep.began.Add(sweepPatience)) {
		return
	}
	var err error
	if unknown := r.phones.Unknown(); unknown > 0 {
		err = fmt.Errorf("cluster %q: %d of %d devices did not answer", r.Cluster, unknown, len(r.books.world.Desks))
	}
	r.endSweep(err)
}

// tellSwept shows that every device was asked about, once, whatever follows from
// it: to send it may take minutes, and those who look want to know what is so.
func (r *Reconciler) tellSwept(err error) {
	if r.sweep.asked {
		return
	}
	r.sweep.asked = true
	now := r.now()
	took := now.Sub(r.sweep.began)
	r.Watch.Swept(r.Cluster, r.sweep.devices, took, err)
	r.Log.Debug("sweep", "cluster", r.Cluster, "devices", r.sweep.devices, "took", took, "err", err)
	if r.circuit.Well() {
		r.desks.Swept(r.phones.Census(r.books.world.Desks, now))
		r.shown.sweptAt(now)
		r.publish()
	}
}

// endSweep answers those who wait for the sweep.
func (r *Reconciler) endSweep(err error) {
	if !r.sweep.underWay() {
		return
	}
	r.tellSwept(err)
	for _, answer := range r.sweep.waiting {
		answer <- err
	}
	r.sweep = sweep{}
}
