package scheduler

import "time"

// While deskd is off its clock may be set, and a machine that was off may start with a
// wrong one: that it was off until then looks the same. The phone system has a clock of
// its own and sends its time with every answer. So the first answer after a start is a
// witness, before anything is sent: if the two clocks are five minutes or more apart
// and have not been before, one of them is wrong, and whoever is on a phone stays
// until both agree, for a day at most. An answer without a date says nothing.
//
// While deskd runs it sees its clock jump, and the phone system's may: no witness then.

// examine compares the clock with the phone system's, once after a start, and reports
// whether a step has to be planned again because they differ.
func (r *Reconciler) examine(now time.Time) bool {
	if r.jump.examined || r.Beside {
		return false
	}
	date := r.Access.Date()
	if date.IsZero() {
		return false
	}
	r.jump.examined = true
	apart := now.Sub(date)
	if apart.Abs() < doubted && r.jump.Apart != 0 {
		r.jump.Apart, r.jump.unkept = 0, true
	}
	by := apart - r.jump.Apart
	if by.Abs() < doubted {
		r.creep(by, now)
		return false
	}
	if r.jump.explains(by) {
		return false
	}
	r.jump.testify(FormerClock{By: by, At: now, After: r.newest, Start: true, Disproved: true, Witness: true})
	r.jump.unkept = true
	r.read = time.Time{} // with the bookings around the other time
	r.publishClock()
	r.Log.Error("clock is not the phone system's: who is on a phone stays until both times agree, or for a day",
		"cluster", r.Cluster, "by", by.Round(time.Second))
	return true
}

// creep takes in a step that was made while deskd was off, and is too small to be
// doubted by itself. Steps of the phone system's clock are no smaller.
func (r *Reconciler) creep(by time.Duration, now time.Time) {
	unseen := by - r.jump.crept()
	if len(r.jump.Former) > 0 || unseen.Abs() < noticed {
		return
	}
	r.jump.addStep(ClockStep{After: 0, At: now, Left: unseen})
	r.jump.unkept = true
}

// explains reports whether a jump that is not believed yet has brought the clock to
// where it is.
func (c Clocks) explains(by time.Duration) bool {
	for _, f := range c.Former {
		if (!f.Start || f.Witness) && (f.By-by).Abs() < doubted {
			return true
		}
	}
	return false
}

// testify takes in what the phone system's clock says. By how much a clock differs from
// that of before a start, it knows better than the newest instant of the database.
func (j *jump) testify(f FormerClock) {
	if n := len(j.Former); n > 0 && j.Former[n-1].Start {
		f.At, f.After = j.Former[n-1].At, j.Former[n-1].After
		j.Former = j.Former[: n-1 : n-1]
	}
	j.remember(f)
	j.believeSteps(0)
}

// remember adds a former clock. The first is the one that was trusted, and stays.
func (c *Clocks) remember(f FormerClock) {
	c.Former = append(c.Former[:len(c.Former):len(c.Former)], f)
	if len(c.Former) > mostFormer {
		c.Former = append(c.Former[:1:1], c.Former[2:]...)
	}
}
