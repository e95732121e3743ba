package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/reservations"
)

// TestPlannerAgrees lets random things happen to random houses: a planner that goes on
// from round to round plans as one does that has never planned before, and an agenda asks
// for what is wanted.
func TestPlannerAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &goingOn{situation: drawSituation(t), facts: Facts{Lost: make(map[string]bool)}}
		h.policy.Pace = DefaultPolicy().Pace
		h.round.Pace = h.policy.Pace
		h.planner = NewPlanner(h.policy)
		h.planner.Manage(h.have)
		h.turn()
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			for range rapid.IntRange(0, 3).Draw(t, "events") {
				h.happen(t)
			}
			h.agree(t)
		}
	})
}

// goingOn is a situation in which things happen.
type goingOn struct {
	situation
	planner *Planner
	agenda  *Agenda
	facts   Facts
	attempt int64
	round   Round
	stays   time.Time // of the last attempt
}

// turn begins an agenda, as after bookings were read.
func (h *goingOn) turn() { h.agenda = NewAgenda(h.world, h.policy, nil) }

func (h *goingOn) agree(t *rapid.T) {
	want := h.agenda.At(h.now)
	if diff := cmp.Diff(Wanted(h.world, h.policy, h.now), slices.Clone(want)); diff != "" {
		t.Fatalf("at %s something else is wanted (-from scratch +goes on):\n%s", h.now, diff)
	}
	h.round.Now = h.now
	h.planner.Want(want)
	h.planner.Recall(h.history, h.facts)
	got := h.planner.Plan(h.round)
	steps := Plan(Input{Want: want, Observed: h.have, History: h.history, Facts: h.facts, UnderWay: h.round.UnderWay, Away: h.round.Away}, h.policy, h.now)
	if diff := cmp.Diff(steps, got); diff != "" {
		t.Fatalf("at %s (-from scratch +goes on):\n%s", h.now, diff)
	}
}

func (h *goingOn) happen(t *rapid.T) {
	pick := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }
	i := pick(len(h.have), "phone")
	person := rapid.SampledFrom([]string{"", "ada", "bob", "cyd", "Dan"}).Draw(t, "who")
	switch pick(9, "event") {
	case 0, 1:
		h.now = h.moment(t)
	case 2:
		o := &h.have[i]
		o.Person, o.Ours = person, person != "" && rapid.Bool().Draw(t, "ours")
		o.Known, o.Exists, o.Visitor = pick(5, "known") > 0, pick(9, "exists") > 0, pick(9, "visitor") == 0
		o.Since, o.At = h.now.Add(-time.Duration(pick(90, "since"))*time.Second), h.now
		h.planner.See(*o)
	case 3, 4:
		a := h.draw(t, i, person)
		h.history.Note(a)
		if pick(2, "gone") == 0 {
			h.have[i].Person, h.have[i].Ours = "", false
			h.planner.See(h.have[i])
		} else if a.Device == h.have[i].Device && pick(2, "shown") == 0 {
			h.have[i] = a.Leaves(h.have[i])
			h.planner.See(h.have[i])
		}
	case 5:
		booked := slices.Clone(h.world.Calendar.All())
		r := &booked[pick(len(booked), "booking")]
		r.End = r.Start.Add(time.Duration(1+pick(9, "length")) * 10 * time.Minute)
		if pick(2, "moved") == 0 {
			r.Desk = desk(1 + i).ID
		}
		r.Source = rapid.SampledFrom([]string{"cli", reservations.FeedSource("hall"), reservations.FeedSource("gone")}).Draw(t, "source")
		h.world.Calendar = reservations.NewCalendar(booked)
		h.world.Feeds = map[string]reservations.Feed{"hall": {}}
		h.turn()
	case 6:
		if pick(2, "admitted") == 0 {
			h.history.Readmit(Readmission{Accepted: h.attempt, Changed: h.attempt})
			return
		}
		h.facts = h.facts.clone()
		h.facts.Lost[h.have[i].Device] = rapid.Bool().Draw(t, "lost")
		h.facts.Units = rapid.SampledFrom([]string{"", "the unit looks wrong"}).Draw(t, "units")
	case 7:
		h.round.Away = map[string]Away{"ada": {On: []string{h.have[i].Device, "SEPFFFFFFFFFFFF"}[:pick(3, "on")]}}
		h.round.UnderWay = map[string]bool{h.have[i].Device: true}
	case 8:
		for _, l := range h.agenda.At(h.now) {
			if l.Device == h.have[i].Device && !l.From.After(h.now) && l.Until.After(h.now) {
				h.history.Carry(l)
			}
		}
	}
}

