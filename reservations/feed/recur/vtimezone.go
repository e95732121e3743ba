package recur

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"deskd/reservations/feed/ical"
)

// errZone says that a VTIMEZONE cannot be evaluated.
var errZone = errors.New("time zone without a usable observance")

// maxClockChanges bounds the changes of the clock read from one VTIMEZONE.
const maxClockChanges = 4096

// change is an instant at which a clock is set.
type change struct {
	at       int64 // Unix time
	from, to int
}

// ZoneOf turns a VTIMEZONE into a location that is right for the years from first to
// last, at the cost of spent, which must not be nil. Parts it cannot read are left out;
// without any left it fails. Outlook writes starts in 1601, so rules are expanded near
// first only.
func ZoneOf(c *ical.TimeZone, first, last int, spent *Work) (*time.Location, error) {
	window := [2]ical.Wall{ical.WallOf(max(first, 1), 1, 1, 0), ical.WallOf(min(last, 9998)+1, 1, 1, 0)}
	var changes []change
	for o := range c.Observances() {
		all, err := onsets(o, window, spent)
		if err != nil {
			continue
		}
		for _, w := range all {
			changes = append(changes, change{int64(w) - int64(o.From), o.From, o.To})
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

func zoneLabel(c *ical.TimeZone) string {
	if id := c.Value("TZID"); id != "" {
		return ical.Clip(id)
	}
	return "VTIMEZONE"
}

// onsets are those of an observance in the window, besides the last one before it,
// which is in force when the window begins.
func onsets(o ical.Observance, window [2]ical.Wall, spent *Work) ([]ical.Wall, error) {
	all := []ical.Wall{o.Start.Wall}
	for _, d := range o.Dates {
		all = append(all, d.Wall)
	}
	for _, text := range o.Rules {
		r, err := Parse(text)
		if err != nil {
			return nil, err
		}
		if r.Freq < Daily {
			return nil, fmt.Errorf("no clock is changed %s", r.Freq)
		}
		until := ical.LastWall
		if r.Until != nil { // in UTC, while the rule is on the clock before the change
			if until = r.Until.Wall; r.Until.UTC {
				until += ical.Wall(o.From)
			}
		}
		rule := r.From(o.Start.Wall, false, until, spent)
		// Four years back, so that a rule for leap years is still in force.
		if all, err = rule.Between(window[0]-4*366*ical.DaySeconds, window[1], all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// zoneFile writes the changes in the TZif format (RFC 9636), version 1: the only way
// to make a *time.Location from rules. Its instants have
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
