package view

import (
	"errors"

	"deskd/reservations"
)

// Silent says to those who ask why nothing is read from the database.
func Silent(err error) string {
	if errors.Is(err, reservations.ErrNewer) {
		return "A newer deskd has taken the database over. This node is older: it sends nothing and changes nothing until it is replaced as well."
	}
	return "The database does not answer."
}
