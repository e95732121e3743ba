package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
)

// The circuit of a cluster opens at the first refusal that concerns all of
// deskd. While it is open nothing is sent but one question every haltFor, also
// across restarts. An answer closes it, and so does a change of the keys that
// were refused.

// recall takes in what is remembered of the cluster. A circuit that was opened
// for other keys than those of now counts as closed.
func (r *Reconciler) recall(ctx context.Context, now time.Time) error {
	s, err := r.Standings.Standing(ctx, r.Cluster)
	if err != nil {
		return fmt.Errorf("read standing: %w", err)
	}
	if s.Unreadable != "" {
		r.Log.Warn("what is remembered of the cluster cannot be read whole", "cluster", r.Cluster, "err", s.Unreadable)
		s.Unreadable = ""
	}
	if s.Open() {
		same, err := r.Access.Presents(s.Salt, s.Fingerprint)
		if err != nil {
			return err
		}
		if !same {
			s = s.Closed()
			r.history.Readmit(true)
		}
	}
	if !s.Doubts(r.Duration) {
		if s.Units != "" {
			r.Log.Info("the unit of the sessions has been changed", "cluster", r.Cluster)
		}
		s.Units, s.Doubted, s.Unit = "", time.Time{}, 0
	}
	s.Clocks = r.jump.Clocks
	r.standing = s
	r.halted = s.Until(now)
	return nil
}

// announce tells once, at the start, what the process before has left behind.
func (r *Reconciler) announce(ctx context.Context) {
	if r.standing.Units != "" {
		r.Log.Error("the unit of the sessions looks wrong", "cluster", r.Cluster, "since", r.standing.Doubted, "err", r.standing.Units)
	}
	if r.halted.IsZero() {
		r.keep(ctx) // a circuit opened for other keys is closed
		return
	}
	r.silenced.Store(true)
	r.said = r.now()
	if !r.standing.Open() {
		r.standing.Problem = r.standing.why(r.halted)
		r.complain(r.standing.Problem)
		r.Log.Error("phone system is not asked yet: the answer to deskd's first question was lost again and again", "cluster", r.Cluster,
			"until", r.halted, "err", r.standing.Problem)
		return
	}
	r.complain(r.standing.Problem)
	r.Log.Error("phone system has refused deskd: nothing is sent before it is asked again", "cluster", r.Cluster,
		"code", r.standing.Code, "until", r.halted, "err", r.standing.Problem)
}

// firstQuestion writes down that the phone system is about to be asked for the
// first time by this process: one that dies over the answer, and is started
// again and again, may be sending a wrong password.
func (r *Reconciler) firstQuestion(ctx context.Context, now time.Time) error {
	if r.asked {
		return nil
	}
	s := r.standing
	s.Tries, s.Tried = s.Tries+1, now
	if err := r.Standings.SaveStanding(ctx, s); err != nil {
		return fmt.Errorf("record question: %w", err)
	}
	r.standing, r.asked = s, true
	return nil
}

// keep writes down how the cluster stands, if it has changed. A database that
// cannot be written shows in the rounds; the circuit works without.
func (r *Reconciler) keep(ctx context.Context) {
	err := r.Standings.SaveStanding(context.WithoutCancel(ctx), r.standing)
	if err != nil {
		r.Log.Error("record standing", "cluster", r.Cluster, "err", err)
	}
	r.unkept = err != nil
}

// survived notes that the process has lived to see what came of its question.
func (r *Reconciler) survived(ctx context.Context) {
	if r.standing.Tries > 0 {
		r.standing.Tries, r.standing.Tried = 0, time.Time{}
		r.keep(ctx)
	}
}

// refuse opens the circuit, or leaves it open for as long again.
func (r *Reconciler) refuse(ctx context.Context, no *phones.Refusal, now time.Time) {
	s := r.standing
	first := !s.Open()
	if first {
		s.Opened = now
	}
	s.Refused, s.Code, s.Problem, s.Tries, s.Tried = now, no.Code, no.Error(), 0, time.Time{}
	r.standing, r.halted = s, s.Until(now)
	r.keep(ctx) // before the print, which takes a while
	if first || now.Sub(r.said) >= saidEvery {
		r.said = now
		r.Log.Error("phone system refuses deskd: nothing but a question every 15 minutes is sent to it",
			"cluster", r.Cluster, "code", s.Code, "since", s.Opened, "err", s.Problem)
	}
	if len(s.Fingerprint) == 0 {
		r.sign(ctx)
	}
}

// sign adds the print of the keys that were refused.
func (r *Reconciler) sign(ctx context.Context) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	fingerprint, err := r.Access.Fingerprint(salt)
	if err != nil {
		r.Log.Error("record standing", "cluster", r.Cluster, "err", err)
		return
	}
	r.standing.Salt, r.standing.Fingerprint = salt, fingerprint
	r.keep(ctx)
}

// unanswered counts a question to a halted cluster that may have arrived like
// one that was refused: the next one waits as long.
func (r *Reconciler) unanswered(ctx context.Context, err error, now time.Time) {
	if r.standing.Open() && !errors.Is(err, phones.ErrNotSent) {
		r.standing.Refused = now
		r.halted = r.standing.Until(now)
		r.keep(ctx)
	}
}

// shut closes the circuit, or ends a silence: every device is asked again.
// Changed says that other keys are presented from now on.
func (r *Reconciler) shut(ctx context.Context, message string, changed bool) {
	r.history.Readmit(changed)
	r.Log.Info(message, "cluster", r.Cluster)
	kept := r.standing.Open() || r.standing.Tries > 0
	r.standing = r.standing.Closed()
	r.failures, r.askAfter, r.halted, r.lacks.trust = 0, time.Time{}, time.Time{}, false
	r.silenced.Store(false)
	if kept {
		r.keep(ctx)
	}
	r.startSweep(nil)
}

// watchKeys closes the circuit of a halted cluster when its keys have changed,
// or when somebody was let in with them.
func (r *Reconciler) watchKeys(ctx context.Context, now time.Time) {
	if r.halted.IsZero() || len(r.busy.devices) > 0 {
		return // what is on its way may yet be refused, for the old keys
	}
	changed, err := r.Access.Renew()
	if err != nil { // the old ones were refused: there is nothing to ask with
		r.complain(err.Error())
		r.halted = reservations.Latest(r.halted, now.Add(keysEvery))
		return
	}
	r.complain(r.standing.Problem)
	if changed {
		r.shut(ctx, "the keys that were refused have changed: phone system is asked again", true)
		return
	}
	if r.unkept {
		return // what is written down is not what somebody else has made of it
	}
	if kept, err := r.Standings.Standing(ctx, r.Cluster); err == nil && kept.accepted() && !r.standing.accepted() {
		r.shut(ctx, "somebody else was let in with the keys that were refused: phone system is asked again", false)
	}
}