// moment is an instant that matters, about it, or any.
func (h *goingOn) moment(t *rapid.T) time.Time {
	edges := []time.Time{h.stays, h.stays, h.stays}
	for _, r := range h.world.Calendar.All() {
		for _, at := range []time.Time{r.Start, r.End} {
			edges = append(edges, at, at.Add(-h.policy.Lead), at.Add(h.policy.Grace), at.Add(StartingFor), at.Add(-h.policy.MinLeft), at.Add(-h.policy.MinLeft-5*time.Second))
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.DeleteFunc(edges, func(at time.Time) bool { return at.Sub(h.now).Abs() > time.Hour })
	if len(edges) == 0 || rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		return h.now.Add(time.Duration(rapid.IntRange(-60, 1200).Draw(t, "seconds")) * time.Second)
	}
	return rapid.SampledFrom(edges).Draw(t, "edge").Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "about")))
}

// draw is an attempt about a desk's booking, or about what is seen there.
func (h *goingOn) draw(t *rapid.T, i int, person string) Attempt {
	h.attempt++
	o := h.have[i]
	l := Login{Desk: o.Desk, Device: o.Device, Person: person, Reservation: "r1", From: h.now, Until: h.now.Add(time.Hour), Through: h.now.Add(time.Hour)}
	for _, w := range h.agenda.At(h.now) {
		if w.Device == o.Device && rapid.Bool().Draw(t, "booked") {
			l = w
		}
	}
	a := Attempt{
		ID: h.attempt, Step: Step{Op: rapid.SampledFrom([]Op{OpLogin, OpLogin, OpLogout}).Draw(t, "op"), Login: l, Cause: CauseStart},
		Outcome: rapid.SampledFrom([]Outcome{Done, Done, Refused, NotSent, NoEffect, Held}).Draw(t, "outcome"),
		Began:   h.now.Add(time.Duration(rapid.IntRange(-90, 30).Draw(t, "began")) * time.Second), Ended: h.now,
	}
	h.stays = h.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "stays")) * time.Minute)
	a.Stays = h.stays
	if a.Op == OpLogin && rapid.IntRange(0, 9).Draw(t, "moved since") == 0 {
		a.Device = "SEPFFFFFFFFFFFF"
	}
	switch a.Outcome {
	case Held:
		a.Op, a.Cause, a.Ended = OpHold, rapid.SampledFrom([]Cause{CauseStranger, CauseTooLate}).Draw(t, "cause"), time.Time{}
	case Refused:
		a.Class = rapid.SampledFrom(slices.Sorted(maps.Keys(map[Class]bool{ClassRetry: true, ClassBusy: true, ClassCredentials: true}))).Draw(t, "class")
	}
	return a
}

// TestPlannerDecidesOnce counts how many phones are decided about: all of them at first,
// then one that shows something else, and none in a round without news.
func TestPlannerDecidesOnce(t *testing.T) {
	var lines, phones []string
	for n := 1; n <= 50; n++ {
		lines = append(lines, fmt.Sprintf("D%d p%d 09:00 12:00", n, n))
		phones = append(phones, fmt.Sprintf("D%d p%d ours", n, n))
	}
	w, p, history := world(50, lines...), DefaultPolicy(), NewHistory(nil)
	planner, agenda := NewPlanner(p), NewAgenda(w, p, nil)
	planner.Manage(have(phones...))
	decided := func(at time.Time) (n int) {
		planner.Want(agenda.At(at))
		planner.Recall(history, Facts{})
		planner.Plan(Round{Now: at})
		for i := range planner.phones {
			if planner.phones[i].from.Equal(at) {
				n++
			}
		}
		return n
	}
	now := hm("10:00")
	next := func() time.Time { now = now.Add(time.Second); return now }
	if n := decided(next()); n != 50 {
		t.Errorf("%d at first", n)
	}
	if n := decided(next()); n != 0 {
		t.Errorf("%d without news", n)
	}
	planner.See(have("D7 -")[0])
	if n := decided(next()); n != 1 {
		t.Errorf("%d when one shows nobody", n)
	}
	history.Note(Attempt{ID: 1, Step: Step{Op: OpLogin, Login: Login{Device: desk(9).Device, Person: "p9"}}, Outcome: Done})
	if n := decided(next()); n != 1 {
		t.Errorf("%d when one was logged in", n)
	}
	w.Calendar = reservations.NewCalendar(booked(append(lines, "D3 ada 13:00 14:00")...))
	agenda = NewAgenda(w, p, nil)
	if n := decided(next()); n != 0 {
		t.Errorf("%d for a booking that is far ahead", n)
	}
	w.Calendar = reservations.NewCalendar(booked(append(lines[:49:49], "D50 p50 09:00 11:00")...))
	agenda = NewAgenda(w, p, nil)
	if n := decided(next()); n != 1 {
		t.Errorf("%d for a booking that has become shorter", n)
	}
}
