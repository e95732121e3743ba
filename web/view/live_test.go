package view_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
	"deskd/web/view"
)

// watched is an office whose board is kept in memory, and whose clock moves.
type watched struct {
	*office
	live     *view.Live
	at       time.Time
	clusters []scheduler.ClusterStatus
}

func newWatched(t *testing.T) *watched {
	w := &watched{office: newOffice(t), at: now}
	aside, err := w.store.Aside()
	w.ok(err)
	m := *w.Model
	m.Now = func() time.Time { return w.at }
	m.Records = view.Records{Directory: aside, Bookings: aside, Sessions: aside, Clusters: aside, Calendars: aside, History: aside, Changes: aside}
	w.Model = &m
	w.watch()
	return w
}

// watch begins to keep the board in memory, with nothing read yet.
func (w *watched) watch() {
	w.live = view.NewLive(w.Model, func() []scheduler.ClusterStatus { return w.clusters }, func(time.Time) []view.Notice { return nil })
}

// reset brings the office back to how it was at the beginning.
func (w *watched) reset() {
	w.t.Helper()
	w.at = now
	w.exec(`DELETE FROM reservations; DELETE FROM attempts; DELETE FROM observations; DELETE FROM people WHERE id = 'nemo';
		UPDATE people SET name = ''; UPDATE desks SET floor = '5', device = 'SEP000000000002' WHERE id = 'D2'`)
	w.watch()
}

func (w *watched) look() view.Snapshot {
	w.t.Helper()
	s, err := w.live.Look(w.t.Context())
	w.ok(err)
	return s
}

// afresh is what one sees who has kept nothing.
func (w *watched) afresh() view.Snapshot {
	w.t.Helper()
	kept := w.live
	defer func() { w.live = kept }()
	w.watch()
	return w.look()
}

// differs tells what of a snapshot is not as all else says.
func differs(kept, afresh view.Snapshot) string {
	kept.Change, afresh.Change, kept.Sites, afresh.Sites = 0, 0, nil, nil
	milliseconds := cmp.Comparer(func(a, b time.Time) bool { return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond)) })
	// When a phone was asked last is shown where it has not answered.
	answered := cmp.Transformer("answered", func(o plan.Observation) string {
		if o.Known {
			o.At = time.Time{}
		}
		return fmt.Sprintf("%+v", o)
	})
	return cmp.Diff(afresh, kept, milliseconds, answered)
}

