package scheduler_test

import "testing"

// A feed that has never booked anything is being set up, and is not asked about, also
// when it was empty at first. One that was emptied is.
func TestFirstReadingIsNotHeld(t *testing.T) {
	f := newTeller(t)
	f.Brake.Added, f.Brake.Count = 1, 5
	two := vcalendar(vevent("a"), vevent("b", "DTSTART:20260303T110000Z", "DTEND:20260303T120000Z"))
	f.say(vcalendar())
	rows, state := f.say(two)
	if rows == "" || state.HeldGain != 0 {
		t.Errorf("the first bookings: %q, %d held", rows, state.HeldGain)
	}
	if rows, _ = f.say(vcalendar()); rows != "" {
		t.Errorf("emptied: %q", rows)
	}
	if rows, state = f.say(two); rows != "" || state.HeldGain != 2 {
		t.Errorf("filled again: %q, %d held", rows, state.HeldGain)
	}
}
