package imports

import (
	"context"

	"deskd/reservations"
	"deskd/store"
)

// protected counts who is protected, of all people, as they are after the import.
func (i *Importer) protected(ctx context.Context, done store.Imported) (protected, all int, err error) {
	people, err := i.Store.People(ctx)
	if err != nil {
		return 0, 0, err
	}
	is := make(map[string]bool, len(people))
	for _, p := range people {
		is[reservations.PersonKey(p.ID)] = p.Protected
	}
	for _, c := range done.Changes {
		if p, ok := c.New.(reservations.Person); ok && i.DryRun {
			is[reservations.PersonKey(p.ID)] = p.Protected
		}
	}
	for _, yes := range is {
		if yes {
			protected++
		}
	}
	return protected, len(is), nil
}
