package calendar

import (
	"slices"

	"deskd/reservations/feed/ical"
)

// addPlace adds the name or address in p to the places of the event.
func (d *Event) addPlace(p *ical.Property) {
	if name := ical.Unescape([]byte(p.Party().Address)); name != "" && !slices.Contains(d.Places, name) {
		d.Places = append(d.Places, name)
	}
}
