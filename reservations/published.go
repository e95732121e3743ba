package reservations

import "strings"

// published is how the UIDs end that a deskd has made.
const published = ".deskd"

// PublishedUID is the UID of r in the calendars that the database called self publishes.
// It stays the same while the booking does, whatever changes of it. A booking that was
// read from the calendar of another deskd keeps the UID that it has there.
func (r Reservation) PublishedUID(self string) string {
	if strings.HasSuffix(r.UID, published) && r.Occurrence == "" {
		return r.UID
	}
	return r.ID + "@" + self + published
}

// PublishedBy reports whether the database called self has made a UID: a feed that shows it
// shows one of its own bookings.
func PublishedBy(uid, self string) bool {
	return self != "" && strings.HasSuffix(uid, "@"+self+published)
}
