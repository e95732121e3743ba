package plan

import (
	"fmt"
	"strings"
	"time"

	"deskd/reservations"
)

// Because says why the session of e ends before the end that its booking had, and
// whose doing it is as far as the audit tells.
func (f Fate) Because(e EarlyLogout, now time.Time) string {
	return f.became(e, now) + f.by()
}

func (f Fate) became(e EarlyLogout, now time.Time) string {
	theirs := e.Person + "'s booking"
	switch f.Kind {
	case "desk":
		return f.deskBecame(e)
	case "person":
		return fmt.Sprintf("%s is protected from calendars now", e.Person)
	case "":
		return fmt.Sprintf("%s has no booking of this phone now", e.Person)
	}
	switch r := f.Row; {
	case r.ID == "":
		return theirs + " was deleted"
	case r.Status == reservations.Cancelled:
		return theirs + " was cancelled"
	case r.Status == reservations.Withdrawn && strings.HasPrefix(f.Actor, reservations.FeedSource("")) && r.Why != "":
		return theirs + " " + r.Why
	case r.Status == reservations.Withdrawn && strings.HasPrefix(f.Actor, reservations.FeedSource("")):
		return theirs + " is in its calendar no more"
	case r.Status == reservations.Withdrawn:
		return theirs + " was withdrawn with its feed"
	case r.Status != reservations.Confirmed:
		return fmt.Sprintf("%s has lost desk %s to another one%s", theirs, r.Desk, colon(r.Why))
	case r.Desk != e.Desk:
		return fmt.Sprintf("%s was moved to desk %s", theirs, r.Desk)
	case r.Person == "":
		return theirs + " names nobody any more"
	case !reservations.SamePerson(r.Person, e.Person):
		return fmt.Sprintf("%s was given to %s", theirs, r.Person)
	case r.Start.After(now):
		return fmt.Sprintf("%s was moved to %s", theirs, r.Start.UTC().Format(time.RFC3339))
	case !r.End.After(now):
		return fmt.Sprintf("%s was shortened to %s", theirs, r.End.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s has no booking of this phone now", e.Person)
}

// colon is text behind a colon, or nothing.
func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// deskBecame says what has become of the desk that a booking is still of.
func (f Fate) deskBecame(e EarlyLogout) string {
	switch {
	case f.Device == "":
		return fmt.Sprintf("desk %s, which %s has booked, was deleted", e.Desk, e.Person)
	case f.Device != e.Device:
		return fmt.Sprintf("desk %s, which %s has booked, has another phone now (%s)", e.Desk, e.Person, f.Device)
	}
	return fmt.Sprintf("desk %s, which %s has booked, is of cluster %s now", e.Desk, e.Person, f.Cluster)
}

// by says who made the change, empty where the audit does not tell.
func (f Fate) by() string {
	switch {
	case f.Kind == "" || f.Actor == "" || f.Actor == "daemon":
		return ""
	case f.Actor == "sql":
		return " (by another program)"
	}
	return fmt.Sprintf(" (by %s)", f.Actor)
}
