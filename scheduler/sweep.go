package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sweep is the question put to every device, a part of it in each round.
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
	if answer != nil {
		r.sweep.waiting = append(r.sweep.waiting, answer)
	}
	r.sweep.began, r.sweep.left, r.sweep.asked = r.now(), nil, false
	r.askAfter = time.Time{}
	if !r.halted.IsZero() {
		r.endSweep(fmt.Errorf("cluster %q: %s", r.Cluster, r.standing.why(r.halted)))
	}
}

// sweeping reports whether some devices of a sweep were not asked yet.
func (r *Reconciler) sweeping() bool {
	return !r.sweep.began.IsZero() && (r.sweep.left == nil || len(r.sweep.left) > 0)
}

// sweepPatience bounds how long those who wait for a sweep wait for the steps
// that follow from it: in a long wave there is always one more to send.
const sweepPatience = 10 * time.Minute

// finishSweep answers those who wait for a sweep once every device was asked
// and what was due has been sent.
func (r *Reconciler) finishSweep(waiting int) {
	if r.sweep.began.IsZero() || r.sweep.left == nil || len(r.sweep.left) > 0 {
		return
	}
	r.tellSwept(nil)
	if waiting > 0 && r.now().Before(r.sweep.began.Add(sweepPatience)) {
		return
	}
	var err error
	if unknown := r.unknown(); unknown > 0 {
		err = fmt.Errorf("cluster %q: %d of %d devices did not answer", r.Cluster, unknown, len(r.world.Desks))
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
	took := r.now().Sub(r.sweep.began)
	r.Watch.Swept(r.Cluster, r.sweep.devices, took, err)
	r.Log.Debug("sweep", "cluster", r.Cluster, "devices", r.sweep.devices, "took", took, "err", err)
	if r.failures == 0 && r.halted.IsZero() {
		r.census(r.now())
		r.status.Lock()
		r.shown.Swept, r.shown.Missing, r.shown.Mute = r.now(), r.lacks.devices, r.lacks.answers
		r.status.Unlock()
	}
}

func (r *Reconciler) endSweep(err error) {
	r.tellSwept(err)
	for _, answer := range r.sweep.waiting {
		answer <- err
	}
	r.sweep = sweep{}
}

func (r *Reconciler) unknown() int {
	n := 0
	for _, device := range r.devices {
		if !r.seen[device].Known {
			n++
		}
	}
	return n
}

// sweepOn adds a part of the sweep to a round's questions, as long as there is
// room, and begins a sweep that was started.
func (r *Reconciler) sweepOn(add func(device string), room func() bool) {
	if r.sweep.began.IsZero() {
		return
	}
	if r.sweep.left == nil {
		r.sweep.left = append([]string{}, r.devices...)
		r.sweep.devices = len(r.sweep.left)
	}
	for len(r.sweep.left) > 0 && room() {
		add(r.sweep.left[0])
		r.sweep.left = r.sweep.left[1:]
	}
}
