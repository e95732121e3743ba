package ical

// Calendar is what one VCALENDAR says for all its events. Lines below an event may
// still change it: look at it when all is read.
type Calendar struct {
	Cancelled   bool   // METHOD:CANCEL
	DefaultTZID string // X-WR-TIMEZONE, for floating times
	Database    string // X-DESKD-DATABASE: the deskd that has written it
	zones       map[string]*TimeZone
}

// Handler takes what [Decode] finds. A nil function is not called.
type Handler struct {
	// Event takes a VEVENT, as it ends, with its calendar, which may go on. The
	// event is valid during the call alone. An error ends the reading.
	Event func(*Calendar, *Event) error
	// Lost takes a fault that may hide an unknown event, and what can be done about it.
	Lost func(line int, what, hint string)
	// Note takes an oddity that costs no event.
	Note func(line int, format string, args ...any)
	// Known reports whether a TZID needs no VTIMEZONE; such VTIMEZONEs are not kept.
	Known func(tzid string) bool
}

// withDefaults is h without nil functions.
func (h Handler) withDefaults() Handler {
	if h.Event == nil {
		h.Event = func(*Calendar, *Event) error { return nil }
	}
	if h.Lost == nil {
		h.Lost = func(int, string, string) {}
	}
	if h.Note == nil {
		h.Note = func(int, string, ...any) {}
	}
	if h.Known == nil {
		h.Known = func(string) bool { return false }
	}
	return h
}
