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
	if errors.Is(err, reservations.ErrSetup) {
		return "The database refuses deskd: its tables or deskd's rights are not what they were. The log says what to correct."
	}
	return "The database does not answer."
}
