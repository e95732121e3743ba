package booked_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // for the rows of another program
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler/booked"
	"deskd/scheduler/plan"
	"deskd/store"
)

// TestMain has short tests draw fewer histories: a fifth of these.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		if err := flag.Set("rapid.checks", "40"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func check(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin is when the histories begin: the database's clock is that of the machine.
var begin = time.Now().UTC().Truncate(time.Hour)

// world is a database that deskd and another program change, and what is known of it.
type world struct {
	*store.Store
	sql   *sql.DB
	house *booked.House
	now   time.Time
	asked int // reservations, as spans
	ids   int // by which they were asked for
	known map[string]goesOn
}

// goesOn is the agenda of a cluster, which goes on from look to look.
type goesOn struct {
	agenda *plan.Agenda
	known  booked.Known
}

// counting counts how often all reservations are read, and how many by their ids.
type counting struct {
	*store.Store
	asked, ids *int
}

func (c counting) ReservationsByID(ctx context.Context, ids []string) ([]reservations.Reservation, error) {
	*c.ids += len(ids)
	return c.Store.ReservationsByID(ctx, ids)
}

func (c counting) Reservations(ctx context.Context, s reservations.Span) ([]reservations.Reservation, error) {
	*c.asked++
	return c.Store.Reservations(ctx, s)
}

var policy = plan.DefaultPolicy()

// furnished is a database with six desks in two clusters, and four people.
func furnished(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "deskd.db")
	st, err := store.Open(t.Context(), path, store.Options{})
	check(t, err)
	check(t, st.Configure(t.Context(), []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}, {Name: "other"}}))
	var desks []reservations.Desk
	for n := range 6 {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", n), Site: "here", Cluster: []string{"main", "other"}[n%2], Device: fmt.Sprint("SEP", n)})
	}
	_, err = st.ImportDesks(t.Context(), desks, false)
	check(t, err)
	_, err = st.ImportPeople(t.Context(), []reservations.Person{{ID: "p0"}, {ID: "p1"}, {ID: "p2", Protected: true}, {ID: "p3"}}, false)
	check(t, err)
	check(t, st.Close())
	text, err := os.ReadFile(path)
	check(t, err)
	return text
}

// open opens a copy of a database at path.
func open(ctx context.Context, t rapid.TB, path string, text []byte) *world {
	check(t, os.WriteFile(path, text, 0o600))
	st, err := store.Open(ctx, path, store.Options{})
	check(t, err)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	check(t, err)
	w := &world{Store: st, sql: db, now: begin, known: make(map[string]goesOn)}
	c := counting{st, &w.asked, &w.ids}
	w.house = booked.New(c, c, policy.Window)
	return w
}

func (w *world) close(t rapid.TB) {
	check(t, errors.Join(w.sql.Close(), w.Close()))
}

