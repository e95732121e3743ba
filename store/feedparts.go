package store

import (
	"cmp"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// feedPart is how many bookings of a feed's change one transaction takes at most,
// but for those that belong together: less than 0.1 s.
const feedPart = 50

// moved is what a change does to a booking: it frees places, takes some, or both.
type moved struct {
	drop, update, add int // index into that part of the change, or -1
	group             int
}

// feedParts divides a change into some that can be made one after another, each of
// [feedPart] bookings. Bookings whose times at a desk overlap stay together, those
// that go with those that come in their place, so that after each part everybody is
// as they were or as they will be, and the order of the parts makes no difference.
// What they have in common with other desks, as when someone moves, is two bookings
// to deskd at any rate. There is one part at least.
func feedParts(tx *gorm.DB, c reservations.Change) ([]reservations.Change, error) {
	if len(c.Drop)+len(c.Update)+len(c.Add) <= feedPart {
		return []reservations.Change{c}, nil
	}
	all, places, err := placesOf(tx, c)
	if err != nil {
		return nil, err
	}
	return packed(c, grouped(all, places)), nil
}

// placesOf lists what c does, and the places of it: of an update that from which
// the booking goes, too.
func placesOf(tx *gorm.DB, c reservations.Change) (all []moved, places []tables.Place, err error) {
	at := func(r reservations.Reservation) {
		places = append(places, tables.Place{Desk: r.Desk, Span: r.Span.UTC(), Of: len(all) - 1})
	}
	for i, r := range c.Drop {
		all = append(all, moved{i, -1, -1, len(all)})
		at(r)
	}
	updates := make(map[string]int, len(c.Update))
	for i, r := range c.Update {
		all = append(all, moved{-1, i, -1, len(all)})
		updates[r.ID] = len(all) - 1
		at(r)
	}
	for i, r := range c.Add {
		all = append(all, moved{-1, -1, i, len(all)})
		at(r)
	}
	for part := range slices.Chunk(c.Update, 500) {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		var rows []tables.Reservation
		if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
			return nil, nil, err
		}
		for _, row := range rows {
			places = append(places, tables.Place{Desk: row.Desk, Span: row.Span(), Of: updates[row.ID]})
		}
	}
	return all, places, nil
}

// grouped gives those whose places overlap the same group, that of the first of them.
func grouped(all []moved, places []tables.Place) []moved {
	var first func(i int) int
	first = func(i int) int {
		if all[i].group != i {
			all[i].group = first(all[i].group)
		}
		return all[i].group
	}
	slices.SortFunc(places, func(a, b tables.Place) int { return cmp.Or(cmp.Compare(a.Desk, b.Desk), a.Start.Compare(b.Start)) })
	for i := 1; i < len(places); i++ {
		before, p := places[i-1], &places[i]
		if before.Desk != p.Desk || !p.Start.Before(before.End) {
			continue
		}
		a, b := first(before.Of), first(p.Of)
		all[max(a, b)].group = min(a, b)
		p.End = reservations.Latest(p.End, before.End) // what follows may overlap the longer one
	}
	for i := range all {
		all[i].group = first(i)
	}
	return all
}

// packed puts whole groups into parts, in the order of their first bookings.
func packed(c reservations.Change, all []moved) []reservations.Change {
	slices.SortStableFunc(all, func(a, b moved) int { return cmp.Compare(a.group, b.group) })
	var parts []reservations.Change
	var part reservations.Change
	n := 0
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].group == all[from].group {
			to++
		}
		if n > 0 && n+to-from > feedPart {
			parts, part, n = append(parts, part), reservations.Change{}, 0
		}
		for _, m := range all[from:to] {
			switch {
			case m.drop >= 0:
				part.Drop = append(part.Drop, c.Drop[m.drop])
			case m.update >= 0:
				part.Update = append(part.Update, c.Update[m.update])
			default:
				part.Add = append(part.Add, c.Add[m.add])
			}
		}
		n += to - from
		from = to
	}
	return append(parts, part)
}
