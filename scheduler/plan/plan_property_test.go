package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
)

// situation is a random world with random phones, policy and instant.
type situation struct {
	world   World
	have    []Observation
	policy  Policy
	history History
	now     time.Time
}

func drawSituation(t *rapid.T) situation {
	people := []string{"ada", "bob", "cyd", "dan", "eve"}
	desks := rapid.IntRange(1, 5).Draw(t, "desks")
	s := situation{now: hm("09:00").Add(time.Duration(rapid.IntRange(0, 180).Draw(t, "minute")) * time.Minute), history: NewHistory(nil)}
	var lines []string
	for n := 1; n <= desks; n++ {
		at := hm("08:30")
		for at.Before(hm("12:30")) {
			at = at.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "gap")) * 10 * time.Minute)
			end := at.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "length")) * 10 * time.Minute)
			lines = append(lines, fmt.Sprintf("D%d %s %s %s", n, rapid.SampledFrom(people).Draw(t, "person"), at.Format("15:04"), end.Format("15:04")))
			at = end
		}
		phone := rapid.SampledFrom([]string{"-", "-", "?", "!", "ada", "bob", "cyd", "dan ours", "eve ours", "ada ours"}).Draw(t, "phone")
		s.have = append(s.have, have(fmt.Sprintf("D%d %s", n, phone))...)
	}
	s.world = world(desks, lines...)
	s.policy = DefaultPolicy()
	s.policy.Pace = Pace{} // all of it is carried out at one instant
	s.policy.Grace = time.Duration(rapid.IntRange(0, 2).Draw(t, "grace")) * 5 * time.Minute
	s.policy.Stranger = rapid.SampledFrom([]Stranger{StrangerTakeover, StrangerWait, StrangerLeave}).Draw(t, "stranger")
	s.policy.Walkups = rapid.SampledFrom([]Walkups{WalkupsLeave, WalkupsEnd}).Draw(t, "walkups")
	s.policy.Relogin = rapid.SampledFrom([]Relogin{ReloginAlways, ReloginOutage, ReloginNever}).Draw(t, "relogin")
	s.policy.MultipleLogin = rapid.SampledFrom([]MultipleLogin{"", MultipleAllowed, MultipleAutoLogout}).Draw(t, "multiple login")
	for _, r := range s.world.Calendar.All() {
		if rapid.IntRange(0, 4).Draw(t, "served") == 0 {
			s.history.served[postOfBooking(r)] = Session{Reservation: r.ID, Until: r.End, From: r.Start, Through: r.End, Began: hm("00:00")}
		}
	}
	return s
}

func (s situation) plan() []Step {
	return Plan(Input{Want: Wanted(s.world, s.policy, s.now), Observed: s.have, History: s.history}, s.policy, s.now)
}

// carryOut applies the steps that are due to the phones, as a phone system
// that allows one session per device would.
func (s situation) carryOut(t *rapid.T, steps []Step) situation {
	next := s
	next.have = slices.Clone(s.have)
	next.history = NewHistory(nil)
	for r, until := range s.history.served {
		next.history.served[r] = until
	}
	for _, step := range steps {
		if step.Op == OpHold || step.NotBefore.After(s.now) {
			continue
		}
		i := slices.IndexFunc(next.have, func(h Observation) bool { return h.Device == step.Device })
		h := &next.have[i]
		switch {
		case !h.Known || !h.Exists:
			t.Fatalf("%s on %s, whose state is %+v", step.Op, step.Desk, *h)
		case step.Op == OpLogout && h.Person != step.Person:
			t.Fatalf("logout of %s on %s, where %q is", step.Person, step.Desk, h.Person)
		case step.Op == OpLogin && h.Person != "":
			t.Fatalf("login of %s on %s, where %q is", step.Person, step.Desk, h.Person)
		}
		h.Person, h.Ours = "", false
		if step.Op == OpLogin {
			h.Person, h.Ours, h.Reservation = step.Person, true, step.Reservation
		}
		next.history.Note(Attempt{Step: step, Outcome: Done})
	}
	return next
}

