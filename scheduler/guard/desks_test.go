package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
)

// inWords are blocks as "kind name".
func inWords(blocks []plan.Block) []string {
	all := []string{}
	for _, b := range blocks {
		all = append(all, fmt.Sprintf("%s %s", b.Kind, b.Scope.Name()))
	}
	return all
}

func wantBlocks(t *testing.T, what string, blocks []plan.Block, want ...string) {
	t.Helper()
	if got := inWords(blocks); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// Late is a cluster at which more waits than goes out in a minute, until nothing waits.
func TestPace(t *testing.T) {
	p := Pace{PerMinute: 60}
	for _, c := range []struct {
		waiting int
		late    bool
	}{{60, false}, {61, true}, {1, true}, {0, false}, {1, false}} {
		if p.Note(c.waiting); len(p.Blocks()) > 0 != c.late {
			t.Errorf("%d wait: late %v", c.waiting, !c.late)
		}
	}
	unlimited := Pace{}
	if unlimited.Note(10000); len(unlimited.Blocks()) > 0 {
		t.Error("late without a limit")
	}
}

// A desk at which tries come to nothing stays one while the next try is under way.
func TestFailingLasts(t *testing.T) {
	var d Desks
	none := func(string) bool { return false }
	d.Swept([]string{"4.1"}, []string{"4.2", "4.3"})
	d.Tried(map[string]bool{"2": true, "1": true}, none)
	wantBlocks(t, "all", d.Blocks(), "unknown_device 4.1", "no_answer 4.2", "no_answer 4.3", "tries_failed 1", "tries_failed 2")
	d.Tried(map[string]bool{}, func(desk string) bool { return desk == "2" })
	d.Swept(nil, nil)
	wantBlocks(t, "one pending", d.Blocks(), "tries_failed 2")
	d.Tried(map[string]bool{}, none)
	wantBlocks(t, "none", d.Blocks())
}

func TestNodesAndDatabase(t *testing.T) {
	var n Nodes
	n.Note([]phones.NodeDown{{Host: "cucm2", Cause: "refused"}})
	wantBlocks(t, "a node", n.Blocks(), "node cucm2")
	var d Database
	d.Note(errors.New("disk full"))
	wantBlocks(t, "a full disk", d.Blocks(), "database_write ")
	if d.Note(nil); d.Failed() || len(d.Blocks()) > 0 {
		t.Error("the database has not recovered")
	}
	wantBlocks(t, "not paused", Pause{}.Blocks())
	wantBlocks(t, "paused", Pause{Since: instant("09:00"), By: "cli:jane"}.Blocks(), "paused ")
}

// Walk-ups wait for feeds that were never read, and what follows from a feed that was not
// polled for long waits for its first poll.
func TestFeedsBlockSteps(t *testing.T) {
	now := instant("09:00")
	seen := map[string]plan.Observation{"W": {Person: "noname"}, "O": {Person: "jane", Ours: true}, "N": {}}
	step := func(op plan.Op, device, reservation string) plan.Step {
		return plan.Step{Op: op, Login: plan.Login{Device: device, Person: "p", Reservation: reservation}}
	}
	steps := []plan.Step{
		step(plan.OpLogout, "W", ""), step(plan.OpLogout, "O", "gone"), step(plan.OpLogout, "O", "known"), step(plan.OpLogout, "N", "known"),
		step(plan.OpLogin, "N", "aged"), step(plan.OpLogin, "N", "known"), step(plan.OpHold, "W", "aged"),
	}
	hour := reservations.Span{Start: now, End: now.Add(time.Hour)}
	bookings := reservations.NewCalendar([]reservations.Reservation{
		{ID: "aged", Desk: "1", Span: hour, Status: reservations.Confirmed, Source: reservations.FeedSource("hq")},
		{ID: "known", Desk: "2", Span: hour, Status: reservations.Confirmed, Source: "cli"},
	})
	for name, tc := range map[string]struct {
		poll.Unsynced
		want string
	}{
		"all read":   {poll.Unsynced{}, "[]"},
		"pending":    {poll.Unsynced{Pending: []string{"hq"}}, "[4:logout W]"},
		"never read": {poll.Unsynced{Unread: []string{"hq"}}, "[3:logout W]"},
		"aged":       {poll.Unsynced{Pending: []string{"hq"}, Aged: []string{"hq"}}, "[4:logout W 4:logout O 4:login N]"},
	} {
		var got []string
		for _, b := range (Feeds{tc.Unsynced}).BlocksOf(steps, seen, bookings, now) {
			got = append(got, fmt.Sprintf("%d:%s %s", b.Effect, b.Scope.Op, b.Scope.Device))
			if b.Effect == plan.Holds && (b.Cause != plan.CauseFeeds || !b.Until.Equal(now.Add(time.Minute))) {
				t.Errorf("%s: %+v", name, b)
			}
		}
		if fmt.Sprint(got) != tc.want {
			t.Errorf("%s: %v, want %s", name, got, tc.want)
		}
	}
	wantBlocks(t, "shown", Feeds{poll.Unsynced{Unread: []string{"hq", "visitors"}, Pending: []string{"x"}}}.Blocks(), "feeds hq", "feeds visitors")
}

// Sessions that have vanished together are asked about once more, and shown until they
// are begun again.
func TestOutageIsShown(t *testing.T) {
	now := instant("09:00")
	o := NewOutage()
	seen := make(map[string]plan.Observation)
	for n := range 5 {
		device := fmt.Sprintf("SEP%d", n)
		seen[device] = plan.Observation{Device: device, Known: true, Exists: true}
		o.Vanished(plan.Observation{Device: device, Person: "p", Ours: true}, now)
	}
	o.Note(0, now)
	if ask := o.Confirm(seen, now); len(ask) != 5 || o.Asking() != 5 || !o.Asks("SEP1") {
		t.Fatalf("asked again: %v", ask)
	}
	if again := o.Confirm(seen, now); len(again) > 0 {
		t.Errorf("asked a third time: %v", again)
	}
	o.Plan(nil, now)
	if n := len(o.Blocks()); n != 5 {
		t.Errorf("%d are shown", n)
	}
	back := o.Second(plan.Observation{Device: "SEP0", Person: "P"})
	if !back.Ours || o.Asks("SEP0") {
		t.Errorf("there after all: %+v", back)
	}
	for n := 1; n < 5; n++ {
		o.Second(plan.Observation{Device: fmt.Sprintf("SEP%d", n)})
	}
	o.Plan([]plan.Step{{Op: plan.OpLogin, Cause: plan.CauseVanished, Login: plan.Login{Device: "SEP3"}}}, now.Add(time.Minute))
	if b := o.Blocks(); len(b) != 1 || b[0].Scope.Device != "SEP3" || !b[0].Since.Equal(now) {
		t.Errorf("left: %+v", b)
	}
	o.Back("SEP3")
	if o.Plan(nil, now.Add(time.Hour)); len(o.Blocks()) > 0 {
		t.Errorf("over: %+v", o.Blocks())
	}
}

// A doubt about another unit than the configured one is over.
func TestUnitResumes(t *testing.T) {
	minutes := phones.Duration{Unit: time.Minute}
	for unit, want := range map[time.Duration]int{time.Minute: 1, time.Second: 0} {
		u := NewUnit(minutes, slog.New(slog.DiscardHandler))
		u.Resume(UnitDoubt{Units: "looks wrong", Doubted: instant("09:00"), Unit: unit})
		if n := len(u.Blocks()); n != want {
			t.Errorf("a doubt about %v: %d blocks", unit, n)
		}
	}
}
