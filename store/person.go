package store

import (
	"context"
	"fmt"

	"deskd/reservations"
	"deskd/store/tables"
)

// People implements [deskd/scheduler.Book]. Mail addresses and aliases are in
// alphabetical order.
func (s *Store) People(ctx context.Context) ([]reservations.Person, error) {
	people, err := tables.People(s.db.Read(ctx))
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return people, nil
}

// Person returns the person with that user id or else that mail address,
// neither of which minds case. The error is [reservations.ErrUnknownPerson] and
// names the nearest user id there is.
func (s *Store) Person(ctx context.Context, idOrMail string) (reservations.Person, error) {
	p, err := tables.FindPerson(s.db.Read(ctx), idOrMail)
	return p, err
}
