package scheduler

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/plan"
)

// noted is a journal that keeps what is finished.
type noted struct {
	Journal
	finished []plan.Attempt
}

func (n *noted) Finish(_ context.Context, a plan.Attempt, _ ...plan.Observation) error {
	n.finished = append(n.finished, a)
	return nil
}

// The outcome of an attempt is asked for until a day after its session's time.
func TestAttemptIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := time.Now().Add(time.Hour)
		for _, c := range []struct {
			after     time.Duration
			known     bool
			abandoned int
		}{{24*time.Hour - 1, false, 0}, {24 * time.Hour, false, 1}, {24 * time.Hour, true, 0}} {
			j := &noted{}
			r := NewReconciler(Setup{Journal: j, Log: slog.New(slog.DiscardHandler), Watch: Unwatched{}})
			r.sweep.began, r.sweep.left = time.Now(), []string{}
			r.phones.Devices = []string{"SEP1"}
			r.phones.Show(plan.Observation{Device: "SEP1", Known: c.known})
			login := plan.Login{Device: "SEP1", Person: "jane", Through: ends.Add(-time.Minute), Stays: ends}
			r.phones.Open["SEP1"] = []plan.Attempt{{ID: 7, Began: time.Now(), Step: plan.Step{Op: plan.OpLogin, Login: login}}}
			if err := r.abandon(t.Context(), ends.Add(c.after)); err != nil {
				t.Fatal(err)
			}
			if len(j.finished) != c.abandoned || c.abandoned > 0 && j.finished[0].Outcome != plan.Abandoned || len(r.phones.Open) == c.abandoned {
				t.Errorf("%v after its end, known %v: %+v", c.after, c.known, j.finished)
			}
		}
	})
}
