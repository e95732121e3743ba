package reservations

import (
	"fmt"
	"time"
)

// Absence is the days on which a person is away, by the clock of whichever site. Desks that
// they own can be booked by others then.
type Absence struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	// First and Last are days like 2026-03-02, the last included.
	First   string    `json:"first_day"`
	Last    string    `json:"last_day"`
	Note    string    `json:"note,omitempty"`
	Created time.Time `json:"created,omitzero"`
	By      string    `json:"by,omitempty"` // who asked for it
}

// longestAbsence is the longest absence accepted, in days. Anything longer is a typing
// mistake in a year, or nobody's desk any more.
const longestAbsence = 400

// Check reports the first thing that makes a unusable.
func (a Absence) Check() error {
	first, err := day(a.First)
	if err != nil {
		return err
	}
	last, err := day(a.Last)
	if err != nil {
		return err
	}
	switch days := int(last.Sub(first).Hours()/24) + 1; {
	case days < 1:
		return fmt.Errorf("absence from %s to %s ends before it begins", a.First, a.Last)
	case days > longestAbsence:
		return fmt.Errorf("absence from %s to %s lasts %d days; the most is %d", a.First, a.Last, days, longestAbsence)
	}
	if err := CheckUser(a.Person); err != nil {
		return err
	}
	return CheckNote(a.Note)
}

// day reads a day.
func day(text string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil || d.Year() < 1 {
		return d, fmt.Errorf("%q is not a day like 2026-03-02", text)
	}
	return d, nil
}