// TestPlanProperties holds the promises of Plan for random situations.
func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSituation(t)
		steps := s.plan()

		// The order is fixed: the same question has the same answer, whatever the
		// order of the phones.
		shuffled := s
		shuffled.have = rapid.Permutation(s.have).Draw(t, "order")
		if diff := cmp.Diff(steps, shuffled.plan()); diff != "" {
			t.Fatalf("the order of the phones changes the plan (-one +other):\n%s", diff)
		}

		// Carrying it out gives what was wanted, and planning again gives nothing.
		after := s
		for range len(s.have) {
			after = after.carryOut(t, after.plan()) // who is late takes turns
		}
		for _, again := range after.plan() {
			if again.Op != OpHold && !again.NotBefore.After(s.now) {
				t.Fatalf("still to do after all was done: %v", show([]Step{again}))
			}
		}
		after.check(t, s)
	})
}

// check compares the phones with the bookings by the policy table, written
// independently of Plan.
func (s situation) check(t *rapid.T, before situation) {
	now := s.world.Calendar.At(s.now)
	for i, h := range s.have {
		was := before.have[i]
		var r reservations.Reservation
		for _, b := range now.All() {
			if b.Desk == h.Desk {
				r = b
			}
		}
		switch {
		case !was.Known || !was.Exists:
			if h.Person != was.Person {
				t.Fatalf("%s was touched though its state was not known", h.Desk)
			}
		case r.Person == "" || h.Person == r.Person:
		case r.End.Sub(s.now) < s.policy.MinLeft:
		case h.Person == "" && was.Person == "" && s.policy.Relogin != ReloginAlways && before.history.served[postOfBooking(r)].Reservation == r.ID:
		case before.keepsOther(r, h.Desk):
			if h.Person != "" && h.Person != was.Person {
				t.Fatalf("%s: %s was logged in, and has another desk that they are on", h.Desk, h.Person)
			}
		case was.Person != "" && !was.Ours && s.policy.Stranger != StrangerTakeover:
			if h.Person != was.Person {
				t.Fatalf("%s: the stranger %s was touched", h.Desk, was.Person)
			}
		default:
			t.Fatalf("%s: %q is on the phone, want %s", h.Desk, h.Person, r.Person)
		}
		if was.Person != "" && !was.Ours && h.Person != was.Person && r.Person == "" && s.policy.Walkups == WalkupsLeave {
			t.Fatalf("%s: the walk-up %s was logged out", h.Desk, was.Person)
		}
		if r.Person != "" && was.Person == r.Person && h.Person != was.Person {
			t.Fatalf("%s: %s was right and was touched", h.Desk, was.Person)
		}
	}
}

// keepsOther reports whether r's person stays on another desk of theirs: where the
// phone system allows one session, or this one has ended when that one began.
func (s situation) keepsOther(r reservations.Reservation, desk string) bool {
	served := s.history.served[postOfBooking(r)].Reservation == r.ID
	return (served || s.policy.MultipleLogin != MultipleAllowed) && s.onOwnDesk(r.Person, desk)
}

// onOwnDesk reports whether person has another desk at this time and is on its
// phone: of two desks at once, one may stay empty.
func (s situation) onOwnDesk(person, except string) bool {
	for _, b := range s.world.Calendar.At(s.now).All() {
		for _, h := range s.have {
			if b.Desk != except && b.Person == person && h.Desk == b.Desk && h.Known && h.Person == person {
				return true
			}
		}
	}
	return false
}

// postOfBooking is a booking of the test's world as a phone knows it.
func postOfBooking(r reservations.Reservation) post {
	return post{"SEP" + fmt.Sprintf("%012s", strings.TrimPrefix(r.Desk, "D")), r.Person}
}
