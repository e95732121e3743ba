package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
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
		return name, nil
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
	clock         = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](\d{1,2}:\d\d(?::\d\d)?))?$`)
	isoDay        = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	twoDigitYear  = regexp.MustCompile(`^\d{1,2}\.\d{1,2}\.\d{2}( |$)`)
	slashes       = regexp.MustCompile(`^\d{1,4}/\d{1,2}/\d{1,4}( |$)`)
	excelDay      = regexp.MustCompile(`^\d{5}([.,]\d+)?$`)
	morningOrNoon = regexp.MustCompile(`(?i)\d ?[ap]\.?m\.?$`)
)

// cellTime reads an instant as spreadsheets write it, beside what [parseTime]
// reads: 28.11.2026 22:00, in zone. A date alone begins with its midnight, and ends
// with the next.
func cellTime(cell string, zone *time.Location, now time.Time, end bool) (time.Time, error) {
	text := strings.TrimSuffix(strings.Join(strings.Fields(strings.Replace(cell, ", ", " ", 1)), " "), " Uhr")
	switch {
	case text == "":
		return time.Time{}, fmt.Errorf("there is no time")
	case twoDigitYear.MatchString(text):
		return time.Time{}, fmt.Errorf("time %q: write the year with four digits", cell)
	case slashes.MatchString(text), morningOrNoon.MatchString(text):
		return time.Time{}, fmt.Errorf("time %q may be read in two ways: write 2026-11-28 22:00 or 28.11.2026 22:00", cell)
	case excelDay.MatchString(text):
		return time.Time{}, fmt.Errorf("time %q is a spreadsheet's number of a day: format the column as date and time", cell)
	}
	if f := clock.FindStringSubmatch(text); f != nil {
		text = fmt.Sprintf("%s-%02s-%02s", f[3], f[2], f[1])
		if f[4] != "" {
			text += " " + f[4]
		}
	}
	if !isoDay.MatchString(text) {
		t, err := parseTime(text, zone, now)
		if err != nil && !strings.Contains(err.Error(), "clocks go forward") {
			err = fmt.Errorf("time %q: expected 2026-11-28 22:00 or 28.11.2026 22:00 in the zone %s, or 2026-11-28T21:00:00Z", cell, zone)
		}
		return t, err
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.UTC)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: there is no such day", cell)
	}
	if end {
		day = day.AddDate(0, 0, 1)
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC(), nil
}
