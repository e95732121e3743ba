package calendar

import (
	"fmt"
	"strings"

	"deskd/reservations/feed/ical"
	"deskd/reservations/feed/recur"
)

// localClocks finds the clock that a stamp of a calendar is read on.
type localClocks struct{ *recur.Zones }

// of returns the clock a stamp is read on. A floating stamp takes floating's; a
// date is always the site's. The note is non-empty when the name was not
// understood and another stands in for it: stand, or the site's where that is nil.
func (z localClocks) of(s ical.Time, cal *ical.Calendar, floating, stand *recur.Clock) (c *recur.Clock, note string, err error) {
	switch {
	case s.Date:
		return z.Default, "", nil
	case s.UTC:
		return z.UTC, "", nil
	case s.TZID == "":
		if cal.DefaultTZID != "" && floating == z.Default && z.Find(cal.DefaultTZID, cal) == nil {
			note = fmt.Sprintf("X-WR-TIMEZONE %q is unknown, times without a zone are read in the site's zone %s", ical.Clip(cal.DefaultTZID), z.Default.Location)
		}
		return floating, note, nil
	}
	if c := z.Find(s.TZID, cal); c != nil {
		return c, "", nil
	}
	if strings.EqualFold(s.TZID, "local") {
		return nil, "", fmt.Errorf("TZID=%s names no zone but that of some server", s.TZID)
	}
	if stand != nil && stand != z.Default {
		return stand, fmt.Sprintf("time zone %q is unknown, read in that of DTSTART, %s", ical.Clip(s.TZID), stand.Location), nil
	}
	return z.Default, fmt.Sprintf("time zone %q is unknown, read in the site's zone %s", ical.Clip(s.TZID), z.Default.Location), nil
}
