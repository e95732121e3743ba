package scheduler

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// TestRefusalStopsSenders has the phone system refuse the first of three logins for
// deskd's own password, while no round is there to take the answer in: the senders
// themselves send nothing more, or an account would be locked.
func TestRefusalStopsSenders(t *testing.T) {
	e := emulator.New(emulator.Options{AppID: "deskd", Password: "another", MaxConcurrent: 5})
	r := NewReconciler(Setup{Cluster: "main", Journal: noAttempts{}, Access: accessTo(t, e), Limit: emapi.NewLimit(1, 6000), Log: slog.New(slog.DiscardHandler), Watch: Unwatched{}})
	for _, device := range []string{"SEP000000000001", "SEP000000000002", "SEP000000000003"} {
		e.AddDevice(device)
		r.senders.hand(job{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Device: device, Person: "jane"}}, before: plan.Observation{Device: device, Exists: true, Known: true, At: time.Now()}})
	}
	close(r.senders.work)
	r.senders.send(t.Context())
	if n := e.Stats().Requests["login"]; n != 1 || len(r.senders.results) != 3 {
		t.Errorf("%d logins were sent, %d answers: want 1 and 3", n, len(r.senders.results))
	}
}

// accessTo is the way to an emulated phone system, with the password "secret".
func accessTo(t *testing.T, e *emulator.Emulator) *phones.Access {
	t.Helper()
	client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: "deskd", Password: emapi.NewSecret("secret"), HTTP: e.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	access, err := phones.NewAccess(func() (phones.System, []string, error) {
		return phones.EM{Client: client, Duration: phones.Duration{Indefinite: true}}, []string{"secret"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// TestLatePermit has a permit come three seconds after its phone was seen empty, and someone
// log in there meanwhile: the phone is looked at again, and nothing is sent to it.
func TestLatePermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := emulator.New(emulator.Options{AppID: "deskd", Password: "secret", Times: emulator.Times{Login: 3 * time.Second}})
		e.Populate(2, 3)
		policy := plan.DefaultPolicy()
		policy.Pace = plan.Pace{Concurrent: 1}
		r := NewReconciler(Setup{Cluster: "main", Journal: noAttempts{}, Access: accessTo(t, e), Limit: emapi.NewLimit(1, 0), Policy: policy, Log: slog.New(slog.DiscardHandler), Watch: Unwatched{}})
		r.senders.start(t.Context())
		for n := 1; n <= 2; n++ {
			device := emulator.DeviceName(n)
			r.senders.hand(job{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Device: device, Person: emulator.UserName(n)}}, before: plan.Observation{Device: device, Exists: true, Known: true, At: time.Now()}})
			synctest.Wait() // the first has the permit
		}
		time.Sleep(time.Second)
		if err := e.PressLogin(emulator.DeviceName(2), emulator.UserName(3)); err != nil {
			t.Fatal(err)
		}
		first, second := <-r.senders.results, <-r.senders.results
		if first.stale { // both are told at the same instant
			first, second = second, first
		}
		if first.attempt.Outcome != plan.Done || !second.stale || second.attempt.ID != 0 {
			t.Errorf("the first login is %q; the second is %q, stale: %v", first.attempt.Outcome, second.attempt.Outcome, second.stale)
		}
		r.senders.end()
	})
}

func (noAttempts) Begin(_ context.Context, a plan.Attempt) (plan.Attempt, error) {
	a.ID = 1
	return a, nil
}
func (noAttempts) Finish(context.Context, plan.Attempt, ...plan.Observation) error { return nil }
