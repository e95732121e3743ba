package scheduler_test

import (
	"context"
	"deskd/scheduler/guard"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
)

// failing is the real journal on a disk that fails between two instants.
type failing struct {
	*store.Store
	from, until time.Time
}

var errDisk = errors.New("disk full")

func (f failing) broken() bool {
	now := time.Now()
	return !now.Before(f.from) && now.Before(f.until)
}

func (f failing) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	if f.broken() {
		return a, errDisk
	}
	return f.Store.Begin(ctx, a)
}

func (f failing) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	if f.broken() {
		return errDisk
	}
	return f.Store.Finish(ctx, a, seen...)
}

func (f failing) See(ctx context.Context, seen []plan.Observation) error {
	if f.broken() {
		return errDisk
	}
	return f.Store.See(ctx, seen)
}

// TestJournalFails lets the disk fail for five minutes around a booking's start,
// from different instants on: at most one login is sent per phone, none without
// its intent, and two minutes after the disk is well all is as it should be.
func TestJournalFails(t *testing.T) {
	for _, before := range []time.Duration{-time.Minute, 0, 30 * time.Millisecond, 35 * time.Millisecond, 200 * time.Millisecond, 5 * time.Second} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
				due := start.Add(-20 * time.Second)
				st := openWorld(t, dir, start)
				defer func() { noError(t, st.Close()) }()
				e := emulator.New(emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes()})
				e.AddDevice(device(1))
				e.AddUser("jane")
				journal := failing{st, due.Add(before), due.Add(before + 5*time.Minute)}
				ctx, stop := context.WithCancel(t.Context())
				setup := alone(t, st, e)
				setup.Journal, setup.Sightings = journal, journal
				r := scheduler.NewReconciler(setup)
				ended := make(chan struct{})
				go func() { r.Run(ctx); close(ended) }()

				time.Sleep(time.Until(journal.from.Add(time.Minute)))
				synctest.Wait()
				if before >= 0 && r.Status().Count(plan.KindDatabaseWrite) == 0 && before < 5*time.Second {
					t.Error("the failing disk does not show in the status")
				}
				time.Sleep(time.Until(journal.until.Add(2 * time.Minute)))
				synctest.Wait()
				if got := e.Sessions(); len(got) != 1 || got[0].User != "jane" {
					t.Errorf("two minutes after the disk is well the phones show %v", got)
				}
				if got := e.Stats().Requests["login"]; got != 1 {
					t.Errorf("%d logins were sent, want 1", got)
				}
				if p := r.Status().Blocks; len(p) > 0 {
					t.Errorf("the status still complains: %s", p)
				}
				attempts, err := st.Attempts(ctx, time.Time{})
				noError(t, err)
				if len(attempts) != 1 || attempts[0].Outcome != plan.Done || attempts[0].Verified.IsZero() {
					t.Errorf("the journal holds %+v, want one login, done and verified", attempts)
				}
				stop()
				<-ended
			})
		})
	}
}

// unwritten is where nothing can be kept.
type unwritten struct{ *store.Store }

func (unwritten) SaveClusterState(_ context.Context, s guard.ClusterState) error {
	if s.Open() {
		return errDisk
	}
	return nil
}

// TestRefusalThatCannotBeKept lets the disk take no note of a refused password:
// what the database still says does not permit others to go on asking.
func TestRefusalThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openWorld(t, dir, time.Now().Add(time.Minute).UTC().Truncate(time.Second))
		defer func() { noError(t, st.Close()) }()
		e := emulator.New(emulator.Options{AppID: appID, Password: "another"})
		e.AddDevice(device(1))
		ctx, stop := context.WithCancel(t.Context())
		setup := alone(t, st, e)
		setup.States = unwritten{st}
		r := scheduler.NewReconciler(setup)
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		time.Sleep(10 * time.Minute)
		if got := e.Stats().Codes[emapi.CodeBadCredentials]; got != 1 {
			t.Errorf("a wrong password was sent %d times in ten minutes, want 1", got)
		}
		stop()
		<-ended
	})
}

// openWorld is a database with one desk and one booking of an hour.
func openWorld(t *testing.T, dir string, start time.Time) *store.Store {
	ctx := t.Context()
	st := unfurnished.open(t, filepath.Join(dir, "deskd.db"))
	noError(t, st.Configure(ctx, []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	_, err := st.ImportDesks(ctx, []reservations.Desk{{ID: "D1", Site: "here", Cluster: "main", Device: device(1)}}, false)
	noError(t, err)
	_, err = st.ImportPeople(ctx, []reservations.Person{{ID: "jane"}}, false)
	noError(t, err)
	_, err = st.Reserve(ctx, reservations.Reservation{Desk: "D1", Person: "jane", Span: reservations.Span{Start: start, End: start.Add(time.Hour)}, Source: reservations.SourceCLI}, start)
	noError(t, err)
	return st
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alone is what a reconciler without a scheduler works with: the database st and
// the phones of e.
func alone(t *testing.T, st *store.Store, e *emulator.Emulator) scheduler.Setup {
	t.Helper()
	client, err := emapi.New(emapi.Config{URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(pass), HTTP: e.Transport()})
	noError(t, err)
	return scheduler.Setup{
		Cluster: "main", Book: st, Changes: st, Journal: st, Sightings: st, States: st, Access: access(phones.EM{Client: client}),
		Limit: emapi.NewLimit(2, 60), Policy: plan.DefaultPolicy(),
		Log: slog.New(slog.DiscardHandler), Watch: scheduler.Unwatched{},
	}
}

// access is the way to phones whose keys never change.
func access(system phones.System) *phones.Access {
	return must(phones.NewAccess(func() (phones.System, []string, error) { return system, nil, nil }))
}
