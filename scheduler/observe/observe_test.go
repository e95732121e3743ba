package observe_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/observe"
	"deskd/scheduler/plan"
	"deskd/store"
)

// observing is a cluster with the desks D1 and D2, whose journal is a real one.
type observing struct {
	*observe.Phones
	t        *testing.T
	store    *store.Store
	reported []plan.Attempt
}

// template is a folder with a new database: to copy one is quicker than to migrate it.
var template string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if template, err = os.MkdirTemp("", "observe"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(template)
	st, err := store.Open(context.Background(), filepath.Join(template, "deskd.db"), store.Options{})
	if err != nil {
		panic(err)
	}
	if err := st.Close(); err != nil {
		panic(err)
	}
	return m.Run()
}

// observed runs do in a bubble, where time stands still until it sleeps.
func observed(t *testing.T, do func(o *observing)) {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "deskd.db")
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(t.Context(), path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		o := &observing{t: t, store: st}
		log := slog.New(slog.DiscardHandler)
		o.Phones = observe.New(observe.Setup{
			Cluster: "main", Journal: st, Sightings: st, Log: log,
			Attempted: func(a plan.Attempt) { o.reported = append(o.reported, a) },
		}, clock.NewTrust(clock.Clock{}, log))
		o.Manage([]reservations.Desk{{ID: "D1", Device: "SEP1"}, {ID: "D2", Device: "SEP2"}}, false, time.Now())
		do(o)
	})
}

// takes begins an attempt that ended ago, as its words say: "login jane", "logout -".
func (o *observing) takes(words string, outcome plan.Outcome, ago time.Duration, how ...func(*plan.Attempt)) plan.Attempt {
	o.t.Helper()
	op, person, _ := strings.Cut(words, " ")
	now := time.Now()
	a := plan.Attempt{
		Cluster: "main", Outcome: plan.Open, Began: now.Add(-ago),
		Step: plan.Step{Op: plan.Op(op), Login: plan.Login{
			Desk: "D1", Device: "SEP1", Person: person, Reservation: "r1", Until: now.Add(time.Hour), Through: now.Add(time.Hour),
		}},
	}
	for _, f := range how {
		f(&a)
	}
	a, err := o.store.Begin(o.t.Context(), a)
	if err != nil {
		o.t.Fatal(err)
	}
	if a.Outcome = outcome; outcome == plan.Unknown {
		a.Error = "no answer"
	}
	a.Ended = a.Began
	o.Take(a)
	return a
}

// shows takes in the answer that a person, or nobody, is on D1's phone.
func (o *observing) shows(person string) {
	o.t.Helper()
	if person == "-" {
		person = ""
	}
	h := plan.Observation{Device: "SEP1", Person: person, Exists: true, Known: true}
	if _, err := o.Learn(o.t.Context(), []plan.Observation{h}, time.Now()); err != nil {
		o.t.Fatal(err)
	}
}

// state is what is known of D1's phone, in words.
func (o *observing) state() string {
	h := o.Seen["SEP1"]
	words := []string{plan.OrNobody(h.Person)}
	if !h.Known {
		words = append(words, "unknown")
	}
	if h.Ours {
		words = append(words, "ours", h.Reservation)
	}
	if h.Doubt != "" {
		words = append(words, "in doubt")
	}
	return strings.Join(words, " ")
}

// look is when the phone of a device is looked at, from now on.
func (o *observing) look(device string) string {
	at, ok := o.Looks[device]
	if !ok {
		return "never"
	}
	return time.Until(at).String()
}

// journal is the newest row of it.
func (o *observing) journal(a plan.Attempt) plan.Attempt {
	o.t.Helper()
	all, err := o.store.Attempts(o.t.Context(), time.Time{})
	if err != nil {
		o.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(b plan.Attempt) bool { return b.ID == a.ID })
	return all[i]
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// keysOf are those of m, in their order.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
