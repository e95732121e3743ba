package feed

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones must be there on machines without them

	"deskd/reservations/feed/ical"
)

// windowsJSON maps Windows zone names to IANA names, territory 001. It is taken
// from the Unicode CLDR supplemental data (windowsZones.xml), under the
// Unicode-3.0 licence.
//
//go:embed windows-to-iana-001.json
var windowsJSON []byte

// windowsNames is that table, and windowsZones has its names in lower case.
var windowsNames = sync.OnceValue(func() map[string]string {
	var table map[string]string
	if err := json.Unmarshal(windowsJSON, &table); err != nil {
		return nil // the table is part of the program; its test reads it
	}
	return table
})

var windowsZones = sync.OnceValue(func() map[string]string {
	folded := make(map[string]string, len(windowsNames()))
	for name, iana := range windowsNames() {
		folded[strings.ToLower(name)] = iana
	}
	return folded
})

// maxZoneNames is how many names of zones are looked up for a feed. To look for
// one that does not exist is slow, and names are the feed's to invent.
const maxZonesSought = 500

// zones finds the clock of a TZID, in the order of the package: a name that is
// known wins over what a VTIMEZONE of the file says about it, because those are
// often stale. It remembers its answers for the time of one feed.
type zones struct {
	site  *localClock
	utc   *localClock
	span  [2]int // the years a VTIMEZONE is evaluated for
	spent *work
	names map[string]*localClock
	tales map[string]*localClock // by names that say their zone in a way of their own
	own   map[*ical.TimeZone]*localClock
}

func newZones(site *time.Location, from, to time.Time, spent *work) *zones {
	return &zones{
		site:  newClock(site),
		utc:   newClock(time.UTC),
		span:  [2]int{from.Year() - 2, to.Year() + 2},
		spent: spent,
		names: make(map[string]*localClock),
		tales: make(map[string]*localClock),
		own:   make(map[*ical.TimeZone]*localClock),
	}
}

// find is the clock of a TZID, nil when nobody knows it.
func (z *zones) find(name string, cal *ical.Calendar) *localClock {
	if c := z.named(name); c != nil {
		return c
	}
	if own := cal.TimeZone(name); own != nil {
		if c := z.defined(own); c != nil {
			return c
		}
	}
	return z.told(name)
}

// told finds a zone by what its name says: what the file says of such a name goes
// first.
func (z *zones) told(name string) *localClock {
	c, known := z.tales[name]
	if known || len(z.tales) == maxZonesSought {
		return c
	}
	if loc := toldZone(strings.Trim(name, " \t\x00"), z.site.loc); loc != nil {
		c = newClock(loc)
	}
	z.tales[strings.Clone(name)] = c
	return c
}

// floating is the clock of the calendar's times without a zone.
func (z *zones) floating(cal *ical.Calendar) *localClock {
	if cal.DefaultTZID != "" {
		if c := z.find(cal.DefaultTZID, cal); c != nil {
			return c
		}
	}
	return z.site
}

// named finds a zone by its name alone, nil when there is none.
func (z *zones) named(name string) *localClock {
	c, known := z.names[name]
	if known || len(z.names) == maxZonesSought {
		return c
	}
	if loc := lookupZone(name); loc != nil {
		c = newClock(loc)
	}
	z.names[strings.Clone(name)] = c
	return c
}

// knows reports whether a zone needs no VTIMEZONE.
func (z *zones) knows(name string) bool { return z.named(name) != nil }

// defined evaluates a VTIMEZONE of the file, nil when it makes no sense; its
// X-LIC-LOCATION is the last resort.
func (z *zones) defined(of *ical.TimeZone) *localClock {
	c, known := z.own[of]
	if known {
		return c
	}
	if loc, err := evaluateZone(of, z.span[0], z.span[1], z.spent); err == nil {
		c = newClock(loc)
	} else if name := of.Value("X-LIC-LOCATION"); name != "" {
		c = z.named(name)
	}
	z.own[of] = c
	return c
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
	if name == "UTC" || name == "GMT" || name == "Z" || folded == "tzone://microsoft/utc" {
		return time.UTC
	}
	if loc := loadZone(name); loc != nil {
		return loc
	}
	if iana := windowsNames()[name]; iana != "" {
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

// capitals writes "america/new_york" as the IANA table does: the values of
// parameters are the same in either case (RFC 5545 3.2), its names are not.
func capitals(folded string) string {
	text := []byte(folded)
	for i, c := range text {
		if c >= 'a' && c <= 'z' && (i == 0 || strings.IndexByte("/_-", text[i-1]) >= 0) {
			text[i] = c - 'a' + 'A'
		}
	}
	return string(text)
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
