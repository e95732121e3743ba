package phones

import (
	"fmt"
	"slices"
	"strings"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Directory finds known people by the likeness of their ids. A reply spells an
// id in one of several ways (percent-encoded or not, a blank as a plus sign, in
// another case or form of Unicode), so that one spelling can stand for two
// people: "max+power" for max+power, and for max power.
type Directory map[string][]string

// NewDirectory returns the directory of people.
func NewDirectory(people []reservations.Person) Directory {
	d := make(Directory, len(people))
	for _, p := range people {
		key := reservations.Likeness(p.ID)
		same := func(id string) bool { return reservations.PersonKey(id) == reservations.PersonKey(p.ID) }
		if !slices.ContainsFunc(d[key], same) {
			d[key] = append(d[key], p.ID)
		}
	}
	return d
}

// meant returns the known people that a reply can mean by raw, as they are
// spelt here and in the order of the readings.
func (d Directory) meant(raw string) []string {
	var ids []string
	for _, reading := range readings(raw) {
		for _, id := range d[reservations.Likeness(reading)] {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Recognise says who it is that a fresh answer names: the one known person it can
// mean, or a stranger as the reply spells them. An answer that can mean two known
// people says nothing: to act on it might log out the right one as a
// stranger, or take a stranger for them.
func (d Directory) Recognise(h plan.Observation) plan.Observation {
	if !h.Known || h.Raw == "" {
		return h
	}
	switch ids := d.meant(h.Raw); len(ids) {
	case 0:
	case 1:
		h.Person = ids[0]
	default:
		h.Known, h.Person = false, ""
		h.Doubt = fmt.Sprintf("the phone system names %q, which can be %s: change one of these user ids", h.Raw, strings.Join(ids, " or "))
	}
	return h
}

// Alike lists the groups of known people that answers of the phone system need
// not tell apart, each in the order of people. While one of a group is on a
// phone, its state is unknown, and nothing is done there.
func Alike(people []reservations.Person) [][]string {
	d := NewDirectory(people)
	place := make(map[string]int, len(people))
	for i, p := range people {
		place[p.ID] = i
	}
	var groups [][]string
	listed := make(map[string]bool)
	for _, p := range people {
		if listed[p.ID] {
			continue
		}
		group := d.alike(p.ID)
		for _, id := range group {
			listed[id] = true
		}
		if len(group) > 1 {
			slices.SortFunc(group, func(a, b string) int { return place[a] - place[b] })
			groups = append(groups, group)
		}
	}
	return groups
}

// alike is the group of id, itself included.
func (d *Directory) alike(id string) []string {
	group := []string{id}
	for i := 0; i < len(group); i++ { // it grows: a may meet b, and b c
		for _, raw := range spellings(group[i]) {
			for _, other := range d.meant(raw) {
				if !slices.Contains(group, other) && reservations.PersonKey(other) != reservations.PersonKey(group[i]) {
					group = append(group, other)
				}
			}
		}
	}
	return group
}
