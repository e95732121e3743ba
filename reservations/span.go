package reservations

import "time"

// Span is a half-open stretch of time [Start, End). The zero Span is empty.
// Both ends are instants; the package keeps them in UTC.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Contains reports whether t lies in s: the start does, the end does not.
func (s Span) Contains(t time.Time) bool {
	return !t.Before(s.Start) && t.Before(s.End)
}

// Overlaps reports whether s and o share an instant. Spans back to back do not,
// and an empty span overlaps nothing.
func (s Span) Overlaps(o Span) bool {
	return !s.Empty() && !o.Empty() && s.Start.Before(o.End) && o.Start.Before(s.End)
}

// Empty reports whether s holds no instant: its end is not after its start.
func (s Span) Empty() bool { return !s.End.After(s.Start) }

// Equal reports whether both ends are the same instants, whatever their zones.
func (s Span) Equal(o Span) bool { return s.Start.Equal(o.Start) && s.End.Equal(o.End) }

// Duration is the length of s, zero for an empty span.
func (s Span) Duration() time.Duration {
	if s.Empty() {
		return 0
	}
	return s.End.Sub(s.Start)
}

// UTC returns s with both ends in UTC and whole seconds, the form reservations
// are stored in. Phones are not driven to fractions of a second.
func (s Span) UTC() Span {
	return Span{Start: s.Start.UTC().Truncate(time.Second), End: s.End.UTC().Truncate(time.Second)}
}

// Earliest is the earlier of two instants, and b when they are the same.
func Earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Latest is the later of two instants, and b when they are the same.
func Latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
