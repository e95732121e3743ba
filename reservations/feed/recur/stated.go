package recur

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// offsetName is a name that states its offset: "GMT-0400", "UTC+2", "UTC+02:00",
// "+0200". East is plus, as in RFC 5545 and against POSIX. "Etc/GMT+5", which counts
// west, is an IANA name and is found before. A place behind it adds nothing: "GMT+0530
// (IST)", "UTC+01:00 Amsterdam".
var offsetName = regexp.MustCompile(`^(?i:(UTC|GMT|UT)\s*)?([+-])\s*([0-9]{1,2})(?:[:.]?([0-9]{2}))?(\s+[(\pL][\pL ,./()'-]*)?$`)

// stated is "(GMT-05:00) Somewhere": the offset of an unknown place.
var statedOffset = regexp.MustCompile(`^\((?i:UTC|GMT)\s*([+-][0-9]{1,2}[:.]?[0-9]{2}|[+-][0-9]{1,2})?\)`)

// shortNames are those that only one region uses; summer time or not, they name
// its clock, as "CET" of the IANA table does. Others (CST, IST, BST, AST) are
// several regions' and are none here, unless the site's own clock has the name; nor
// is one that a region with summer time shares with one that has none (AEST is the
// clock of Sydney in winter and of Brisbane all year).
var shortNames = map[string]string{
	"pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "mdt": "America/Denver", "cdt": "America/Chicago", "edt": "America/New_York",
	"akst": "America/Anchorage", "akdt": "America/Anchorage",
	"cest": "Europe/Berlin", "mez": "Europe/Berlin", "mesz": "Europe/Berlin",
	"eest": "Europe/Helsinki", "oez": "Europe/Helsinki", "oesz": "Europe/Helsinki",
	"west": "Europe/Lisbon", "wez": "Europe/Lisbon", "wesz": "Europe/Lisbon", "msk": "Europe/Moscow",
	"jst": "Asia/Tokyo", "kst": "Asia/Seoul", "hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore",
	"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "aedt": "Australia/Sydney", "acdt": "Australia/Adelaide",
	"cat": "Africa/Maputo", "eat": "Africa/Nairobi", "wat": "Africa/Lagos", "brt": "America/Sao_Paulo",
	"awst": "Australia/Perth", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "sast": "Africa/Johannesburg",
}

// toldZone is the zone that a name states by itself, nil for none. site is the clock
// whose short names count as its own.
func statedZone(name string, site *time.Location) *time.Location {
	folded := strings.ToLower(name)
	switch folded {
	case "utc", "gmt", "z", "ut", "etc/utc", "utc0", "gmt0":
		return time.UTC
	}
	if rest, ok := strings.CutPrefix(folded, "etc/gmt"); ok {
		return loadZone("Etc/GMT" + rest)
	}
	// Quirk: Notes leaves "Standard Time" off the names of Windows
	// (testdata/feeds/decisions/zone-lotus-names.ics).
	iana := cmp.Or(windowsZones()[folded], windowsZones()[folded+" standard time"])
	if loc := cmp.Or(loadZone(capitals(folded)), loadZone(iana), offsetZone(name)); loc != nil {
		return loc
	}
	if m := statedOffset.FindStringSubmatch(name); m != nil {
		return cmp.Or(offsetZone("UTC"+m[1]), time.UTC)
	}
	for _, month := range []time.Month{time.January, time.July} {
		if own, _ := time.Date(2026, month, 1, 0, 0, 0, 0, site).Zone(); own == strings.ToUpper(name) {
			return site
		}
	}
	return loadZone(shortNames[folded])
}

// offsetZone is the zone of a name that states its offset, from 12 hours west to
// 14 hours east, nil for another name.
func offsetZone(name string) *time.Location {
	m := offsetName.FindStringSubmatch(strings.ReplaceAll(name, "\u2212", "-"))
	if m == nil || m[1] == "" && (len(m[3]) != 2 || m[5] != "") {
		return nil
	}
	hours, minutes := number(m[3]), number(m[4])
	offset, most := hours*3600+minutes*60, 14*3600
	if m[2] == "-" {
		offset, most = -offset, 12*3600
	}
	if minutes > 59 || max(offset, -offset) > most {
		return nil
	}
	return time.FixedZone(fmt.Sprintf("UTC%s%02d:%02d", m[2], hours, minutes), offset)
}
