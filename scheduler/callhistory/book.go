package callhistory

import (
	"maps"
	"slices"
	"time"

	"deskd/scheduler/plan"
)

// Book has the sessions of a cluster whose lists are to be cleared: a fold over its attempts in
// their order. Begun again from the journal it is the same, but for the tries. The zero Book is
// empty.
type Book struct {
	sessions map[int64]Session // by attempt
	// done is the newest login by device that has had success, or whose outcome nobody will ever
	// know; open are those that may have it yet.
	done map[string]int64
	open map[string]map[int64]bool
	// over are the attempts whose outcome was written down since turned, and before those of
	// [Reach] before that: a look may verify them later, and they are not pending again.
	over, before map[int64]bool
	turned       time.Time
}

// Reach is how far back the journal has to be read for a book.
const Reach = 24 * time.Hour

// Note takes in an attempt as it is now: one that is noted again counts as it is by then.
func (b *Book) Note(a plan.Attempt) {
	if b.sessions == nil {
		b.sessions, b.done, b.open = make(map[int64]Session), make(map[string]int64), make(map[string]map[int64]bool)
	}
	switch {
	case a.Op == plan.OpLogin:
		b.login(a)
	case a.Op != plan.OpLogout || a.Outcome != plan.Done || a.CallList != "":
	case b.sessions[a.ID].Attempt == 0 && !b.over[a.ID] && !b.before[a.ID]:
		b.sessions[a.ID] = Session{Attempt: a.ID, Desk: a.Desk, Device: a.Device, Ended: a.Confirmed()}
	}
}

func (b *Book) login(a plan.Attempt) {
	delete(b.open[a.Device], a.ID)
	switch a.Outcome {
	case plan.Open, plan.Unknown:
		if b.open[a.Device] == nil {
			b.open[a.Device] = make(map[int64]bool)
		}
		b.open[a.Device][a.ID] = true
	case plan.Done, plan.Abandoned:
		b.done[a.Device] = max(a.ID, b.done[a.Device])
	}
}

// begins reports whether a login that began after s may be under way at its phone.
func (b *Book) begins(s Session) bool {
	for id := range b.open[s.Device] {
		if id > s.Attempt {
			return true
		}
	}
	return false
}

// Tried notes that a try has come to nothing.
func (b *Book) Tried(attempt int64, problem string, now time.Time) {
	if s, known := b.sessions[attempt]; known {
		b.sessions[attempt] = s.tried(problem, now)
	}
}

// Forget removes a session whose outcome is written down.
func (b *Book) Forget(attempt int64, now time.Time) {
	delete(b.sessions, attempt)
	if b.over == nil || now.Sub(b.turned).Abs() > Reach {
		b.over, b.before, b.turned = make(map[int64]bool), b.over, now
	}
	b.over[attempt] = true
}

// Sessions are those that are pending, by attempt.
func (b *Book) Sessions() []Session {
	all := make([]Session, 0, len(b.sessions))
	for _, id := range slices.Sorted(maps.Keys(b.sessions)) {
		s := b.sessions[id]
		s.Taken, s.Beginning = b.done[s.Device] > id, b.begins(s)
		all = append(all, s)
	}
	return all
}

// Free reports whether a session is pending, and no login has begun at its phone since.
func (b *Book) Free(attempt int64) bool {
	s, pending := b.sessions[attempt]
	return pending && b.done[s.Device] < attempt && !b.begins(s)
}
