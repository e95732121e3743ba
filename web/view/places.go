package view

import (
	"context"
	"fmt"
	"slices"

	"deskd/reservations"
)

// Place is a part of the house, or a desk; what is beside the question is ”.
type Place struct{ Site, Floor, Zone, Desk string }

// Nowhere says what of a place there is not: a list of a place that is misspelt is empty, as that
// of a place where nothing is. It is "" where there is all of it.
func (m *Model) Nowhere(ctx context.Context, p Place) (string, error) {
	if p == (Place{}) {
		return "", nil
	}
	desks, err := m.Records.Desks(ctx)
	if err != nil {
		return "", err
	}
	if p == (Place{Site: p.Site}) && slices.Contains(m.SiteNames(), p.Site) { // it may have no desks yet
		return "", nil
	}
	within := ""
	for _, part := range []struct {
		called, name string
		of           func(reservations.Desk) string
	}{
		{"site", p.Site, func(d reservations.Desk) string { return d.Site }},
		{"floor", p.Floor, func(d reservations.Desk) string { return d.Floor }},
		{"zone", p.Zone, func(d reservations.Desk) string { return d.Zone }},
		{"desk", p.Desk, func(d reservations.Desk) string { return d.ID }},
	} {
		if part.name == "" {
			continue
		}
		desks = slices.DeleteFunc(desks, func(d reservations.Desk) bool { return part.of(d) != part.name })
		if len(desks) == 0 {
			return fmt.Sprintf("%s: there is none called %q%s", part.called, part.name, within), nil
		}
		within = fmt.Sprintf(" in %s %s", part.called, part.name)
	}
	return "", nil
}
