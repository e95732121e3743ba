package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/spelling"
)

// Filter narrows a list. The zero Filter narrows none; of what a list does not have,
// it takes no notice.
type Filter struct {
	Desk, Person string // a desk's id; a person's user id or mail address
	Site, Floor  string
	// From and Until bound instants and spans, half-open; a zero Until does not.
	From, Until time.Time
	// Cancelled lists also reservations that were cancelled or withdrawn.
	Cancelled bool
	// Limit is the most that is listed; 0 is no limit.
	Limit int

	desks map[string]bool // those at the site and on the floor; nil is all
}

// Narrow finds whom and what the filter names: the person of a mail address, and the
// desks at a site and on a floor. It has to come before the filter is used, and
// returns the site of the one desk that is named, too. A floor without desks is an
// error; a desk or person nobody knows is none, since history may know them: see
// [Model.Known].
func (m *Model) Narrow(ctx context.Context, f Filter) (narrowed Filter, site string, err error) {
	site = f.Site
	if f.Person != "" {
		if p, err := m.Records.Person(ctx, f.Person); err == nil { // else history may know them
			f.Person = p.ID
		}
	}
	if f.Desk == "" && f.Site == "" && f.Floor == "" {
		return f, site, nil
	}
	desks, err := m.Records.Desks(ctx)
	if err != nil {
		return f, site, err
	}
	if i := slices.IndexFunc(desks, func(d reservations.Desk) bool { return f.Site == "" && d.ID == f.Desk }); i >= 0 {
		site = desks[i].Site
	}
	var floors []string
	f.desks, floors = f.among(desks)
	if f.Floor != "" && len(f.desks) == 0 {
		return f, site, fmt.Errorf("no desk is on floor %q%s", f.Floor, spelling.Meant(f.Floor, floors))
	}
	if f.Site == "" && f.Floor == "" {
		f.desks = nil
	}
	return f, site, nil
}

// among are those of desks, by id, that are on the site and floor of f, and the floors
// that the site has.
func (f Filter) among(desks []reservations.Desk) (on map[string]bool, floors []string) {
	on = make(map[string]bool)
	for _, d := range desks {
		if f.Site != "" && d.Site != f.Site {
			continue
		}
		floors = append(floors, d.Floor)
		if f.Floor == "" || strings.EqualFold(d.Floor, f.Floor) {
			on[d.ID] = true
		}
	}
	return on, floors
}

// Known is an error when the filter's desk or person is known nowhere: why nothing
// was found. History names desks and people that have gone, so that it is asked
// about an empty list only.
func (m *Model) Known(ctx context.Context, f Filter) error {
	if f.Desk != "" {
		if _, err := m.Records.Desk(ctx, f.Desk); err != nil {
			return err
		}
	}
	if f.Person != "" {
		if _, err := m.Records.Person(ctx, f.Person); err != nil {
			return err
		}
	}
	return nil
}

// keeps reports whether what is of this desk is asked for.
func (f Filter) keeps(desk string) bool {
	return (f.Desk == "" || desk == f.Desk) && (f.desks == nil || f.desks[desk])
}
