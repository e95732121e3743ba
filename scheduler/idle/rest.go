package idle

import (
	"time"

	"deskd/reservations"
)

// Every is how often a phone that rests is to say so, and Gap how long it may be silent before
// it is taken to be in use: two such times, and a page that came late.
const (
	Every = time.Minute
	Gap   = 150 * time.Second
)

// Rest is what a phone has told of being touched.
type Rest struct {
	Device string
	// Since is when the phone first said that it rests, zero while it is in use: nobody has
	// touched it since, as far as it has said so without a gap.
	Since time.Time
	At    time.Time // of the last it told
	// Still is when the phone has said last that no stream runs there.
	Still time.Time
}

// Rested is r once the phone has said at an instant that it rests.
func (r Rest) Rested(at time.Time) Rest {
	if r.Since.IsZero() || at.Sub(r.At) > Gap {
		r.Since = at
	}
	r.At = reservations.Latest(r.At, at)
	return r
}

// Touched is r once someone has used the phone.
func (r Rest) Touched(at time.Time) Rest {
	return Rest{Device: r.Device, At: reservations.Latest(r.At, at)}
}

// Rests reports whether the phone is known to rest at now. What it told at an instant that is
// still to come, the clock having been set back since, says nothing.
func (r Rest) Rests(now time.Time) bool {
	return !r.Since.IsZero() && !r.At.After(now) && now.Sub(r.At) <= Gap
}

// News is what a phone has told since it was last written down.
type News struct {
	Device      string
	Touched     time.Time // the last time that it was used; zero: it was not
	First, Last time.Time // that it rests, after that; zero: it did not say so
}

// Rested is n once the phone has said that it rests.
func (n News) Rested(at time.Time) News {
	if n.First.IsZero() {
		n.First = at
	}
	n.Last = at
	return n
}

// Then is what n and the news behind it tell together.
func (n News) Then(later News) News {
	switch {
	case later == News{}:
		return n
	case !later.Touched.IsZero():
		return later
	case n.First.IsZero():
		n.First = later.First
	}
	n.Last = later.Last
	return n
}

// Take is r with news. Another node may have written r since the news began: what is older than a
// use of the phone, no matter which node has heard of that, says nothing of a rest after it.
func (r Rest) Take(n News) Rest {
	r.Device = n.Device
	first := n.First
	if r.Since.IsZero() && r.At.After(first) { // it was used then
		first = time.Time{}
		if n.Last.After(r.At) {
			first = n.Last
		}
	}
	if n.Touched.After(r.Since) {
		r = r.Touched(n.Touched)
	}
	if !first.IsZero() {
		r = r.Rested(first).Rested(n.Last)
	}
	return r
}
