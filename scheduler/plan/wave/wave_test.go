package wave

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// at is an instant some slots after nine.
func at(slots int) time.Time { return nine.Add(time.Duration(slots) * time.Second) }

// draw is a small instance whose release and due times are in the same order, in slots.
func draw(t *rapid.T, same bool) []Job {
	n := rapid.IntRange(1, 6).Draw(t, "phones")
	var releases, dues []int
	for i := range n {
		releases = append(releases, rapid.IntRange(-2, 6).Draw(t, fmt.Sprintf("release %d", i)))
		dues = append(dues, rapid.IntRange(0, 9).Draw(t, fmt.Sprintf("due %d", i)))
	}
	if same {
		slices.Sort(releases)
		slices.Sort(dues)
	}
	var jobs []Job
	for i := range n {
		jobs = append(jobs, Job{Logout: rapid.Bool().Draw(t, fmt.Sprintf("logout %d", i)), Release: at(releases[i]), Due: at(dues[i])})
	}
	return jobs
}

// best is the least number of late phones of any schedule, and the least greatest lateness
// of the schedules with as many, by trying all: in each slot, each phone or none.
func best(jobs []Job) (late int, most time.Duration) {
	last := 9 + 2*len(jobs)
	type situation struct {
		slot int
		done [6]int // slots that each phone has had
	}
	type outcome struct {
		late int
		most time.Duration
	}
	known := make(map[situation]outcome)
	var try func(s situation) outcome
	try = func(s situation) outcome {
		if o, ok := known[s]; ok {
			return o
		}
		open := false
		o := outcome{late: len(jobs) + 1}
		offer := func(p outcome) {
			if p.late < o.late || p.late == o.late && p.most < o.most {
				o = p
			}
		}
		for i, j := range jobs {
			if s.done[i] == j.Slots() {
				continue
			}
			open = true
			if s.slot == last || at(s.slot).Before(j.Release) {
				continue
			}
			next := s
			next.slot++
			next.done[i]++
			p := try(next)
			if by := at(s.slot).Sub(j.Due); next.done[i] == j.Slots() && by > 0 {
				p.late++
				p.most = max(p.most, by)
			}
			offer(p)
		}
		if !open {
			o = outcome{}
		} else if s.slot < last {
			next := s
			next.slot++
			offer(try(next))
		}
		known[s] = o
		return o
	}
	o := try(situation{})
	return o.late, o.most
}

// judge counts the late phones of a schedule and their greatest lateness, and fails when it
// is none.
func judge(t *rapid.T, jobs []Job, got []Slot, gap time.Duration, now time.Time) (late int, most time.Duration) {
	var all []time.Time
	for i, s := range got {
		first := s.In
		if jobs[i].Logout {
			first = s.Out
			all = append(all, s.Out)
			if s.In.Sub(s.Out) < gap {
				t.Fatalf("phone %d: logout at %v, login at %v", i, s.Out, s.In)
			}
		}
		if first.Before(jobs[i].Release) || first.Before(now) {
			t.Fatalf("phone %d goes out at %v, released at %v", i, first, jobs[i].Release)
		}
		all = append(all, s.In)
		by := s.In.Sub(jobs[i].Due)
		if (by > 0) != s.Late {
			t.Fatalf("phone %d is late by %v, and Late is %v", i, by, s.Late)
		}
		if by > 0 {
			late++
			most = max(most, by)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	for i := 1; i < len(all); i++ {
		if all[i].Sub(all[i-1]) < gap {
			t.Fatalf("slots at %v and %v", all[i-1], all[i])
		}
	}
	return late, most
}

// No schedule has fewer late phones, and if all are in time or all late, none a smaller
// greatest lateness: held against all schedules of small instances.
func TestScheduleIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := draw(t, true)
		late, most := judge(t, jobs, schedule(jobs, time.Second, nine, 0), time.Second, nine)
		want, least := best(jobs)
		if late != want {
			t.Fatalf("%d phones late, %d would do: %v", late, want, jobs)
		}
		if late == len(jobs) && most != least {
			t.Fatalf("late by up to %v, %v would do: %v", most, least, jobs)
		}
	})
}

// Where the order of release and due times differs, the schedule is one nevertheless, and
// seldom has a late phone more than needed.
func TestScheduleOfMixedOrder(t *testing.T) {
	n, more := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		jobs := draw(t, false)
		late, _ := judge(t, jobs, schedule(jobs, time.Second, nine, 0), time.Second, nine)
		want, _ := best(jobs)
		n++
		more += late - want
	})
	if t.Logf("%d late phones more than needed in %d instances", more, n); more*10 > n {
		t.Errorf("%d late phones more than needed in %d instances", more, n)
	}
}
