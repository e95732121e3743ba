package main

import (
	"context"
	"strconv"

	"deskd/reservations"
	"deskd/store"
)

// protected counts who is protected, of all people, as they are after the import.
func (i *importer) protected(ctx context.Context, done store.Imported) (protected, all int, err error) {
	people, err := i.Store.People(ctx)
	if err != nil {
		return 0, 0, err
	}
	is := make(map[string]bool, len(people))
	for _, p := range people {
		is[reservations.PersonKey(p.ID)] = p.Protected
	}
	for _, c := range done.Changes {
		if p, ok := c.New.(reservations.Person); ok && i.dryRun {
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

// grouped is n with a comma before each three digits.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
