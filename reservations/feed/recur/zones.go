package recur

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

// maxZonesSought is how many names of zones are looked up for a calendar. Looking for
// one that does not exist is slow, and a calendar can invent names.
const maxZonesSought = 500

// Zones finds the clock of a TZID:
//
//	1  by the name: IANA, Windows, a display name or path of some server
//	2  by the VTIMEZONE of the calendar, or its X-LIC-LOCATION
//	3  by what the name says of itself: "UTC+02:00", "CEST", "Eastern"
//
// A name that is known wins over a VTIMEZONE, because those are often stale. Zones
// remembers its answers, for the time of one calendar file, and must not be shared
// between goroutines.
type Zones struct {
	Default     *Clock // of times that are in no zone
	UTC         *Clock
	span        [2]int // the years a VTIMEZONE is evaluated for
	spent       *Work
	names       map[string]*Clock
	byStatement map[string]*Clock // by names that state their zone themselves
	own         map[*ical.TimeZone]*Clock
}

// NewZones returns an empty memory for a calendar whose times are of interest from a
// little before from to a little after to. Evaluating a VTIMEZONE costs spent, which must
// not be nil.
func NewZones(site *time.Location, from, to time.Time, spent *Work) *Zones {
	return &Zones{
		Default:     NewClock(site),
		UTC:         NewClock(time.UTC),
		span:        [2]int{from.Year() - 2, to.Year() + 2},
		spent:       spent,
		names:       make(map[string]*Clock),
		byStatement: make(map[string]*Clock),
		own:         make(map[*ical.TimeZone]*Clock),
	}
}

// Find is the clock of a TZID, nil when it is unknown.
func (z *Zones) Find(name string, cal *ical.Calendar) *Clock {
	if c := z.named(name); c != nil {
		return c
	}
	if own := cal.TimeZone(name); own != nil {
		if c := z.defined(own); c != nil {
			return c
		}
	}
	return z.stated(name)
}

// told finds a zone by what its name states; a VTIMEZONE of that name comes first.
func (z *Zones) stated(name string) *Clock {
	c, known := z.byStatement[name]
	if known || len(z.byStatement) == maxZonesSought {
		return c
	}
	if loc := statedZone(strings.Trim(name, " \t\x00"), z.Default.Location); loc != nil {
		c = NewClock(loc)
	}
	z.byStatement[strings.Clone(name)] = c
	return c
}

// Floating is the clock of the calendar's times without a zone.
func (z *Zones) Floating(cal *ical.Calendar) *Clock {
	if cal.DefaultTZID != "" {
		if c := z.Find(cal.DefaultTZID, cal); c != nil {
			return c
		}
	}
	return z.Default
}

// named finds a zone by its name alone, nil when there is none.
func (z *Zones) named(name string) *Clock {
	c, known := z.names[name]
	if known || len(z.names) == maxZonesSought {
		return c
	}
	if loc := lookupZone(name); loc != nil {
		c = NewClock(loc)
	}
	z.names[strings.Clone(name)] = c
	return c
}

// Knows reports whether a zone needs no VTIMEZONE.
func (z *Zones) Knows(name string) bool { return z.named(name) != nil }

// defined evaluates a VTIMEZONE of the file, nil when it makes no sense; its
// X-LIC-LOCATION is the last resort.
func (z *Zones) defined(of *ical.TimeZone) *Clock {
	c, known := z.own[of]
	if known {
		return c
	}
	if loc, err := ZoneOf(of, z.span[0], z.span[1], z.spent); err == nil {
		c = NewClock(loc)
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
	// Quirk: zone names padded with NUL
	// (testdata/feeds/servers/exchange-nul-in-zone-name.ics).
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
