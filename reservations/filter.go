package reservations

import "time"

// Filter narrows a list of reservations. A zero field does not.
type Filter struct {
	// Span keeps the reservations that share an instant with it.
	Span   Span
	Desk   string
	Person string // in any case
	Source string
	// IncludeCancelled adds those that were cancelled or withdrawn.
	IncludeCancelled bool
}

// Invalid is a confirmed reservation that is not acted on, and why.
type Invalid struct {
	Reservation
	Why string `json:"why"`
}

// FeedBookings counts what the feed called Feed has booked that is not over.
type FeedBookings struct {
	Feed     string    `json:"feed"`
	Bookings int       `json:"bookings"` // confirmed, or in conflict
	Running  int       `json:"running"`  // of those, confirmed and begun
	Until    time.Time `json:"until"`    // the last of their ends
}
