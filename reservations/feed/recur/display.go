package recur

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// display is the form in which Windows lists its zones: "(UTC+01:00) Amsterdam,
// Berlin"; older ones write GMT, Zimbra a point in the offset.
var display = regexp.MustCompile(`^\((?:UTC|GMT)(?:([+-])([0-9]{1,2})[:.]([0-9]{2}))?\)\s*(.+)$`)

// displayZones are the places of that list that are no city of the IANA table.
// The table is that of Windows 11 (tzutil /l), with "and" for "&".
var displayZones = map[string]string{
	"international date line west":  "Etc/GMT+12",
	"coordinated universal time-11": "Etc/GMT+11",
	"aleutian islands":              "America/Adak",
	"hawaii":                        "Pacific/Honolulu",
	"marquesas islands":             "Pacific/Marquesas",
	"alaska":                        "America/Anchorage",
	"coordinated universal time-09": "Etc/GMT+9",
	"coordinated universal time-08": "Etc/GMT+8",
	"baja california":               "America/Tijuana",
	"pacific time (us and canada)":  "America/Los_Angeles",
	"arizona":                       "America/Phoenix",
	"mountain time (us and canada)": "America/Denver",
	"yukon":                         "America/Whitehorse",
	"central america":               "America/Guatemala",
	"central time (us and canada)":  "America/Chicago",
	"easter island":                 "Pacific/Easter",
	"saskatchewan":                  "America/Regina",
	"chetumal":                      "America/Cancun",
	"eastern time (us and canada)":  "America/New_York",
	"haiti":                         "America/Port-au-Prince",
	"indiana (east)":                "America/Indiana/Indianapolis",
	"turks and caicos":              "America/Grand_Turk",
	"atlantic time (canada)":        "America/Halifax",
	"newfoundland":                  "America/St_Johns",
	"brasilia":                      "America/Sao_Paulo",
	"city of buenos aires":          "America/Argentina/Buenos_Aires",
	"greenland":                     "America/Nuuk",
	"saint pierre and miquelon":     "America/Miquelon",
	"salvador":                      "America/Bahia",
	"coordinated universal time-02": "Etc/GMT+2",
	"cabo verde is.":                "Atlantic/Cape_Verde",
	"cape verde is.":                "Atlantic/Cape_Verde",
	"coordinated universal time":    "UTC",
	"greenwich mean time":           "UTC",
	"west central africa":           "Africa/Lagos",
	"port louis":                    "Indian/Mauritius",
	"astana":                        "Asia/Qyzylorda",
	"ekaterinburg":                  "Asia/Yekaterinburg",
	"sri jayawardenepura":           "Asia/Colombo",
	"yangon (rangoon)":              "Asia/Yangon",
	"lord howe island":              "Australia/Lord_Howe",
	"bougainville island":           "Pacific/Bougainville",
	"chokurdakh":                    "Asia/Srednekolymsk",
	"norfolk island":                "Pacific/Norfolk",
	"solomon is., new caledonia":    "Pacific/Guadalcanal",
	"coordinated universal time+12": "Etc/GMT-12",
	"chatham islands":               "Pacific/Chatham",
	"coordinated universal time+13": "Etc/GMT-13",
	"nuku'alofa":                    "Pacific/Tongatapu",
	"samoa":                         "Pacific/Apia",
	"kiritimati island":             "Pacific/Kiritimati",
}

// number is that of a few digits, 0 of none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// placeKey is the form of a place in displayZones.
func placeKey(place string) string {
	return strings.ReplaceAll(strings.ToLower(place), "&", "and")
}

// displayZone reads a match of display: the place if it is known, else the first
// city that is the name of a zone. Either must have that standard offset, so
// that a city of the same name elsewhere does not pass, nor an older list.
func displayZone(m []string) *time.Location {
	offset := number(m[2])*3600 + number(m[3])*60
	if m[1] == "-" {
		offset = -offset
	}
	place := placeKey(strings.TrimSpace(m[4]))
	names := []string{displayZones[place], windowsZones()[place], windowsZones()[strings.TrimSuffix(place, " time")+" standard time"]}
	cities := strings.FieldsFunc(m[4], func(r rune) bool { return r == ',' || r == '/' })
	for _, city := range cities[:min(len(cities), 8)] {
		city = strings.ReplaceAll(strings.TrimSpace(city), " ", "_")
		for _, region := range []string{"Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian"} {
			names = append(names, region+"/"+city)
		}
	}
	for _, name := range names {
		if loc := loadZone(name); loc != nil && standardOffset(loc) == offset {
			return loc
		}
	}
	return nil
}

// standardOffset is the offset of loc outside summer time, by the rules of 2026.
func standardOffset(loc *time.Location) int {
	_, january := time.Date(2026, 1, 1, 0, 0, 0, 0, loc).Zone()
	_, july := time.Date(2026, 7, 1, 0, 0, 0, 0, loc).Zone()
	return min(january, july)
}
