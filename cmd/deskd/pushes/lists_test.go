package pushes_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	service "deskd/emapi/emulator"
	"deskd/phone/emulator"
	"deskd/reservations"
	"deskd/scheduler/plan"
)

var ten = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// reserve books the desk of the first phone.
func (o *office) reserve(person string, from, until time.Time) {
	o.Helper()
	_, err := o.store.Reserve(o.Context(), reservations.Reservation{Desk: "D1", Person: person, Span: reservations.Span{Start: from, End: until}, Status: reservations.Confirmed, Source: "test"}, time.Now())
	o.ok(err)
	if o.kick != nil {
		o.kick()
	}
}

// begin writes the intent of a login at the first phone, and end what became of it.
func (o *office) begin(person string) plan.Attempt {
	o.Helper()
	a, err := o.journal.Begin(o.Context(), plan.Attempt{Cluster: "main", Outcome: plan.Open, Began: time.Now(), Step: plan.Step{
		Op: plan.OpLogin, Login: plan.Login{Desk: "D1", Device: service.DeviceName(1), Person: person},
	}})
	o.ok(err)
	return a
}

func (o *office) end(a plan.Attempt, outcome plan.Outcome) {
	o.Helper()
	a.Outcome, a.Ended = outcome, time.Now()
	o.ok(o.journal.Finish(o.Context(), a))
}

// until sleeps until an instant after ten.
func until(after time.Duration) {
	time.Sleep(time.Until(ten.Add(after)))
	synctest.Wait()
}

// outcomes are those of the logouts at the first phone, and pushes what was pushed.
func (o *office) outcomes() string {
	o.Helper()
	attempts, err := o.store.Attempts(o.Context(), time.Time{})
	o.ok(err)
	var all []string
	for _, a := range attempts {
		if a.Op == plan.OpLogout {
			all = append(all, a.CallList)
		}
	}
	return strings.Join(all, ", ")
}

func (o *office) pushes() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.pushed, ", ")
}

