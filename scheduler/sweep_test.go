package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/scheduler"
)

// sweptWatcher is told of the end of a sweep before those who wait for it.
type sweptWatcher struct {
	scheduler.Unwatched
	swept func()
}

func (w sweptWatcher) Swept(string, int, time.Duration, error) { w.swept() }

// Whoever waits for a sweep reads the status next: at the sweep's end it has to
// be that of the round that ended it.
func TestSweepEndsWithItsStatus(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC().Truncate(time.Second)
		st := openWorld(t, dir, now)
		defer func() { noError(t, st.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes()})
		e.AddDevice(device(1))
		e.AddUser("jane")
		var r *scheduler.Reconciler
		var seen []scheduler.ClusterStatus
		setup := alone(t, st, e)
		setup.Watch = sweptWatcher{swept: func() { seen = append(seen, r.Status()) }}
		r = scheduler.NewReconciler(setup)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		noError(t, r.Sweep(ctx))
		if len(seen) == 0 {
			t.Fatal("no sweep ended")
		}
		for _, s := range seen {
			if s.Desks != 1 || s.Differ != 0 || s.Waiting != 0 {
				t.Errorf("at the end of a sweep the status is %+v, want a desk that is right", s)
			}
		}
		if got := e.Sessions(); len(got) != 1 || got[0].User != "jane" {
			t.Errorf("the phones show %v", got)
		}
		stop()
		<-ended
	})
}
