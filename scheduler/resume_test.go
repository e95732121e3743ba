package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// TestKilledRequestIsUnderWay starts a daemon after one that was killed over a
// request: the phone system may be at work on that one until its deadline, and
// takes one at a time. A request of another cluster, and a hold, are none. One by the
// name that the cluster had before is one.
func TestKilledRequestIsUnderWay(t *testing.T) {
	for _, name := range []string{"main", "west"} {
		t.Run(name, func(t *testing.T) { resumeBehind(t, name) })
	}
}

// resumeBehind is the test with a request by a name of the cluster.
func resumeBehind(t *testing.T, name string) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC().Truncate(time.Second)
		st := openWorld(t, dir, start)
		defer func() { noError(t, st.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: pass})
		e.AddDevice(device(1))
		e.AddUser("jane")
		for _, a := range []plan.Attempt{
			{Cluster: name, Step: plan.Step{Op: plan.OpLogout, Login: plan.Login{Device: device(1), Person: "max"}}, Outcome: plan.Open, Began: start.Add(-2 * time.Second)},
			{Cluster: "main", Step: plan.Step{Op: plan.OpHold, Login: plan.Login{Device: device(3)}}, Outcome: plan.Held, Began: start},
			{Cluster: "other", Step: plan.Step{Op: plan.OpLogout, Login: plan.Login{Device: device(4)}}, Outcome: plan.Open, Began: start},
		} {
			_, err := st.Begin(t.Context(), a)
			noError(t, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		setup := alone(t, st, e)
		setup.Limit = emapi.NewLimit(1, 0)
		setup.Formerly = func(context.Context) ([]string, error) { return []string{"west"}, nil }
		r := scheduler.NewReconciler(setup)
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		for _, at := range []struct{ after, logins int }{{7, 0}, {9, 1}} {
			time.Sleep(time.Until(start.Add(time.Duration(at.after) * time.Second)))
			synctest.Wait()
			if got := e.Stats().Requests["login"]; got != at.logins {
				t.Errorf("%d s after the start %d logins were sent, want %d", at.after, got, at.logins)
			}
		}
		stop()
		<-ended
	})
}