// TestLists ends a session at ten, after which something happens. The phone is back 12 s after a
// logout.
func TestLists(t *testing.T) {
	me, other := service.UserName(1), service.UserName(2)
	for name, c := range map[string]struct {
		then     func(o *office, home *emulator.Phone)
		outcomes string
		pushes   string
		left     string // of the list
	}{
		"nobody comes": {func(*office, *emulator.Phone) {}, "cleared", "10:00:00+0s web access off, 10:00:15+0s ok", ""},
		"a walk-up": {func(o *office, home *emulator.Phone) {
			until(14 * time.Second)
			o.ok(o.cluster.PressLogin(home.Name(), other))
			home.Miss("theirs")
		}, "not cleared: someone is on the phone", "10:00:00+0s web access off", "theirs mine"},
		"a walk-up who goes": {func(o *office, home *emulator.Phone) {
			until(14 * time.Second)
			o.ok(o.cluster.PressLogin(home.Name(), other))
			until(65 * time.Second)
			o.ok(o.cluster.PressLogout(home.Name()))
		}, "cleared", "10:00:00+0s web access off, 10:02:00+0s ok", ""},
		"the next booking": {func(o *office, _ *emulator.Phone) {
			o.reserve(other, ten.Add(40*time.Second), ten.Add(time.Hour))
		}, "not cleared: the next person was logged in before", "10:00:00+0s web access off", "mine"},
		"a booking while it is pushed": {func(o *office, home *emulator.Phone) {
			until(14 * time.Second)
			home.SetFaults(emulator.Faults{Slow: 1900 * time.Millisecond})
			until(17*time.Second + 100*time.Millisecond)
			o.reserve(other, time.Now().Truncate(time.Second), ten.Add(time.Hour))
		}, "not cleared: the next person was logged in before", "10:00:00+0s web access off, 10:00:15+2s unreachable", "mine"},
		"killed and there again": {func(o *office, _ *emulator.Phone) {
			until(5 * time.Second)
			o.halt(true)
			until(5 * time.Minute)
			o.start()
		}, "cleared", "10:00:00+0s web access off, 10:05:00+0s ok", ""},
		"the outcome cannot be written down": {func(o *office, _ *emulator.Phone) {
			o.failing.Store(2)
		}, "cleared", "10:00:00+0s web access off, 10:00:15+0s ok", ""},
		"no address": {func(o *office, _ *emulator.Phone) {
			until(5 * time.Second)
			o.forget()
		}, "not cleared: no address of the phone is known", "10:00:00+0s web access off", "mine"},
		"the wrong password": {func(o *office, _ *emulator.Phone) {
			o.password("wrong")
		}, "refused: push to SEP000000000001: refused credentials: HTTP status 401", "10:00:00+0s web access off, 10:00:15+0s refused credentials", "mine"},
		"a page that asks for a password": {func(_ *office, home *emulator.Phone) {
			home.SetFaults(emulator.Faults{NameStatus: 401})
			until(20 * time.Second)
			home.SetFaults(emulator.Faults{})
		}, "cleared", "10:00:00+0s web access off, 10:00:15+0s refused credentials, 10:00:30+0s ok", ""},
		"a login whose intent is being written": {func(o *office, _ *emulator.Phone) {
			until(14 * time.Second)
			o.begins.Store(int64(3 * time.Second))
			a := o.begin(other)
			until(40 * time.Second)
			o.end(a, plan.Refused)
		}, "cleared", "10:00:00+0s web access off, 10:00:40+0s ok", ""},
		"a login that begins while it is asked who is on the phone": {func(o *office, _ *emulator.Phone) {
			o.cluster.Change(func(options *service.Options) { options.Times.Query = 2 * time.Second })
			until(16 * time.Second)
			a := o.begin(other)
			until(100 * time.Second)
			o.end(a, plan.NotSent)
		}, "cleared", "10:00:00+0s web access off, 10:01:42+0s ok", ""},
		"the logout is verified late": {func(o *office, _ *emulator.Phone) {
			until(time.Minute)
			attempts, err := o.store.Attempts(o.Context(), ten.Add(-time.Minute))
			o.ok(err)
			a := attempts[0]
			a.CallList, a.Verified = "", time.Now() // as rounds remember it
			o.ok(o.journal.Finish(o.Context(), a))
		}, "cleared", "10:00:00+0s web access off, 10:00:15+0s ok", ""},
		"another node drives": {func(o *office, _ *emulator.Phone) {
			o.lost.Store(true)
			until(100 * time.Second)
			o.lost.Store(false)
		}, "cleared", "10:00:00+0s web access off, 10:01:40+0s ok", ""},
		"the cluster is paused": {func(o *office, _ *emulator.Phone) {
			until(5 * time.Second)
			_, err := o.store.PauseClusters(o.Context(), []string{"main"}, "painters", time.Now())
			o.ok(err)
			o.kick()
		}, "not cleared: deskd does not ask the phone system: paused", "10:00:00+0s web access off", "mine"},
	} {
		if !played(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, 1)
				time.Sleep(time.Until(ten.Add(-time.Hour)))
				o.reserve(me, ten.Add(-time.Hour), ten)
				o.start()
				until(-time.Minute)
				home := o.house.Home(service.DeviceName(1))
				home.Miss("mine")
				until(2 * time.Second)
				c.then(o, home.Phone)
				until(10 * time.Minute)
				o.halt(false)
				var left []string
				for _, call := range home.Calls() {
					left = append(left, call.Number)
				}
				if got := o.outcomes(); got != c.outcomes {
					t.Errorf("outcomes %q, want %q", got, c.outcomes)
				}
				if got := o.pushes(); got != c.pushes {
					t.Errorf("pushed %s, want %s", got, c.pushes)
				}
				if got := strings.Join(left, " "); got != c.left {
					t.Errorf("the list has %q, want %q", got, c.left)
				}
				o.ok(o.store.Close())
			})
		})
	}
}

// TestReadAgain has a node take the cluster over, whose journal is long: what is written while
// it is read counts.
func TestReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, 1)
		time.Sleep(time.Until(ten.Add(-time.Hour)))
		o.reserve(service.UserName(1), ten.Add(-time.Hour), ten)
		o.start()
		until(-20 * time.Second)
		o.lost.Store(true)
		o.reads.Store(int64(10 * time.Second))
		until(-5 * time.Second)
		o.lost.Store(false)
		until(10 * time.Minute)
		o.halt(false)
		if got := o.outcomes(); got != "cleared" {
			t.Errorf("got %q", got)
		}
		o.ok(o.store.Close())
	})
}
