package clock

import "time"

// While deskd is off its clock may be set, and a machine that was off may start with a
// wrong one: that it was off until then looks the same. The phone system has a clock of
// its own and sends its time with every answer. So the first answer after a start is a
// witness, before anything is sent: if the two clocks are five minutes or more apart
// and have not been before, one of them is wrong, and people stay on their phones
// until both agree, for a day at most. An answer without a date says nothing.
//
// While deskd runs it sees its clock jump, and the phone system's may: no witness then.

// Examine compares the clock with date, the phone system's, once after a start, and
// reports whether a step has to be planned again because they differ. A zero date says
// nothing. Newest is the newest attempt.
func (t *Trust) Examine(date time.Time, newest int64) bool {
	if t.examined || date.IsZero() {
		return false
	}
	now := t.Looked()
	t.examined = true
	apart := now.Sub(date)
	if apart.Abs() < Doubted && t.Apart != 0 {
		t.Apart, t.unsaved = 0, true
	}
	by := apart - t.Apart
	if by.Abs() < Doubted {
		t.creep(by, now)
		return false
	}
	if t.explains(by) {
		return false
	}
	t.testify(FormerClock{By: by, At: now, After: newest, Start: true, Disproved: true, Witness: true})
	t.unsaved = true
	t.publish()
	t.log.Error("clock is not the phone system's: who is on a phone stays until both times agree, or for a day", "by", by.Round(time.Second))
	return true
}

// creep takes in a step that was made while deskd was off, and is too small to be
// doubted by itself. Steps of the phone system's clock are no smaller.
func (t *Trust) creep(by time.Duration, now time.Time) {
	unseen := by - t.crept()
	if len(t.Former) > 0 || unseen.Abs() < Noticed {
		return
	}
	t.addStep(Step{After: 0, At: now, Left: unseen})
	t.unsaved = true
}

// explains reports whether a jump that is not believed yet has brought the clock to
// where it is.
func (c Clocks) explains(by time.Duration) bool {
	for _, f := range c.Former {
		if (!f.Start || f.Witness) && (f.By-by).Abs() < Doubted {
			return true
		}
	}
	return false
}

// testify takes in what the phone system's clock says. By how much a clock differs from
// that of before a start, it knows better than the newest instant of the database.
func (t *Trust) testify(f FormerClock) {
	if n := len(t.Former); n > 0 && t.Former[n-1].Start {
		f.At, f.After = t.Former[n-1].At, t.Former[n-1].After
		t.Former = t.Former[: n-1 : n-1]
	}
	t.remember(f)
	t.believeSteps(0)
}