// exec has another program change something, which it may not be let to.
func (w *world) exec(ctx context.Context, q string, args ...any) {
	_, _ = w.sql.ExecContext(ctx, q, args...)
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// same holds what is known against what the database says, and the agenda of each cluster
// against one from scratch.
func (w *world) same(ctx context.Context, t rapid.TB) {
	t.Helper()
	known, err := w.house.Look(ctx, w.now)
	check(t, err)
	scratch, err := booked.New(w.Store, nil, policy.Window).Look(ctx, w.now)
	check(t, err)
	around := policy.Window(w.now)
	if diff := cmp.Diff(scratch.Calendar.Overlapping(around).All(), known.Calendar.Overlapping(around).All()); diff != "" {
		t.Fatalf("reservations (-database +known):\n%s", diff)
	}
	if diff := cmp.Diff([]any{scratch.Desks, scratch.People}, []any{known.Desks, known.People}); diff != "" {
		t.Fatalf("desks and people (-database +known):\n%s", diff)
	}
	for _, cluster := range []string{"main", "other"} {
		was, fresh := w.known[cluster], worldOf(cluster, known)
		desks, told := known.Since(was.known.Version)
		if !told || was.known.Furnished != known.Furnished || was.agenda == nil {
			was.agenda = plan.NewAgenda(fresh, policy, nil)
		} else {
			was.agenda.Rebook(fresh, desks)
		}
		w.known[cluster] = goesOn{was.agenda, known}
		if diff := cmp.Diff(w.from(plan.Wanted(worldOf(cluster, scratch), policy, w.now)), w.from(was.agenda.At(w.now))); diff != "" {
			t.Fatalf("wanted in %s (-from scratch +goes on):\n%s", cluster, diff)
		}
	}
}

// from are logins as they are from now on: for how long they could have gone out is no
// matter, and who had the desk before is forgotten some day.
func (w *world) from(logins []plan.Login) (all []plan.Login) {
	for _, l := range logins {
		l.Release = reservations.Latest(l.Release, w.now)
		all = append(all, l)
	}
	return all
}

func worldOf(cluster string, k booked.Known) plan.World {
	w := plan.NewWorld(cluster, k.Desks, k.People, nil)
	w.Calendar = k.Calendar
	return w
}

// change makes one change, by deskd or by another program.
func (w *world) change(ctx context.Context, t *rapid.T) {
	desk := fmt.Sprint("D", rapid.IntRange(0, 7).Draw(t, "desk")) // two of them are not known
	person := fmt.Sprint("p", rapid.IntRange(0, 5).Draw(t, "person"))
	start := w.now.Add(time.Duration(rapid.IntRange(-8, 4*30).Draw(t, "start")) * 15 * time.Minute)
	span := reservations.Span{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 16).Draw(t, "length")) * 15 * time.Minute)}
	id := fmt.Sprint("r", rapid.IntRange(0, 12).Draw(t, "id"))
	switch what := rapid.SampledFrom(whats).Draw(t, "what"); what {
	case "reserve":
		_, _ = w.Reserve(ctx, reservations.Reservation{Desk: desk, Person: person, Span: span}, w.now)
	case "cancel":
		_, _ = w.Cancel(ctx, id, w.now)
	case "import":
		_, err := w.ImportReservations(ctx, []reservations.Reservation{{Desk: "D1", Person: "p1", Span: span, Note: desk}}, false, w.now)
		check(t, err)
	case "insert":
		w.exec(ctx, "INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?, ?)", id, desk, person, at(span.Start), at(span.End))
	case "replace":
		w.exec(ctx, "INSERT OR REPLACE INTO reservations (id, desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?, ?)", id, desk, person, at(span.Start), at(span.End))
	case "move":
		w.exec(ctx, "UPDATE reservations SET desk = ?, starts_at = ?, ends_at = ? WHERE id = ?", desk, at(span.Start), at(span.End), id)
	case "give":
		w.exec(ctx, "UPDATE reservations SET person = ?, note = ? WHERE id = ?", person, desk, id)
	case "status":
		w.exec(ctx, "UPDATE reservations SET status = iif(status = 'confirmed', 'conflict', 'confirmed') WHERE id = ?", id)
	case "id":
		w.exec(ctx, "UPDATE reservations SET id = ? WHERE id = ?", fmt.Sprint("r", rapid.IntRange(0, 12).Draw(t, "other")), id)
	case "delete":
		w.exec(ctx, "DELETE FROM reservations WHERE id = ?", id)
	case "desk":
		w.exec(ctx, rapid.SampledFrom([]string{
			"DELETE FROM desks WHERE id = ?", "UPDATE desks SET cluster = iif(cluster = 'main', 'other', 'main') WHERE id = ?",
			"INSERT INTO desks (id, site, cluster, device) SELECT ?, 'here', 'main', 'SEP' || random()",
		}).Draw(t, "how"), desk)
	case "person":
		w.exec(ctx, rapid.SampledFrom([]string{
			"DELETE FROM people WHERE id = ?", "UPDATE people SET protected = 1 - protected WHERE id = ?", "INSERT INTO people (id) VALUES (?)",
		}).Draw(t, "how"), person)
	case "pause":
		_, err := w.PauseClusters(ctx, []string{"main"}, "", w.now)
		check(t, err)
	case "many":
		w.exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
			INSERT INTO reservations (desk, starts_at, ends_at) SELECT ?, strftime('%Y-%m-%dT%H:%M:%SZ', ?, i || ' minutes'), strftime('%Y-%m-%dT%H:%M:%SZ', ?, (i + 1) || ' minutes') FROM n`,
			desk, at(span.Start.AddDate(0, 0, 3)), at(span.Start.AddDate(0, 0, 3)))
	}
}

// whats are what is changed, the frequent ones often.
var whats = []string{
	"reserve", "reserve", "reserve", "cancel", "import", "insert", "insert", "insert", "replace", "replace", "move", "move", "give", "give",
	"status", "status", "id", "delete", "delete", "desk", "person", "pause", "many",
}

// TestHouseGoesOn has deskd and another program change everything, while time passes: what is
// known is always what a reading from scratch says, and so is what follows from it.
func TestHouseGoesOn(t *testing.T) {
	text, dir, n := furnished(t), t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		ctx := t.Context()
		w := open(ctx, t, filepath.Join(dir, fmt.Sprint(n, ".db")), text)
		defer w.close(t)
		for range rapid.IntRange(2, 12).Draw(t, "steps") {
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				w.change(ctx, t)
			}
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 10, 50, 90, -1, -600}).Draw(t, "minutes")) * time.Minute)
			w.same(ctx, t)
		}
	})
}

// TestNewsConcerns has them change bookings: a cluster that is not told of it has nothing else
// to do, now or within a day.
func TestNewsConcerns(t *testing.T) {
	text, dir, n := furnished(t), t.TempDir(), 0
	spared := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		ctx := t.Context()
		w := open(ctx, t, filepath.Join(dir, fmt.Sprint(n, ".db")), text)
		defer w.close(t)
		wanted := func(cluster string) (all []plan.Login) {
			k, err := booked.New(w.Store, nil, policy.Window).Look(ctx, w.now)
			check(t, err)
			world := worldOf(cluster, k)
			for hours := range 24 {
				all = append(all, plan.Wanted(world, policy, w.now.Add(time.Duration(hours)*time.Hour))...)
			}
			return all
		}
		_, err := w.house.News(ctx, false, w.now)
		check(t, err)
		for range rapid.IntRange(2, 12).Draw(t, "steps") {
			before := map[string][]plan.Login{"main": wanted("main"), "other": wanted("other")}
			w.change(ctx, t)
			if rapid.Bool().Draw(t, "a round comes first") {
				w.same(ctx, t)
			}
			news, err := w.house.News(ctx, false, w.now)
			check(t, err)
			for cluster, was := range before {
				if !news.Concern(cluster) {
					spared++
					if diff := cmp.Diff(was, wanted(cluster)); diff != "" {
						t.Fatalf("%s was not told (-before +after):\n%s", cluster, diff)
					}
				}
			}
		}
	})
	least := 100
	if testing.Short() {
		least = 10
	}
	if spared < least {
		t.Errorf("clusters were spared %d times", spared)
	}
}

// TestHouseReadsLittle counts how often all is read: at first, when desks were changed, by
// another program's commit of which the audit tells nothing, and after an hour; not when
// bookings were, however many programs make them.
func TestHouseReadsLittle(t *testing.T) {
	ctx := t.Context()
	w := open(ctx, t, filepath.Join(t.TempDir(), "deskd.db"), furnished(t))
	defer w.close(t)
	news := func(foreign bool) (concerned []string) {
		t.Helper()
		n, err := w.house.News(ctx, foreign, w.now)
		check(t, err)
		for _, cluster := range []string{"main", "other"} {
			if n.Concern(cluster) {
				concerned = append(concerned, cluster)
			}
		}
		return concerned
	}
	both := []string{"main", "other"}
	book := func(desk string, days int) func() {
		return func() {
			start := begin.AddDate(0, 0, days)
			w.exec(ctx, "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, 'p0', ?, ?)", desk, at(start), at(start.Add(time.Hour)))
		}
	}
	for _, c := range []struct {
		what      string
		do        func()
		foreign   bool
		concerned []string
		read      int
	}{
		{"at first", func() {}, false, both, 1},
		{"nothing", func() {}, false, nil, 0},
		{"a booking", book("D0", 0), true, []string{"main"}, 0},
		{"one of the same person elsewhere", book("D1", 0), true, both, 0},
		{"one in a month", book("D0", 30), true, nil, 0},
		{"a pause", func() { _, err := w.PauseClusters(ctx, []string{"main"}, "", w.now); check(t, err) }, false, both, 0},
		{"a desk", func() { w.exec(ctx, "UPDATE desks SET floor = '3' WHERE id = 'D3'") }, true, both, 1},
		{"what no audit tells", func() {}, true, both, 1},
		{"59 minutes", func() { w.now = w.now.Add(59 * time.Minute) }, false, nil, 0},
		{"an hour", func() { w.now = w.now.Add(time.Minute) }, false, both, 1},
		{"a clock that is set back", func() { w.now = w.now.Add(-2 * time.Hour) }, false, both, 1},
	} {
		before := w.asked
		c.do()
		if got := news(c.foreign); !slices.Equal(got, c.concerned) {
			t.Errorf("%s concerns %v, want %v", c.what, got, c.concerned)
		}
		if got := w.asked - before; got != c.read {
			t.Errorf("%s: all was read %d times, want %d", c.what, got, c.read)
		}
	}
	if w.ids != 3 {
		t.Errorf("of three bookings, %d were read", w.ids)
	}
}

// TestSinceLongAgo goes back further than versions are told apart.
func TestSinceLongAgo(t *testing.T) {
	ctx := t.Context()
	w := open(ctx, t, filepath.Join(t.TempDir(), "deskd.db"), furnished(t))
	defer w.close(t)
	first, err := w.house.Look(ctx, w.now)
	check(t, err)
	for n := range 70 {
		w.exec(ctx, "INSERT INTO reservations (id, desk, starts_at, ends_at) VALUES (?, ?, ?, ?)", fmt.Sprint(n), fmt.Sprint("D", n%2), at(begin.Add(time.Duration(n)*time.Minute)), at(begin.Add(time.Duration(n+1)*time.Minute)))
		k, err := w.house.Look(ctx, w.now)
		check(t, err)
		desks, known := k.Since(first.Version)
		if known != (n < 64) || known && len(desks) != min(2, n+1) {
			t.Fatalf("after %d changes %v, %t", n+1, desks, known)
		}
	}
}

// TestHouseAfterError loses no change to a database that cannot be read for a moment.
func TestHouseAfterError(t *testing.T) {
	ctx := t.Context()
	w := open(ctx, t, filepath.Join(t.TempDir(), "deskd.db"), furnished(t))
	defer w.close(t)
	w.same(ctx, t)
	for _, q := range []string{
		"INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES ('a', 'D0', 'p0', '" + at(begin) + "', '" + at(begin.Add(time.Hour)) + "')",
		"UPDATE desks SET cluster = 'other' WHERE id = 'D0'",
	} {
		w.exec(ctx, q)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := w.house.Look(gone, w.now); err == nil {
			t.Error("a context that has ended is no error")
		}
		w.same(ctx, t)
	}
	before := w.asked
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.house.News(gone, true, w.now); err == nil {
		t.Error("a context that has ended is no error")
	}
	w.same(ctx, t)
	if w.asked == before {
		t.Error("what another program has committed, and no audit tells, is not read once the database can be")
	}
}
