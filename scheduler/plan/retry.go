package plan

import "time"

// Class says how the daemon reacts to what the phone system has answered. The codes
// of the wire are mapped to classes in em.go, and nowhere else; an attempt carries its
// class from when it is recorded.
type Class string

// The classes of refusals.
const (
	ClassRetry       Class = "retry"       // passes by itself
	ClassBusy        Class = "busy"        // too many requests at once; passes within seconds
	ClassObserve     Class = "observe"     // the device is not as it was seen; look again and decide
	ClassOccupied    Class = "occupied"    // likewise: another session is on the device
	ClassElsewhere   Class = "elsewhere"   // the person is logged in on another device; ask which
	ClassPolicy      Class = "policy"      // once more, then a person has to look
	ClassFault       Class = "fault"       // of this desk or person; only a change fixes it
	ClassHalt        Class = "halt"        // of the installation; every further request makes it worse
	ClassCredentials Class = "credentials" // likewise: of the application user or its password
)

// The classes of attempts that were not refused.
const (
	ClassNobody   Class = "nobody"    // a logout, done: there was no session to end
	ClassNoAnswer Class = "no-answer" // nothing came within the deadline
)

// Halts reports whether every further request to the cluster would make it worse.
func (c Class) Halts() bool { return c == ClassHalt || c == ClassCredentials }

// Looks reports whether the device is not as it was seen.
func (c Class) Looks() bool { return c == ClassObserve || c == ClassOccupied }

// Waits after the n-th failure in a row; the last entry repeats. In the margin,
// the time since the first failure.
var (
	waitsRetry = []time.Duration{
		5 * time.Second,  // 0:05
		15 * time.Second, // 0:20
		30 * time.Second, // 0:50
		time.Minute,      // 1:50
		2 * time.Minute,  // 3:50
		5 * time.Minute,  // 8:50, and on
	}
	waitsBusy = []time.Duration{
		time.Second,      // 0:01
		2 * time.Second,  // 0:03
		4 * time.Second,  // 0:07
		8 * time.Second,  // 0:15
		15 * time.Second, // 0:30, and on
	}
	// The look at the device that a refusal of this class asks for comes first;
	// a second one in a row means that looking does not help.
	waitsObserve = []time.Duration{
		0,                // at once, on what the look has shown
		15 * time.Second, // 0:15
		time.Minute,      // 1:15
		5 * time.Minute,  // 6:15, and on
	}
	waitsPolicy = []time.Duration{
		30 * time.Second, // 0:30
		15 * time.Minute, // 15:30, and on
	}
	// A fault may pass by itself, as while a directory is being copied, so each is
	// tried once more. Then asking does not help; the slow retry finds that it was
	// corrected in the phone system, where deskd sees no change.
	waitsFault = []time.Duration{
		30 * time.Second, // 0:30
		15 * time.Minute, // 15:30, and on
	}
	// The probe of a halted cluster comes first: if it is answered, the others go
	// before the one whose login halted it, which may do so again.
	waitsHalt = []time.Duration{
		20 * time.Minute, // 0:20:00
		time.Hour,        // 1:20:00
		4 * time.Hour,    // 5:20:00, and on
	}
	// An answer that claims success without effect: three tries, then slowly.
	waitsNoEffect = []time.Duration{
		5 * time.Second,  // 0:05
		15 * time.Second, // 0:20
		15 * time.Minute, // 15:20, and on
	}
)

// backoff is the wait after t.
func backoff(t tries) time.Duration {
	waits := waitsRetry
	switch {
	case t.out == NoEffect:
		waits = waitsNoEffect
	case t.out == Refused:
		waits = waitsOf(t.class)
	}
	return waits[min(t.n, len(waits))-1]
}

func waitsOf(c Class) []time.Duration {
	switch c {
	case ClassBusy:
		return waitsBusy
	case ClassObserve, ClassOccupied, ClassElsewhere:
		return waitsObserve
	case ClassPolicy:
		return waitsPolicy
	case ClassFault:
		return waitsFault
	case ClassHalt, ClassCredentials:
		return waitsHalt
	default:
		return waitsRetry
	}
}
