package feed

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"time"
)

// maxZoneWork is the work the rule of one observance may cost.
const maxZoneWork = 50_000

// errZone says that a VTIMEZONE cannot be evaluated.
var errZone = errors.New("time zone without a usable observance")

// maxClockChanges bounds the changes of the clock read from one VTIMEZONE.
const maxClockChanges = 4096

// zoneLine is a line of a VTIMEZONE.
type zoneLine struct{ name, value string }

// component is a VTIMEZONE; parts are its observances.
type component struct {
	line  int
	props []zoneLine
	parts [][]zoneLine
	lines int
	sum   maphash.Hash // of all its lines
	fault *fault
}

// value is that of the first property called name.
func (c *component) value(name string) string {
	for _, p := range c.props {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// keepZone remembers a time zone of the calendar. Names win over what a feed
// says about them, and calendars repeat their zones: few need a place.
func (d *decoder) keepZone(c *component) {
	id := unescape([]byte(c.value("TZID")))
	if c.fault != nil {
		d.log.note(c.fault.line, "", "time zone left out: "+c.fault.err.Error(), "")
		return
	}
	if d.named(id) {
		return
	}
	have := d.zones[c.sum.Sum64()]
	if have == nil && len(d.zones) == maxZones {
		d.log.note(c.line, "", fmt.Sprintf("time zone left out: more than %d zones of the feed's own", maxZones), "")
		return
	}
	if have == nil {
		have = c
		d.zones[c.sum.Sum64()] = c
	}
	if d.cal.zones == nil {
		d.cal.zones = make(map[string]*component)
	}
	d.cal.zones[zoneKey(id)] = have
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
	if err := d.prop.split(rest); err != nil {
		d.spoil(number, "%s: %w", clip(name), err)
		return
	}
	to := &d.zone.props
	if len(d.stack) == 3 {
		to = &d.zone.parts[len(d.zone.parts)-1]
	}
	*to = append(*to, zoneLine{name, string(d.prop.value)})
}

// observance is a STANDARD or DAYLIGHT part of a VTIMEZONE: from each of its
// onsets, read on the clock before it, the offset is to.
type observance struct {
	from, to int // seconds east of UTC
	onsets   []wall
}

// change is an instant at which a clock is set.
type change struct {
	at       int64 // Unix time
	from, to int
}

// evaluateZone turns a VTIMEZONE into a location that is right for the years
// from first to last. Parts it cannot read are left out; without any left it
// fails. Outlook writes starts in 1601, so rules are expanded near first only.
func evaluateZone(c *component, first, last int, spent *work) (*time.Location, error) {
	window := [2]wall{wallOf(max(first, 1), 1, 1, 0), wallOf(min(last, 9998)+1, 1, 1, 0)}
	var changes []change
	for _, part := range c.parts {
		o, err := readObservance(part, window, spent)
		if err != nil {
			continue
		}
		for _, w := range o.onsets {
			changes = append(changes, change{int64(w) - int64(o.from), o.from, o.to})
		}
		if len(changes) > maxClockChanges {
			return nil, errZone
		}
	}
	if len(changes) == 0 {
		return nil, errZone
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	return time.LoadLocationFromTZData(zoneLabel(c), zoneFile(changes))
}

func zoneLabel(c *component) string {
	if id := c.value("TZID"); id != "" {
		return clip(id)
	}
	return "VTIMEZONE"
}

// readObservance reads one part. Besides the onsets in the window it keeps the
// last one before it, which is in force when the window begins.
func readObservance(part []zoneLine, window [2]wall, spent *work) (o observance, err error) {
	var e event
	var from, to bool
	for _, p := range part {
		switch p.name {
		case "TZOFFSETFROM":
			o.from, err = parseOffset(p.value)
			from = true
		case "TZOFFSETTO":
			o.to, err = parseOffset(p.value)
			to = true
		case "DTSTART", "RRULE", "RDATE":
			err = e.read(&property{name: nameOf([]byte(p.name)), value: []byte(p.value)})
		}
		if err != nil {
			return o, err
		}
	}
	if !e.started || !to {
		return o, errZone
	}
	if !from { // the best guess of an onset, an hour off at most
		o.from = o.to
	}
	o.onsets = []wall{e.start.wall}
	for _, d := range e.rdates {
		o.onsets = append(o.onsets, d.wall)
	}
	for _, raw := range e.rules {
		if o.onsets, err = onsets(&e, raw, o, window, spent); err != nil {
			return o, err
		}
	}
	return o, nil
}

// onsets appends those of one rule.
func onsets(e *event, raw rawRule, o observance, window [2]wall, spent *work) ([]wall, error) {
	r, err := parseRule(string(raw.text))
	if err != nil {
		return nil, err
	}
	if r.freq < daily {
		return nil, fmt.Errorf("no clock is changed %s", r.freq)
	}
	until := lastWall
	if r.until != nil { // in UTC, while the rule is on the clock before the change
		if until = r.until.wall; r.until.utc {
			until += wall(o.from)
		}
	}
	spent.rule = maxZoneWork
	rule := r.on(e.start.wall, false, until, spent)
	// Four years back, so that a rule for leap years is still in force.
	return rule.between(window[0]-4*366*daySeconds, window[1], o.onsets)
}

// parseOffset reads a UTC-OFFSET: "+0100", "-033000".
func parseOffset(text string) (int, error) {
	s := strings.TrimSpace(text)
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' || !digits(s[1:]) {
		return 0, fmt.Errorf("%q is not an offset like +0100", clip(text))
	}
	seconds := atoi(s[1:3])*3600 + atoi(s[3:5])*60
	if len(s) == 7 {
		seconds += atoi(s[5:])
	}
	if seconds > 18*3600 {
		return 0, fmt.Errorf("offset %q is more than a clock can be off", clip(text))
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, nil
}

// zoneFile writes the changes in the TZif format (RFC 9636), version 1: the one
// door through which a *time.Location can be made of rules. Its instants have
// 32 bits, so what lies outside is moved to the edge.
func zoneFile(changes []change) []byte {
	offsets := []int{changes[0].from} // type 0 is in force before the first change
	var times, types bytes.Buffer
	for _, c := range changes {
		at := slices.Index(offsets, c.to)
		if at < 0 {
			at = len(offsets)
			offsets = append(offsets, c.to)
		}
		if at > 255 {
			break
		}
		put(&times, int(max(math.MinInt32, min(math.MaxInt32, c.at))))
		types.WriteByte(byte(at))
	}
	var file bytes.Buffer
	file.WriteString("TZif")
	file.Write(make([]byte, 16)) // version 1, reserved
	kinds := min(len(offsets), 256)
	for _, n := range []int{0, 0, 0, types.Len(), kinds, 4} {
		put(&file, n)
	}
	file.Write(times.Bytes())
	file.Write(types.Bytes())
	for _, offset := range offsets[:kinds] {
		put(&file, offset)
		file.Write([]byte{0, 0}) // not summer time, name at 0
	}
	file.WriteString("LMT\x00")
	return file.Bytes()
}

// put writes n, which needs no more than 32 bits, in two's complement.
func put(b *bytes.Buffer, n int) {
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(n))) //nolint:gosec // a negative n is meant to wrap around
}
