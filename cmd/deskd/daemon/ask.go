package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/drive"
	"deskd/scheduler/report"
	"deskd/store"
)

// Reconcile has the running daemon reconcile, or does so itself where none runs.
func (a *Parts) Reconcile(ctx context.Context) (report.Report, error) {
	var found report.Report
	err := Locked(a.Config, func() (err error) {
		found, err = a.reconcileHere(ctx)
		return err
	})
	if errors.Is(err, store.ErrLocked) {
		return a.askReports(ctx)
	}
	return found, err
}

// askReports has the daemon reconcile or, where several nodes share the clusters, each its own.
func (a *Parts) askReports(ctx context.Context) (all report.Report, err error) {
	if !store.IsServer(a.Config.Database.DSN) {
		text, err := a.askDaemon(ctx, requestReconcile, "", askPatience)
		if err != nil {
			return all, err
		}
		return all, json.Unmarshal([]byte(text), &all)
	}
	var asked sync.WaitGroup
	var mu sync.Mutex
	for _, c := range a.Config.Clusters {
		asked.Go(func() {
			text, failed := a.askDaemon(ctx, requestReconcile, c.Name, askPatience)
			var one report.Report
			if failed == nil {
				failed = json.Unmarshal([]byte(text), &one)
			}
			mu.Lock()
			defer mu.Unlock()
			err = errors.Join(err, failed)
			all.Add(one)
		})
	}
	asked.Wait()
	return all, errors.Join(err, a.View.AddUndriven(ctx, &all))
}

// reconcileHere lets every cluster run until it has been swept.
func (a *Parts) reconcileHere(ctx context.Context) (report.Report, error) {
	s := &drive.Scheduler{Journal: a.Store, Clock: a.Clock, Log: a.Log}
	for _, c := range a.Config.Clusters {
		access, err := a.Access(c)
		if err != nil {
			return report.Report{}, err
		}
		s.Clusters = append(s.Clusters, a.reconciler(c, access, a.unseen()))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	for _, r := range s.Clusters {
		running.Go(func() { r.Run(ctx) })
	}
	found, err := s.Reconcile(ctx, "")
	if len(found.Problems) > 0 {
		err = nil // the report tells them
	}
	stop()
	running.Wait()
	return found, errors.Join(err, a.View.AddUndriven(context.WithoutCancel(ctx), &found))
}

// askPatience is how long the daemon's report is waited for: longer than it takes, and not
// for ever should it have died over the request.
const askPatience = 15 * time.Minute

// askDaemon leaves a request in the database and waits for its answer, as long
// as patience lasts.
func (a *Parts) askDaemon(ctx context.Context, verb, arg string, patience time.Duration) (string, error) {
	id, err := a.Store.Requests().Ask(ctx, verb, arg, a.Clock.Now())
	if err != nil {
		return "", err
	}
	for until := a.Clock.Now().Add(patience); a.Clock.Now().Before(until); {
		if err := a.Clock.Sleep(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
		r, done, err := a.Store.Requests().Answered(ctx, id)
		switch {
		case err != nil:
			return "", err
		case done && r.Failed:
			return "", errors.New(r.Result)
		case done:
			return r.Result, nil
		}
	}
	return "", fmt.Errorf("the daemon has not answered in %v; its log says more", patience)
}

// pollPatience is how long an answer waits for the poll that heeds it.
const pollPatience = time.Minute

// PollNow has the daemon poll a feed, or does so itself where none runs.
func (a *Parts) PollNow(ctx context.Context, fd reservations.Feed) error {
	err := Locked(a.Config, func() error {
		_, err := a.poller(scheduler.Unwatched{}, a.Store).Poll(ctx, fd, a.Clock.Now())
		return err
	})
	if errors.Is(err, store.ErrLocked) {
		err = a.AskPoll(ctx, fd.Name)
	}
	return err
}

// AskPoll has the running daemon poll the feed called name.
func (a *Parts) AskPoll(ctx context.Context, name string) error {
	_, err := a.askDaemon(ctx, requestPoll, name, pollPatience)
	return err
}
