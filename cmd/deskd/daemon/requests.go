package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskd/scheduler/drive"
	"deskd/store"
)

// The verbs of requests: a reconciliation now, and a poll of the feed that the
// argument names.
const (
	requestReconcile = "reconcile"
	requestPoll      = "poll"
)

// tooOld is the age at which a request is refused: the verb that asked has given up.
const tooOld = 5 * time.Minute

// answer carries out what the command line has asked of the daemon, beside the
// rounds: a reconciliation takes as long as the phone system lets it.
func (d *Instance) answer(ctx context.Context) {
	if !d.answering.TryLock() {
		return // the goroutine that answers now looks again before it ends
	}
	d.running.Go(func() {
		defer d.answering.Unlock()
		for d.answerOpen(ctx) {
		}
	})
}

// answerOpen answers the open requests and reports whether there were any.
func (d *Instance) answerOpen(ctx context.Context) bool {
	requests, err := d.Store.Requests().Take(ctx)
	if err != nil {
		d.Log.Warn("read requests", "err", err)
		return false
	}
	requests = slices.DeleteFunc(requests, func(r store.Request) bool { return !d.isMine(r) })
	for _, r := range requests {
		var err error
		if r.Result, err = d.carryOut(ctx, r); err != nil {
			r.Result, r.Failed = err.Error(), true
		}
		if ctx.Err() != nil {
			return false
		}
		r.Answered = d.Clock.Now()
		if err := d.Store.Requests().Answer(ctx, r); err != nil {
			d.Log.Warn("answer request", "err", err)
			return false
		}
	}
	return len(requests) > 0
}

// isMine reports whether a request is for this node to answer: one that has what it asks
// about, where several share the work.
func (d *Instance) isMine(r store.Request) bool {
	switch {
	case d.shared == nil, r.Unreadable != "":
		return true
	case r.Verb == requestPoll:
		return d.shared.readsFeeds()
	case r.Verb != requestReconcile || r.Arg == "":
		return true
	}
	return slices.ContainsFunc(d.scheduler.Clusters, func(c drive.Cluster) bool { return c.Here() != nil && c.Status().Cluster == r.Arg })
}

func (d *Instance) carryOut(ctx context.Context, r store.Request) (string, error) {
	switch {
	case r.Unreadable != "":
		return "", errors.New(r.Unreadable)
	case d.Clock.Now().Sub(r.Asked) > tooOld:
		return "", errors.New("the daemon met the request too late")
	case r.Verb == requestPoll:
		return "", d.scheduler.Poll(ctx, r.Arg)
	case r.Verb != requestReconcile:
		return "", fmt.Errorf("this deskd does not know the request %q", r.Verb)
	}
	report, err := d.scheduler.Reconcile(ctx, r.Arg)
	if err != nil {
		d.Log.Warn("reconciliation", "err", err) // the report counts the devices without answer
	}
	if r.Arg == "" { // else who asks for each cluster adds them
		if err := d.shown.AddUndriven(ctx, &report); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(report)
	return string(text), err
}
