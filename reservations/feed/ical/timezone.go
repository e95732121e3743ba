package ical

import (
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"strings"
)

// zoneLine is a line of a VTIMEZONE.
type zoneLine struct{ name, value string }

// TimeZone is a VTIMEZONE as data. What it says is read only when it is asked for.
type TimeZone struct {
	line  int // of its BEGIN
	props []zoneLine
	parts [][]zoneLine // its observances
	lines int
	sum   maphash.Hash // of all its lines
	fault *Fault
}

// Value is that of the first property called name, "" without one.
func (c *TimeZone) Value(name string) string {
	for _, p := range c.props {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// keepZone remembers a time zone of the calendar. Names win over what a feed
// says about them, and calendars repeat their zones: few need a place.
func (d *decoder) keepZone(c *TimeZone) {
	id := c.id()
	if c.fault != nil {
		d.to.Note(c.fault.Line, "time zone left out: %v", c.fault.Err)
		return
	}
	if d.to.Known(id) {
		return
	}
	have := d.zones[c.sum.Sum64()]
	if have == nil && len(d.zones) == maxZones {
		d.to.Note(c.line, "time zone left out: more than %d zones of the feed's own", maxZones)
		return
	}
	if have == nil {
		have = c
		d.zones[c.sum.Sum64()] = c
	}
	if d.cal.zones == nil {
		d.cal.zones = make(map[string]*TimeZone)
	}
	d.cal.zones[zoneKey(id)] = have
}

// TimeZone is the VTIMEZONE of a TZID, nil without one. It may stand below the
// events that need it.
func (c *Calendar) TimeZone(tzid string) *TimeZone { return c.zones[zoneKey(tzid)] }

// zoneKey makes one of the forms in which a calendar writes the same TZID: as
// TEXT in its VTIMEZONE, where commas are escaped, and as a parameter beside a
// time, with or without quotes.
func zoneKey(tzid string) string {
	return strings.ToLower(strings.Trim(tzid, " \t\x00\""))
}

// zoneLine keeps a line of a time zone.
func (d *decoder) zoneLine(name string, rest []byte, number int) {
	if d.zone.lines++; d.zone.lines > maxZoneLines {
		d.spoil(number, "the time zone has more than %d lines", maxZoneLines)
		return
	}
	d.zone.sum.WriteString(name)
	d.zone.sum.Write(rest)
	d.zone.sum.WriteByte('\n')
	if name == "BEGIN" {
		return
	}
	if err := d.prop.Split(rest); err != nil {
		d.spoil(number, "%s: %w", Clip(name), err)
		return
	}
	to := &d.zone.props
	if len(d.stack) == 3 {
		to = &d.zone.parts[len(d.zone.parts)-1]
	}
	*to = append(*to, zoneLine{name, string(d.prop.Value)})
}

// id is the TZID.
func (c *TimeZone) id() string { return Unescape([]byte(c.Value("TZID"))) }

// Observance is a STANDARD or DAYLIGHT part of a VTIMEZONE: at each of its onsets,
// which are read on the clock before it, the offset becomes To.
type Observance struct {
	From, To int // seconds east of UTC; without a TZOFFSETFROM From is To
	Start    Time
	Rules    []string // RRULE
	Dates    []Time   // RDATE
}

// errObservance says that a part of a VTIMEZONE lacks what it cannot do without.
var errObservance = errors.New("an observance without DTSTART or TZOFFSETTO")

// Observances reads the parts, in the order of the file. Those that cannot be read
// are left out.
func (c *TimeZone) Observances() iter.Seq[Observance] {
	return func(yield func(Observance) bool) {
		for _, part := range c.parts {
			if o, err := readObservance(part); err == nil && !yield(o) {
				return
			}
		}
	}
}

func readObservance(part []zoneLine) (o Observance, err error) {
	var from, to, started bool
	for _, line := range part {
		value := []byte(line.value)
		switch line.name {
		case "TZOFFSETFROM":
			o.From, err = parseOffset(line.value)
			from = true
		case "TZOFFSETTO":
			o.To, err = parseOffset(line.value)
			to = true
		case "DTSTART":
			was := o.Start
			o.Start, err = ParseTime(value)
			if err == nil && started && o.Start != was {
				err = errObservance // it is unknown which is meant (RFC 5545 3.6.1)
			}
			started = true
		case "RRULE":
			if strings.TrimSpace(line.value) != "" {
				o.Rules = append(o.Rules, line.value)
			}
		case "RDATE":
			err = o.addDates(value)
		}
		if err != nil {
			return o, err
		}
	}
	if !started || !to {
		return o, errObservance
	}
	if !from { // the best guess of an onset, an hour off at most
		o.From = o.To
	}
	return o, nil
}

func (o *Observance) addDates(value []byte) error {
	for d, err := range (&Property{Value: value}).Periods() {
		if err != nil {
			return err
		}
		o.Dates = append(o.Dates, d.Time)
	}
	return nil
}

// parseOffset reads a UTC-OFFSET: "+0100", "-033000".
func parseOffset(text string) (int, error) {
	s := strings.TrimSpace(text)
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' || !digits(s[1:]) {
		return 0, fmt.Errorf("%q is not an offset like +0100", Clip(text))
	}
	seconds := atoi(s[1:3])*3600 + atoi(s[3:5])*60
	if len(s) == 7 {
		seconds += atoi(s[5:])
	}
	if seconds > 18*3600 {
		return 0, fmt.Errorf("offset %q is more than a clock can be off", Clip(text))
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, nil
}
