package plan

import (
	"cmp"
	"slices"
	"time"

	"deskd/reservations"
)

// spread sets when the logins of a wave go out: as late as the cluster's rate
// allows for all of them to be through at their due instants. Seen from the
// last due login backwards, each takes the slot before the one behind it; a
// slot before the release is not taken. These are unit jobs with release times
// on one rate-limited server, for which earliest due date first is optimal.
func spread(chains []chain, pace Pace) {
	var wave []chain
	for _, c := range chains {
		if c.last().Op == OpLogin {
			wave = append(wave, c)
		}
	}
	slices.SortStableFunc(wave, func(a, b chain) int {
		x, y := a.last(), b.last()
		return cmp.Or(y.Due.Compare(x.Due), cmp.Compare(y.Device, x.Device))
	})
	gap := pace.gap()
	var behind time.Time // the slot of the login behind
	for _, c := range wave {
		in := c.last()
		slot := in.Due
		if !behind.IsZero() {
			slot = reservations.Earliest(slot, behind.Add(-gap))
		}
		in.NotBefore = reservations.Latest(in.Release, slot)
		// A logout that makes room takes a slot of its own before the login,
		// and never has to wait longer than the login itself.
		if len(c) > 1 {
			c[0].NotBefore = reservations.Earliest(c[0].NotBefore, in.NotBefore)
			slot = slot.Add(-gap)
		}
		behind = slot
	}
}

// delay moves a chain behind the waits that earlier refusals ask for. A login
// waits with the logout that makes room for it.
func delay(c chain, m History) {
	for i := range c {
		if c[i].Op == OpHold {
			continue
		}
		until, why := m.Wait(c[i])
		if i > 0 {
			until = reservations.Latest(until, c[i-1].NotBefore)
		}
		c[i].NotBefore = reservations.Latest(c[i].NotBefore, until)
		if why != "" {
			c[i].Why += "; " + why
		}
	}
}
