package view_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // as another program opens the database

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/web/view"
)

// now is when every test looks: a Monday, 09:00 in UTC.
var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hours is a span from so many hours after now to so many.
func hours(from, to float64) reservations.Span {
	return reservations.Span{Start: after(from), End: after(to)}
}

func after(hours float64) time.Time { return now.Add(time.Duration(hours * float64(time.Hour))) }

// office is a model of one installation over a real database:
//
//	desk  site     floor  cluster         phone
//	D1    berlin   4      main            SEP000000000001
//	D2    berlin   5      main            SEP000000000002
//	D3    boston   4      main            SEP000000000003
//	D4    berlin   4      old, which is not configured
//
// with jane, who has the mail address jane@example.com, and max.
type office struct {
	*view.Model
	t     *testing.T
	store *store.Store
	path  string
	plans map[string]scheduler.Preview // what a round would do, by cluster
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, path: filepath.Join(t.TempDir(), "deskd.db"), plans: make(map[string]scheduler.Preview)}
	st, err := store.Open(t.Context(), o.path, store.Options{})
	o.ok(err)
	t.Cleanup(func() { o.ok(st.Close()) })
	o.store = st
	berlin, err := time.LoadLocation("Europe/Berlin")
	o.ok(err)
	boston, err := time.LoadLocation("America/New_York")
	o.ok(err)
	o.Model = &view.Model{
		Records:  view.Records{Directory: st, Bookings: st, Sessions: st, Clusters: st, Calendars: st, History: st, Changes: st},
		Sites:    []reservations.Site{{Name: "berlin", Zone: berlin}, {Name: "boston", Zone: boston}},
		Clusters: []view.ClusterConfig{{Name: "main", Duration: phones.Duration{Unit: time.Minute}}},
		Feeds:    []reservations.Feed{{Name: "hall", URL: "https://example.com/hall.ics", Every: time.Minute, Site: "boston"}, {Name: "rooms"}},
		Now:      func() time.Time { return now },
		Preview: func(_ context.Context, cluster string, at time.Time) (scheduler.Preview, error) {
			return o.plans[cluster+" "+at.Format(time.TimeOnly)], nil
		},
	}
	o.ok(st.Configure(t.Context(), o.Sites, []store.Cluster{{Name: "main"}, {Name: "old"}}))
	_, err = st.ImportDesks(t.Context(), []reservations.Desk{
		{ID: "D1", Site: "berlin", Floor: "4", Cluster: "main", Device: "SEP000000000001"},
		{ID: "D2", Site: "berlin", Floor: "5", Cluster: "main", Device: "SEP000000000002"},
		{ID: "D3", Site: "boston", Floor: "4", Cluster: "main", Device: "SEP000000000003"},
		{ID: "D4", Site: "berlin", Floor: "4", Cluster: "old", Device: "SEP000000000004"},
	}, false)
	o.ok(err)
	_, err = st.ImportPeople(t.Context(), []reservations.Person{{ID: "jane", Mail: []string{"jane@example.com"}}, {ID: "max"}}, false)
	o.ok(err)
	return o
}

func (o *office) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// book books a desk long before now, and returns the id of the reservation.
func (o *office) book(desk, person string, span reservations.Span) string {
	o.t.Helper()
	r, err := o.store.Reserve(o.t.Context(), reservations.Reservation{Desk: desk, Person: person, Span: span, Source: reservations.SourceCLI}, after(-1000))
	o.ok(err)
	return r.ID
}

// exec changes the database as a program that knows nothing of deskd.
func (o *office) exec(statement string, args ...any) {
	o.t.Helper()
	db, err := sql.Open("sqlite", "file:"+o.path+"?_pragma=busy_timeout(5000)")
	o.ok(err)
	defer db.Close()
	_, err = db.ExecContext(o.t.Context(), statement, args...)
	o.ok(err)
}

// see says that a person was seen on a phone at now, nobody where person is empty.
func (o *office) see(device, person string) {
	o.t.Helper()
	o.ok(o.store.See(o.t.Context(), []plan.Observation{{Device: device, Person: person, Exists: true, Known: true, Since: after(-0.5), At: now}}))
}

// attempt writes into the journal what was done at a desk so many hours after now.
func (o *office) attempt(desk, person string, at float64, op plan.Op, cause plan.Cause, outcome plan.Outcome) plan.Attempt {
	o.t.Helper()
	a := plan.Attempt{Cluster: "main", Outcome: outcome, Began: after(at)}
	a.Op, a.Cause, a.Desk, a.Device, a.Person, a.Due = op, cause, desk, "SEP00000000000"+desk[1:], person, after(at)
	if outcome != plan.Open {
		a.Ended = after(at).Add(time.Second)
	}
	if outcome == plan.Refused {
		a.Code, a.Error = 18, "another user logged in"
	}
	begun, err := o.store.Begin(o.t.Context(), a)
	o.ok(err)
	if outcome != plan.Open && outcome != plan.Held {
		o.ok(o.store.Finish(o.t.Context(), begun))
	}
	return begun
}

// same compares what the model answers.
func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// ids are the ids of reservations, desks or attempts, in their order.
func ids[T any, K any](all []T, id func(T) K) []K {
	var found []K
	for _, one := range all {
		found = append(found, id(one))
	}
	return found
}
