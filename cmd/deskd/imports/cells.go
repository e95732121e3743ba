package imports

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
)

var (
	macSeparators = strings.NewReplacer(":", "", "-", "", ".", "", " ", "")
	macAddress    = regexp.MustCompile(`^(SEP|ATA)?[0-9A-F]{12}$`)
	// excelNumber is what Excel makes of digits in a cell that is not text.
	excelNumber = regexp.MustCompile(`^\d([.,]\d+)?E\+?\d+$`)
	shortDigits = regexp.MustCompile(`^\d{8,11}$`)
)

// phoneName is the device's name in a cell, in which it may be no more than the
// phone's MAC address, with or without separators.
func phoneName(cell string) (string, error) {
	name := strings.ToUpper(cell)
	if excelNumber.MatchString(name) || shortDigits.MatchString(name) {
		return "", fmt.Errorf("device %q is a MAC address that a spreadsheet has turned into a number: format the column as text and enter it again", cell)
	}
	bare := macSeparators.Replace(name)
	switch found := macAddress.FindStringSubmatch(bare); {
	case found == nil:
		return cell, nil // in the case that its cluster spells it
	case found[1] == "":
		return "SEP" + bare, nil
	}
	return bare, nil
}

// parseBool reads a yes or no as people and spreadsheets write it.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "y", "ja", "j", "wahr", "x", "on":
		return true, nil
	case "no", "n", "nein", "falsch", "-", "off":
		return false, nil
	}
	return strconv.ParseBool(strings.ToLower(text))
}

var (
	dated         = regexp.MustCompile(`^(\d{4}-|\d{1,2}\.\d{1,2}\.\d{4})`)
	twoDigitYear  = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.\d{2}( |$)`)
	slashes       = regexp.MustCompile(`^\d{1,4}/\d{1,2}/\d{1,4}( |$)`)
	excelDay      = regexp.MustCompile(`^\d{5}([.,]\d+)?$`)
	morningOrNoon = regexp.MustCompile(`(?i)\d ?[ap]\.?m\.?$`)
)

// timeCell is a cell with a time, in its zone; of a whole day its end or its beginning.
type timeCell struct {
	text string
	zone *time.Location
	end  bool
}

// mostTimes is how many times are remembered: those of a year, every half an hour.
const mostTimes = 20_000

// cellTime is [cellTime], which takes longer than all else about a line, remembered: a file
// has many bookings that begin at the same time.
func (i *Importer) cellTime(cell string, zone *time.Location, now time.Time, end bool) (time.Time, error) {
	key := timeCell{cell, zone, end}
	if t, ok := i.times[key]; ok {
		return t, nil
	}
	t, err := cellTime(cell, zone, now, end)
	if err != nil {
		return t, err
	}
	if i.times == nil || len(i.times) >= mostTimes {
		i.times = make(map[timeCell]time.Time)
	}
	key.text = strings.Clone(cell) // not the whole line
	i.times[key] = t
	return t, nil
}

// cellTime reads a time in a cell as [console.ReadTime] does, in zone: of a whole day its
// end where end is set. What depends on the day of the import is refused, because
// a file may be imported again, and so is what spreadsheets leave open.
func cellTime(cell string, zone *time.Location, now time.Time, end bool) (time.Time, error) {
	text := strings.TrimSuffix(strings.Join(strings.Fields(strings.Replace(cell, ", ", " ", 1)), " "), " Uhr")
	switch {
	case text == "":
		return now, fmt.Errorf("the cell is empty")
	case twoDigitYear.MatchString(text):
		return now, fmt.Errorf("time %q: write the year with four digits", cell)
	case slashes.MatchString(text), morningOrNoon.MatchString(text):
		return now, fmt.Errorf("time %q may be read in two ways: write 2026-11-28 22:00 or 28.11.2026 22:00", cell)
	case excelDay.MatchString(text):
		return now, fmt.Errorf("time %q is a spreadsheet's number of a day: format the column as date and time", cell)
	case !dated.MatchString(text):
		return now, fmt.Errorf("time %q: expected 2026-11-28 22:00 or 28.11.2026 22:00 in the zone %s, a whole day, or 2026-11-28T21:00:00Z", cell, zone)
	}
	span, err := console.ReadTime(text, zone, now)
	switch {
	case err != nil:
		return now, err
	case end:
		return span.End, nil
	}
	return span.Start, nil
}
