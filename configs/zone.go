package configs

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine, also one without zoneinfo

	"deskd/reservations/spelling"
)

// zones are the names of the IANA time zone database (public domain), one per
// line. They are for hints only: whether a zone exists is asked of package time.
//
//go:embed zones.txt
var zones string

func checkZone(name string) complaint {
	const such = "IANA names look like Europe/Berlin"
	switch name {
	case "":
		return complaint{"missing", such}
	case "Local":
		return complaint{`"Local" is whatever zone a machine happens to have`, "name the zone of the site; " + such}
	}
	if _, err := time.LoadLocation(name); err == nil {
		return complaint{}
	}
	what := fmt.Sprintf("%q is not a time zone", name)
	if strings.HasSuffix(strings.ToLower(name), " time") {
		return complaint{what, "that is a name of Windows; " + such}
	}
	if guess := nearestZone(name); guess != "" {
		return complaint{what, fmt.Sprintf("did you mean %s?", guess)}
	}
	return complaint{what, such}
}

// nearestZone also knows zones by their city.
func nearestZone(name string) string {
	all := strings.Fields(zones)
	for _, zone := range all {
		if spelling.Fold(path.Base(zone)) == spelling.Fold(name) {
			return zone
		}
	}
	return spelling.Nearest(name, all)
}
