package daemon

import (
	"sync"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// Bookings is the way to book, by the rules of the configuration.
func (a *Parts) Bookings() booking.Bookings {
	return booking.Bookings{Store: a.Store.Bookings(), Rules: a.rulesOf}
}

// rulebook remembers what the configuration says of each place, for the texts of rules are
// read again and again where many desks are looked at. The zero rulebook remembers nothing.
type rulebook struct{ read sync.Map }

// place is what the rules of a desk depend on.
type place struct{ site, floor, zone, desk string }

// rulesOf are the rules of a desk, with the clock of its site. A desk whose site is not
// configured has none.
func (a *Parts) rulesOf(d reservations.Desk) rules.Rules {
	of := place{d.Site, d.Floor, d.Zone, d.ID}
	if known, ok := a.rules.read.Load(of); ok {
		return known.(rules.Rules) //nolint:forcetypeassert // it holds nothing else
	}
	var r rules.Rules
	for _, s := range a.Config.Sites {
		if s.Name == d.Site {
			r = s.RulesOf(d.ID, d.Floor, d.Zone)
		}
	}
	r.Clock = a.View.Zone(d.Site)
	a.rules.read.Store(of, r)
	return r
}
