package reservations

import (
	"maps"
	"slices"
)

// Unknown are desks and people that reservations name and that there are not, with what
// to say of each. The zero Unknown is none of them.
type Unknown struct {
	desks  map[string]string // by id
	people map[string]string // by PersonKey
}

// AddDesk adds a desk, and why no reservation of it is acted on.
func (u *Unknown) AddDesk(id, why string) {
	if u.desks == nil {
		u.desks = make(map[string]string)
	}
	u.desks[id] = why
}

// AddPerson adds a person, and why no reservation of theirs is acted on.
func (u *Unknown) AddPerson(id, why string) {
	if u.people == nil {
		u.people = make(map[string]string)
	}
	u.people[PersonKey(id)] = why
}

// Add adds what is unknown besides.
func (u *Unknown) Add(more Unknown) {
	for id, why := range more.desks {
		u.AddDesk(id, why)
	}
	for id, why := range more.people {
		u.AddPerson(id, why)
	}
}

// Desks are the ids of the desks, sorted.
func (u Unknown) Desks() []string { return slices.Sorted(maps.Keys(u.desks)) }

// People are the user ids of the people, folded by [PersonKey] and sorted.
func (u Unknown) People() []string { return slices.Sorted(maps.Keys(u.people)) }

// Why says why r is not acted on; empty where both its names are known.
func (u Unknown) Why(r Reservation) string {
	if why := u.desks[r.Desk]; why != "" {
		return why
	}
	return u.people[PersonKey(r.Person)]
}
