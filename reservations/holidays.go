package reservations

// Holiday is a day or several on which a site is closed, as a calendar names it.
type Holiday struct {
	Span
	Name string
}

// Holidays are those that the calendar of a site lists in a window, with or without days.
type Holidays struct {
	Feed, Site string
	Window     Span
	Days       []Holiday
}
