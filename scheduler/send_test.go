package scheduler

import (
	"context"
	"log/slog"
	"testing"
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
	r := NewReconciler(Setup{Cluster: "main", Journal: noAttempts{}, Access: access, Limit: emapi.NewLimit(1, 6000), Log: slog.New(slog.DiscardHandler), Watch: Unwatched{}})
	for _, device := range []string{"SEP000000000001", "SEP000000000002", "SEP000000000003"} {
		e.AddDevice(device)
		r.senders.work <- job{Step: plan.Step{Op: plan.OpLogin, Login: plan.Login{Device: device, Person: "jane"}}, before: plan.Observation{Device: device, Exists: true, Known: true, At: time.Now()}}
	}
	close(r.senders.work)
	r.senders.send(t.Context())
	if n := e.Stats().Requests["login"]; n != 1 || len(r.senders.results) != 3 {
		t.Errorf("%d logins were sent, %d answers: want 1 and 3", n, len(r.senders.results))
	}
}

func (noAttempts) Begin(_ context.Context, a plan.Attempt) (plan.Attempt, error) {
	a.ID = 1
	return a, nil
}
func (noAttempts) Finish(context.Context, plan.Attempt, ...plan.Observation) error { return nil }
