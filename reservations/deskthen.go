package reservations

// DeskThen is a desk as it was at an instant of the past, by the rows as they are
// now and the audit of what has become of them.
type DeskThen struct {
	// Desk has the site, cluster and phone of then; name, floor and zone are
	// today's, for the audit does not have them.
	Desk Desk
	// Reservations are those of the desk around then, as they were then, in
	// calendar order, and Since says by id what has become of those that are
	// otherwise now.
	Reservations []Reservation
	Since        map[string]string
	// NotKnown says what the audit does not tell, in words.
	NotKnown []string
}
