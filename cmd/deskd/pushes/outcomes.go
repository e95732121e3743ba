package pushes

import (
	"context"

	"deskd/phone/push"
	"deskd/scheduler/notices"
)

// begin writes down that a notice is being told, and reports whether it may be.
func (n *Notices) begin(ctx context.Context, one notices.Notice) bool {
	if n.has(one).begun {
		if err := n.Kept.Try(ctx, one, ""); err != nil { // else it would be told again after a kill
			n.tried(one, "it cannot be written down that it is told")
			return false
		}
		return true
	}
	first, err := n.Kept.Begin(ctx, one, n.Clock.Now())
	if err != nil {
		n.tried(one, "it cannot be written down that it is told")
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !first { // a node that drove the cluster before has, after this one has taken it over
		n.told[one.Key()] = n.Clock.Now()
		delete(n.pending, one.Key())
		return false
	}
	p := n.pending[one.Key()]
	p.Notice, p.begun = one, true
	n.pending[one.Key()] = p
	return true
}

// has is what is known of a notice that was tried.
func (n *Notices) has(one notices.Notice) pending {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pending[one.Key()]
}

// heard takes in what has come of a push. Of what failed before anything was posted, the phone has
// shown nothing, and counted no password.
func (n *Notices) heard(ctx, flight context.Context, one notices.Notice, err error) {
	switch outcome := push.OutcomeOf(err); {
	case outcome == push.OK:
		n.over(ctx, one, notices.Result{Outcome: notices.Sent})
	case push.Posted(err) && (outcome == push.NoAnswer || outcome == push.Malformed):
		n.over(ctx, one, notices.Result{Outcome: notices.Unknown, Problem: err.Error()}) // it may be shown: never twice
	case ctx.Err() != nil: // the process ends: the next one knows nothing of it
	case flight.Err() != nil:
		n.failed(ctx, one, "a login at the phone began meanwhile")
	case outcome == push.Refused && push.Posted(err): // again and again, it would lock the user
		n.over(ctx, one, notices.Result{Outcome: notices.Refused, Problem: err.Error()})
	default:
		n.failed(ctx, one, err.Error())
	}
}

// failed notes, and writes down, that a push has come to nothing: who takes the cluster over goes on
// with the next. Who drives it no more writes nothing: another may be pushing by now.
func (n *Notices) failed(ctx context.Context, one notices.Notice, problem string) {
	n.tried(one, problem)
	if !drives(n.Here()) {
		return
	}
	if err := n.Kept.Try(ctx, one, problem); err != nil && ctx.Err() == nil {
		n.Log.Debug("that a notice was tried is not written down", "cluster", n.Cluster, "desk", one.Desk, "phone", one.Device, "err", err)
	}
}

// over writes down what has become of a notice.
func (n *Notices) over(ctx context.Context, one notices.Notice, is notices.Result) {
	ctx, now := context.WithoutCancel(ctx), n.Clock.Now()
	mine, err := n.has(one).begun, error(nil)
	if !mine {
		mine, err = n.Kept.Begin(ctx, one, now)
	}
	if err == nil && mine {
		err = n.Kept.End(ctx, one, is, now)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.Log.Debug("what became of a notice is not written down", "cluster", n.Cluster, "desk", one.Desk, "phone", one.Device, "err", err)
		p := n.pending[one.Key()]
		p.Notice, p.begun, p.ended = one, p.begun || mine, is
		n.pending[one.Key()] = p
		return
	}
	delete(n.pending, one.Key())
	n.told[one.Key()] = now
	if mine { // else someone else has told it, and has said so
		n.Count(one.Kind, is.Outcome)
		n.say(one, is)
	}
}

func (n *Notices) say(one notices.Notice, is notices.Result) {
	log := n.Log.With("cluster", n.Cluster, "desk", one.Desk, "phone", one.Device, "reservation", one.Reservation, "notice", string(one.Kind))
	switch is.Outcome {
	case notices.Sent:
		log.Info("notice is on the phone")
	case notices.Absent, notices.SomeoneElse:
		log.Debug("notice is not told", "why", string(is.Outcome))
	default:
		log.Info("notice is not told", "why", string(is.Outcome), "err", is.Problem)
	}
}

// tried notes that a try has come to nothing.
func (n *Notices) tried(one notices.Notice, problem string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pending[one.Key()]
	p.Notice, p.Tries = one, p.Failed(problem, n.Clock.Now())
	n.pending[one.Key()] = p
}
