package phones

import (
	"time"

	"deskd/emapi"
)

// Duration says how long a session is asked for. The zero Duration asks for
// none: the phone system's own maximum applies.
type Duration struct {
	// Unit is what one unit of exclusiveDuration means to the cluster: a minute
	// according to a Cisco product reference, a second according to others.
	Unit time.Duration
	// Pad is asked for beyond the booking's end: the logout is deskd's, the
	// duration only the safety net for a daemon that died.
	Pad        time.Duration
	Indefinite bool
}

// Exclusive is the duration of a session that begins now and has to last
// until stays.
func (d Duration) Exclusive(stays, now time.Time) emapi.Exclusive {
	if d.Indefinite {
		return emapi.Indefinite
	}
	if d.Unit <= 0 {
		return emapi.SystemDefault
	}
	left := stays.Add(d.Pad).Sub(now)
	units := (left + d.Unit - 1) / d.Unit // rounded up: rather a moment too long
	return emapi.Exclusive(max(1, units))
}

// End is when a session that began, and was to last until stays, ends by itself,
// to a few seconds; the zero time when deskd does not know.
func (d Duration) End(stays, began time.Time) time.Time {
	if d.Counted() <= 0 || began.IsZero() {
		return time.Time{}
	}
	return began.Add(time.Duration(d.Exclusive(stays, began)) * d.Unit)
}

// Counted is the unit sessions are asked for in, 0 when they are not timed.
func (d Duration) Counted() time.Duration {
	if d.Indefinite {
		return 0
	}
	return d.Unit
}
