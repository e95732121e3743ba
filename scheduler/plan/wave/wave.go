package wave

import (
	"cmp"
	"slices"
	"time"
)

// Job is what one phone needs.
type Job struct {
	Logout  bool      // a session there is ended before the login, in a slot of its own
	Release time.Time // the first slot is not taken before
	Due     time.Time // the login's slot should begin no later
}

// Slots is how many j needs.
func (j Job) Slots() int {
	if j.Logout {
		return 2
	}
	return 1
}

// Slot is when the requests of a job go out.
type Slot struct {
	Out  time.Time // of the logout, the zero time where there is none
	In   time.Time // of the login
	Late bool      // the login is not in time
}

// Slack is how late a login may go out that still counts as in time: rounds and answers
// take a moment, and a wave that is packed closely has none to spare.
const Slack = 2 * time.Second

// Schedule returns the slot of each job, by index. Gap is the time between two slots, 0
// for no limit; no slot is taken before now, but for those that Slack lets be overdue. If
// release and due times are in the same order, no schedule has more phones in time, nor,
// when all can be, a smaller greatest lateness.
func Schedule(jobs []Job, gap time.Duration, now time.Time) []Slot {
	return schedule(jobs, gap, now, Slack)
}

func schedule(jobs []Job, gap time.Duration, now time.Time, slack time.Duration) []Slot {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := jobs[a], jobs[b]
		return cmp.Or(x.Due.Compare(y.Due), later(now, x.Release).Compare(later(now, y.Release))) // no matter since when
	})
	w := server{jobs: jobs, gap: gap, now: now, slack: slack, slots: make([]Slot, len(jobs))}
	if first, ok := w.pushBack(order); !ok || first.Before(now.Add(-slack)) {
		inTime, late := w.choose(order)
		w.pushBack(inTime)
		w.fill(inTime, late)
	}
	return w.slots
}

// server is a cluster whose slots are given away.
type server struct {
	jobs  []Job
	gap   time.Duration
	now   time.Time
	slack time.Duration
	slots []Slot
}

// pushBack gives each of some jobs, in the order of their due times, the latest slot that
// leaves those behind it theirs. It returns the first slot, and whether none is before its
// job's release.
func (w server) pushBack(order []int) (first time.Time, ok bool) {
	ok = true
	for k, i := range slices.Backward(order) {
		j, s := w.jobs[i], Slot{In: w.jobs[i].Due}
		if behind := first.Add(-w.gap); k < len(order)-1 && behind.Before(s.In) {
			s.In = behind
		}
		first = s.In
		if j.Logout {
			s.Out = s.In.Add(-w.gap)
			first = s.Out
		}
		ok = ok && !first.Before(j.Release.Add(-w.slack))
		w.slots[i] = s
	}
	return first, ok
}

// placed is a job in a schedule from now on without gaps.
type placed struct {
	job   int
	begin time.Time // of its first slot
}

// choose divides the jobs, in the order of their due times, into as many as can be in
// time, and the others, by the algorithm of Kise, Ibaraki and Mine (Operations Research 26,
// 1978): the jobs are taken up one by one, each as early as possible; where one comes too
// late, that one leaves without which the others are through earliest. Where that is
// neither the one that was just taken up nor one with two slots, nothing is gained.
func (w server) choose(order []int) (inTime, late []int) {
	var line []placed
	var doubles []int // positions in line of those with two slots, behind the last idle time
	free := w.now
	for _, i := range order {
		j := w.jobs[i]
		p := placed{job: i, begin: later(free, j.Release)}
		if p.begin.After(free) {
			doubles = doubles[:0]
		}
		end := p.begin.Add(time.Duration(j.Slots()) * w.gap)
		if !end.Add(-w.gap).After(j.Due.Add(w.slack)) {
			if j.Logout {
				doubles = append(doubles, len(line))
			}
			line, free = append(line, p), end
			continue
		}
		// One with two slots leaves for one with a single slot, if the others can move up.
		n := len(doubles)
		if j.Logout || n == 0 || w.movesUp(append(line, p), doubles[n-1]) <= w.gap {
			late = append(late, i)
			continue
		}
		at := doubles[n-1]
		doubles = doubles[:n-1]
		late = append(late, line[at].job)
		line, free = w.leave(append(line, p), at)
	}
	for _, p := range line {
		inTime = append(inTime, p.job)
	}
	slices.SortStableFunc(late, func(a, b int) int { return w.jobs[a].Due.Compare(w.jobs[b].Due) })
	return inTime, late
}

// movesUp is by how much the jobs behind a position move up when that one leaves.
func (w server) movesUp(line []placed, at int) time.Duration {
	by := time.Duration(w.jobs[line[at].job].Slots()) * w.gap
	for _, p := range line[at+1:] {
		by = min(by, p.begin.Sub(later(w.now, w.jobs[p.job].Release)))
	}
	return by
}

// leave takes a job out of the line, and returns it with the instant at which it is through.
func (w server) leave(line []placed, at int) ([]placed, time.Time) {
	free := line[at].begin
	line = slices.Delete(line, at, at+1)
	for k := at; k < len(line); k++ {
		j := w.jobs[line[k].job]
		line[k].begin = later(free, j.Release)
		free = line[k].begin.Add(time.Duration(j.Slots()) * w.gap)
	}
	return line, free
}

// fill gives the other jobs the earliest slots between those of the jobs that are in time,
// both in the order of their due times.
func (w server) fill(inTime, late []int) {
	taken := make([]time.Time, 0, 2*len(inTime))
	for _, i := range inTime {
		if s := w.slots[i]; !s.Out.IsZero() {
			taken = append(taken, s.Out)
		}
		taken = append(taken, w.slots[i].In)
	}
	at := w.now
	place := func() time.Time {
		for len(taken) > 0 && taken[0].Before(at.Add(w.gap)) {
			at = later(at, taken[0].Add(w.gap))
			taken = taken[1:]
		}
		slot := at
		at = at.Add(w.gap)
		return slot
	}
	for _, i := range late {
		at = later(at, w.jobs[i].Release)
		s := Slot{}
		if w.jobs[i].Logout {
			s.Out = place()
		}
		s.In = place()
		s.Late = s.In.After(w.jobs[i].Due.Add(w.slack))
		w.slots[i] = s
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
