package plan

import "slices"

// Misdated are the attempts after one and through another: they were begun by a
// clock that was put right since, and their instants say nothing.
type Misdated struct {
	After   int64 `json:"after"`
	Through int64 `json:"through"`
}

// IsMisdated reports whether an attempt is one of them.
func IsMisdated(misdated []Misdated, attempt int64) bool {
	return slices.ContainsFunc(misdated, func(m Misdated) bool { return attempt > m.After && attempt <= m.Through })
}
