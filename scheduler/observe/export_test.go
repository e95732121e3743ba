package observe

import (
	"time"

	"deskd/scheduler/plan"
)

// What the tests look at, which stand outside the package: the store they write to
// imports the scheduler.
const (
	WhereEvery   = whereEvery
	AbandonAfter = abandonAfter
)

// MayComeLate reports whether a login that was thought lost is still waited for.
func (p *Phones) MayComeLate(device string) bool {
	_, late := p.late[device]
	return late
}

// IsStale is stale.
func (p *Phones) IsStale(h plan.Observation, asked time.Time) bool { return p.stale(h, asked) }

// Wanted is wanted.
func (w Whereabouts) Wanted(want []plan.Login, planned []plan.Step, now time.Time) map[string]bool {
	return w.wanted(want, planned, now)
}