// What is kept in memory is, after any history, what a reading of everything shows: whichever program
// has written, and however much time has passed. What has not changed has its number still.
// Nothing is stirred: that would have everything read.
func TestLiveIsAsReadAfresh(t *testing.T) {
	w := newWatched(t)
	rapid.Check(t, func(rt *rapid.T) {
		w.reset()
		sightings, journal := w.live.Sightings(w.store), w.live.Journal(w.store)
		var open []plan.Attempt
		desk := rapid.SampledFrom([]string{"D1", "D2", "D3", "D4", "D9"})
		person := rapid.SampledFrom([]string{"jane", "max", "", "nemo"})
		third := rapid.IntRange(-9, 90) // of an hour from now
		do := map[string]func(){
			"book by SQL": func() {
				from := third.Draw(rt, "from")
				w.tryExec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES (?, ?, ?, ?)`,
					desk.Draw(rt, "desk"), person.Draw(rt, "person"), w.third(from), w.third(from+rapid.IntRange(1, 9).Draw(rt, "thirds")))
			},
			"move by SQL": func() {
				w.tryExec(`UPDATE reservations SET desk = ?, person = ? WHERE id IN (SELECT id FROM reservations ORDER BY id LIMIT 1)`, desk.Draw(rt, "desk"), person.Draw(rt, "person"))
			},
			"cancel by SQL": func() {
				w.tryExec(`UPDATE reservations SET status = 'cancelled' WHERE id IN (SELECT id FROM reservations WHERE status = 'confirmed' LIMIT 1)`)
			},
			"delete by SQL": func() {
				w.tryExec(`DELETE FROM reservations WHERE id IN (SELECT id FROM reservations ORDER BY id DESC LIMIT 1)`)
			},
			"name by SQL": func() {
				w.tryExec(`UPDATE people SET name = ? WHERE id = 'jane'`, rapid.SampledFrom([]string{"", "Jane", "J. Doe"}).Draw(rt, "name"))
			},
			"know by SQL": func() { w.tryExec(`INSERT INTO people (id) VALUES ('nemo')`) },
			"floor by SQL": func() {
				w.tryExec(`UPDATE desks SET floor = ? WHERE id = 'D2'`, rapid.SampledFrom([]string{"4", "5", "10"}).Draw(rt, "floor"))
			},
			"device by SQL": func() {
				w.tryExec(`UPDATE desks SET device = ? WHERE id = 'D2'`, rapid.SampledFrom([]string{"SEP000000000002", "SEP000000000007"}).Draw(rt, "device"))
			},
			"conflict by SQL": func() {
				w.tryExec(`INSERT INTO reservations (desk, person, starts_at, ends_at, status) VALUES ('D1', 'max', ?, ?, 'conflict')`, w.third(1), w.third(2))
			},
			"book": func() {
				from := third.Draw(rt, "from")
				_, _ = w.store.Reserve(w.t.Context(), reservations.Reservation{Desk: desk.Draw(rt, "desk"), Person: person.Draw(rt, "person"), Source: reservations.SourceCLI,
					Span: reservations.Span{Start: w.at.Add(time.Duration(from) * 20 * time.Minute), End: w.at.Add(time.Duration(from+2) * 20 * time.Minute)}}, w.at)
			},
			"see": func() {
				device := "SEP00000000000" + desk.Draw(rt, "desk")[1:]
				w.ok(sightings.See(w.t.Context(), []plan.Observation{{Device: device, Person: person.Draw(rt, "person"), Known: rapid.Bool().Draw(rt, "known"), Exists: true, Ours: rapid.Bool().Draw(rt, "ours"), Since: w.at, At: w.at}}))
			},
			"begin": func() {
				a := plan.Attempt{Cluster: "main", Outcome: plan.Open, Began: w.at}
				a.Op, a.Cause, a.Desk = plan.OpLogin, plan.CauseStart, desk.Draw(rt, "desk")
				a.Device, a.Person, a.Why = "SEP00000000000"+a.Desk[1:], person.Draw(rt, "person"), "because"
				a, err := journal.Begin(w.t.Context(), a)
				w.ok(err)
				open = append(open, a)
			},
			"finish": func() {
				if len(open) == 0 {
					return
				}
				a := open[0]
				open = open[1:]
				a.Outcome, a.Code, a.Error, a.Ended = plan.Refused, 18, "another user logged in", w.at
				w.ok(journal.Finish(w.t.Context(), a, plan.Observation{Device: a.Device, Person: a.Person, Known: true, Exists: true, Ours: true, Since: w.at, At: w.at}))
			},
			"wait":      func() { w.at = w.at.Add(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "seconds")) * time.Second) },
			"wait long": func() { w.at = w.at.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour) },
			"set back":  func() { w.at = w.at.Add(-time.Duration(rapid.IntRange(1, 600).Draw(rt, "minutes")) * time.Minute) },
		}
		var names []string
		for name := range do {
			names = append(names, name)
		}
		slices.Sort(names)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			for range rapid.IntRange(1, 3).Draw(rt, "at once") {
				do[rapid.SampledFrom(names).Draw(rt, "what")]()
			}
			kept := w.look()
			if diff := differs(kept, w.afresh()); diff != "" {
				rt.Fatalf("what is kept (-read afresh +kept):\n%s", diff)
			}
			if again := w.look(); again.Change != kept.Change {
				rt.Fatalf("nothing has changed, and the number is %d and then %d", kept.Change, again.Change)
			}
		}
	})
}

// third is so many thirds of an hour from now.
func (w *watched) third(n int) string {
	return w.at.Add(time.Duration(n) * 20 * time.Minute).UTC().Truncate(time.Second).Format(time.RFC3339)
}

// tryExec changes the database as another program does, unless the database refuses.
func (w *watched) tryExec(statement string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path+"?_pragma=busy_timeout(5000)")
	w.ok(err)
	defer db.Close()
	_, _ = db.ExecContext(w.t.Context(), statement, args...)
}

// Another program's booking, and what of a desk no audit tells, are shown by the next look,
// without a word to anybody: nothing but them was committed.
func TestLiveSeesOthersAtOnce(t *testing.T) {
	w := newWatched(t)
	w.see("SEP000000000001", "max")
	before := w.look()
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'jane', ?, ?)`, w.third(-1), w.third(1))
	booked := w.look()
	if n := desk(booked, "D1"); n.Booking == nil || n.Booking.Person != "jane" || booked.Change == before.Change {
		t.Errorf("D1 is booked %+v, number %d after %d", n.Booking, booked.Change, before.Change)
	}
	w.exec(`UPDATE observations SET doubt = 'says who?'`)
	if n := desk(w.look(), "D1"); n.Phone.Doubt != "says who?" {
		t.Errorf("D1 shows %+v", n.Phone)
	}
	w.exec(`UPDATE desks SET floor = '17' WHERE id = 'D1'`)
	if n := desk(w.look(), "D1"); n.Desk.Floor != "17" {
		t.Errorf("D1 is on floor %q", n.Desk.Floor)
	}
}

// By time alone, without a word from anybody, desks stand otherwise: a booking begins, its
// login should be through, it ends, and one of tomorrow comes in sight.
func TestLiveByTimeAlone(t *testing.T) {
	w := newWatched(t)
	w.see("SEP000000000001", "")
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'jane', ?, ?), ('D2', 'max', ?, ?)`, w.third(1), w.third(2), w.third(74), w.third(75))
	for _, c := range []struct {
		minutes int
		state   board.State
		ahead   bool // D2 is booked tomorrow
	}{{0, board.Free, false}, {19, board.Free, false}, {20, board.Starting, false}, {21, board.Missing, false}, {40, board.Free, false}, {41, board.Free, true}} {
		w.at = now.Add(time.Duration(c.minutes) * time.Minute)
		s := w.look()
		if one, two := desk(s, "D1"), desk(s, "D2"); one.State != c.state || (two.Next != nil) != c.ahead {
			t.Errorf("after %d minutes D1 is %s, and D2 next %+v", c.minutes, one.State, two.Next)
		}
		if diff := differs(s, w.afresh()); diff != "" {
			t.Errorf("after %d minutes (-read afresh +kept):\n%s", c.minutes, diff)
		}
	}
}

// What another program has written beside the rounds, and no audit tells, is shown once
// the daemon has noticed; a booking that the audit tells has nothing read again.
func TestLiveStirred(t *testing.T) {
	w := newWatched(t)
	w.see("SEP000000000002", "max")
	w.look()
	w.exec(`UPDATE observations SET doubt = 'says who?' WHERE device = 'SEP000000000002'`)
	w.ok(w.live.Sightings(w.store).See(t.Context(), []plan.Observation{{Device: "SEP000000000001", Known: true, Exists: true, At: now}}))
	if n := desk(w.look(), "D2"); n.Phone.Doubt != "" {
		t.Fatal("it is known already: the test shows nothing")
	}
	w.live.Stir()
	if n := desk(w.look(), "D2"); n.Phone.Doubt != "says who?" {
		t.Errorf("D2 shows %+v", n.Phone)
	}
	w.at = w.at.Add(time.Minute)
	plan := w.look().Plan
	w.exec(`INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'jane', ?, ?)`, w.third(-1), w.third(1))
	w.look()
	w.live.Stir()
	if w.look().Plan != plan {
		t.Error("all was read again for a booking")
	}
}

// What another node does at phones is shown by the next look, and what it writes of older
// attempts within a minute, also once the node is gone; and nothing else is read for it, however
// much this process writes beside it.
func TestLiveBesideNode(t *testing.T) {
	w := newWatched(t)
	other := []scheduler.ClusterStatus{{Cluster: "main", Node: "other"}}
	rapid.Check(t, func(rt *rapid.T) {
		w.reset()
		w.clusters = other
		plan0 := w.look().Plan
		here, there := w.live.Sightings(w.store), w.store
		device := func() string {
			return rapid.SampledFrom([]string{"SEP000000000001", "SEP000000000002"}).Draw(rt, "device")
		}
		person := rapid.SampledFrom([]string{"jane", "max", ""})
		begin := func() plan.Attempt {
			a := plan.Attempt{Cluster: "main", Outcome: plan.Open, Began: w.at}
			a.Op, a.Cause, a.Device, a.Person, a.Why = plan.OpLogin, plan.CauseStart, device(), person.Draw(rt, "person"), "because"
			a.Desk = "D" + a.Device[len(a.Device)-1:]
			a, err := there.Begin(w.t.Context(), a)
			w.ok(err)
			return a
		}
		refuse := func(a plan.Attempt) {
			a.Outcome, a.Code, a.Error, a.Ended = plan.Refused, 18, "another user logged in", w.at
			w.ok(there.Finish(w.t.Context(), a))
		}
		see := func(by scheduler.Sightings, ago int) {
			at := w.at.Add(-time.Duration(ago) * time.Second)
			w.ok(by.See(w.t.Context(), []plan.Observation{{Device: device(), Person: person.Draw(rt, "person"), Known: true, Exists: true, Since: at, At: at}}))
		}
		look := func(when string) view.Snapshot {
			kept := w.look()
			if diff := differs(kept, w.afresh()); diff != "" {
				rt.Fatalf("%s (-read afresh +kept):\n%s", when, diff)
			}
			return kept
		}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			refuse(begin())
			slow := begin()
			see(there, 0)
			look("at once")
			see(here, 0)
			see(there, rapid.IntRange(0, 9).Draw(rt, "ago")) // it has waited for the commit
			look("dated before the last look")
			wait := func() { w.at = w.at.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "seconds")) * time.Second) }
			wait()
			see(here, 0)
			look("meanwhile")
			wait()
			refuse(slow)
			if rapid.Bool().Draw(rt, "looked") {
				w.look()
			}
			if rapid.Bool().Draw(rt, "gone") {
				w.clusters = nil
			}
			w.look()
			w.at = w.at.Add(time.Minute)
			if look("a minute later").Plan != plan0 {
				rt.Fatal("all was read again")
			}
			w.clusters = other
		}
	})
}

// Nothing is shown of a database that does not answer, also not what is in memory, and
// everything is read again once it does.
func TestLiveOfSilentDatabase(t *testing.T) {
	w := newWatched(t)
	w.look()
	gone, stop := context.WithCancel(t.Context())
	stop()
	if s, err := w.live.Look(gone); !errors.Is(err, context.Canceled) || s.Desks != nil {
		t.Errorf("%d desks, %v", len(s.Desks), err)
	}
	w.exec(`ALTER TABLE people RENAME TO taken`)
	if _, err := w.live.Look(t.Context()); err == nil {
		t.Error("people are not there, and nothing is said")
	}
	w.exec(`ALTER TABLE taken RENAME TO people`)
	if diff := differs(w.look(), w.afresh()); diff != "" {
		t.Errorf("afterwards (-read afresh +kept):\n%s", diff)
	}
}

func desk(s view.Snapshot, id string) *board.Desk { return s.Desks[s.Plan.Places[id]] }

// What breaks rules is counted elsewhere, and shown under another number once it is another.
func TestLiveCountsBroken(t *testing.T) {
	w := newWatched(t)
	counts := []view.Broken(nil)
	w.Broken = func() []view.Broken { return counts }
	before := w.look()
	w.at = w.at.Add(2 * time.Minute)
	if same := w.look(); same.Change != before.Change || same.Broken != nil {
		t.Errorf("number %d after %d: %v", same.Change, before.Change, same.Broken)
	}
	counts = []view.Broken{{Site: "berlin", Bookings: 1}}
	w.at = w.at.Add(2 * time.Minute)
	after := w.look()
	if after.Change == before.Change || !cmp.Equal(after.Broken, counts) {
		t.Errorf("number %d after %d: %v", after.Change, before.Change, after.Broken)
	}
}
