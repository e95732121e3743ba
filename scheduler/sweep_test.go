package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi/emulator"
	"deskd/scheduler"
)

// Those who wait for a sweep read the status next: when the wait is over, what
// followed from the sweep was sent, and the status is that of the round that
// ended it.
func TestSweepEndsWithItsStatus(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC().Truncate(time.Second)
		st := openWorld(t, dir, now)
		defer func() { noError(t, st.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes()})
		e.AddDevice(device(1))
		e.AddUser("jane")
		r := scheduler.NewReconciler(alone(t, st, e))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		noError(t, r.Sweep(ctx))
		if s := r.Status(); s.Swept.IsZero() || s.Desks != 1 || s.Differ != 0 || s.Waiting != 0 {
			t.Errorf("at the end of a sweep the status is %+v, want a desk that is right", s)
		}
		if got := e.Sessions(); len(got) != 1 || got[0].User != "jane" {
			t.Errorf("the phones show %v", got)
		}
		stop()
		<-ended
	})
}
