package feed

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones must be there on machines without them
)

// windowsJSON maps Windows zone names to IANA names, territory 001. It is taken
// from the Unicode CLDR supplemental data (windowsZones.xml), under the
// Unicode-3.0 licence.
//
//go:embed windows-to-iana-001.json
var windowsJSON []byte

// windowsZones is that table with its names in lower case.
var windowsZones = sync.OnceValue(func() map[string]string {
	var table map[string]string
	if err := json.Unmarshal(windowsJSON, &table); err != nil {
		return nil // the table is part of the program; its test reads it
	}
	folded := make(map[string]string, len(table))
	for name, iana := range table {
		folded[strings.ToLower(name)] = iana
	}
	return folded
})

// zones finds the location of a TZID, in the order of the package: a name that
// is known wins over what a VTIMEZONE of the file says about it, because those
// are often stale. It remembers its answers for the time of one feed.
type zones struct {
	site  *time.Location
	span  [2]int // the years a VTIMEZONE is evaluated for
	names map[string]*time.Location
	own   map[*component]*time.Location
}

func newZones(site *time.Location, from, to time.Time) *zones {
	return &zones{
		site:  site,
		span:  [2]int{from.Year() - 2, to.Year() + 2},
		names: make(map[string]*time.Location),
		own:   make(map[*component]*time.Location),
	}
}

// of returns the location a stamp is read in. A floating stamp has floating's;
// a date is always the site's. The note is non-empty when the name was not
// understood and the site's zone stands in for it.
func (z *zones) of(s stamp, cal *calendar, floating *time.Location) (loc *time.Location, note string, err error) {
	switch {
	case s.date:
		return z.site, "", nil
	case s.utc:
		return time.UTC, "", nil
	case s.zone == "":
		return floating, "", nil
	case strings.EqualFold(s.zone, "local"):
		return nil, "", fmt.Errorf("TZID=%s names no zone but that of some server", s.zone)
	}
	if loc := z.named(s.zone); loc != nil {
		return loc, "", nil
	}
	if own := cal.zones[zoneKey(s.zone)]; own != nil {
		if loc := z.defined(own); loc != nil {
			return loc, "", nil
		}
	}
	// Quirk: Notes leaves "Standard Time" off the names of Windows; what the
	// file says of so short a name goes first (testdata/feeds/decisions/zone-lotus-names.ics).
	if loc := z.named(strings.Trim(s.zone, " \t\x00") + " Standard Time"); loc != nil {
		return loc, "", nil
	}
	return z.site, fmt.Sprintf("time zone %q is unknown, read in the site's zone %s", clip(s.zone), z.site), nil
}

// zoneKey makes one of the forms in which a calendar writes the same TZID: as
// TEXT in its VTIMEZONE, where commas are escaped, and as a parameter beside a
// time, with or without quotes.
func zoneKey(tzid string) string {
	return strings.ToLower(strings.Trim(tzid, " \t\x00\""))
}

// floating is the zone of the calendar's times without one.
func (z *zones) floating(cal *calendar) *time.Location {
	if cal.zone != "" {
		if loc := z.named(cal.zone); loc != nil {
			return loc
		}
	}
	return z.site
}

// named finds a zone by its name alone, nil when there is none.
func (z *zones) named(name string) *time.Location {
	loc, known := z.names[name]
	if !known {
		loc = lookupZone(name)
		if len(z.names) < 10_000 { // names are the feed's to invent
			z.names[name] = loc
		}
	}
	return loc
}

// defined evaluates a VTIMEZONE of the file, nil when it makes no sense; its
// X-LIC-LOCATION is the last resort.
func (z *zones) defined(c *component) *time.Location {
	loc, known := z.own[c]
	if !known {
		var err error
		if loc, err = evaluateZone(c, z.span[0], z.span[1]); err != nil {
			loc = nil
			for _, p := range c.props {
				if p.name == "X-LIC-LOCATION" {
					loc = z.named(p.value)
				}
			}
		}
		z.own[c] = loc
	}
	return loc
}

var (
	ianaForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)
	copySuffix = regexp.MustCompile(`\s+[0-9]+$`)
)

// lookupZone is the zone called name. A number behind it is that of a copy
// ("Europe/Berlin 1"), unless it is part of the name ("Russia Time Zone 3").
func lookupZone(name string) *time.Location {
	// Quirk: zone names padded with NUL (testdata/feeds/servers/exchange-nul-in-zone-name.ics).
	name = strings.Trim(name, " \t\x00")
	if loc := knownZone(name); loc != nil {
		return loc
	}
	if plain := copySuffix.ReplaceAllString(name, ""); plain != name {
		return knownZone(plain)
	}
	return nil
}

func knownZone(name string) *time.Location {
	folded := strings.ToLower(name)
	switch folded {
	case "utc", "gmt", "z", "etc/utc", "tzone://microsoft/utc":
		return time.UTC
	}
	if loc := loadZone(name); loc != nil {
		return loc
	}
	if iana := windowsZones()[folded]; iana != "" {
		return loadZone(iana)
	}
	if iana := displayZones[placeKey(folded)]; iana != "" {
		return loadZone(iana)
	}
	if m := display.FindStringSubmatch(name); m != nil {
		return displayZone(m)
	}
	return pathZone(name)
}

// loadZone is the IANA zone called name, nil without one. The form is checked
// first: the name of a zone is the name of a file on many systems.
func loadZone(name string) *time.Location {
	if len(name) > 64 || !ianaForm.MatchString(name) || name == "Local" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// pathZone reads "/mozilla.org/20050126_1/Europe/Berlin" and its like: the
// longest end of the path that is a zone, or UTC.
func pathZone(name string) *time.Location {
	parts := strings.Split(name, "/")
	for n := min(3, len(parts)-1); n >= 2; n-- {
		if loc := loadZone(strings.Join(parts[len(parts)-n:], "/")); loc != nil {
			return loc
		}
	}
	if n := len(parts); n > 1 && strings.EqualFold(parts[n-1], "UTC") {
		return time.UTC
	}
	return nil
}

// resolve is the instant a wall clock in loc shows w. Where the clock was put
// forward over w, the offset before counts (RFC 5545 3.3.5); where it was put
// back, the first of the two.
func resolve(w wall, loc *time.Location) time.Time {
	before := offsetAt(loc, int64(w)-daySeconds)
	t := int64(w) - before
	if offsetAt(loc, t) != before {
		if later := offsetAt(loc, int64(w)+daySeconds); offsetAt(loc, int64(w)-later) == later {
			t = int64(w) - later
		}
	}
	return time.Unix(t, 0).UTC()
}

func offsetAt(loc *time.Location, unix int64) int64 {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return int64(offset)
}
