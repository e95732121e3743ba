package ical

import (
	"bytes"
	"errors"
	"iter"
)

// Period is an RDATE: a date or time and, where it is a PERIOD (RFC 5545 3.3.9), its own
// end, as a time or a length. The other of the two is nil, or both.
type Period struct {
	Time   // its start
	End    *Time
	Length *Duration
}

// Time reads text, a date or time of the value, with the zone of the property.
func (p *Property) Time(text []byte) (Time, error) {
	s, err := ParseTime(text)
	switch {
	case err != nil || len(p.params) == 0:
	case !s.Date && word(p.Param("VALUE")) == "DATE" && s.Clock() != 0:
		return s, errors.New("it is a time, and VALUE=DATE says that it is a date")
	case !s.Date && word(p.Param("VALUE")) == "DATE":
		// Quirk: web calendars write "VALUE=DATE:20260303T000000"
		// (testdata/feeds/decisions/accepted-value-date-with-time.ics).
		s = Time{Wall: Wall(s.Day() * DaySeconds), Date: true}
	case !s.UTC: // Z wins over TZID
		s.TZID = p.known(p.Param("TZID"))
	}
	return s, err
}

// Times are the dates and times of a list such as EXDATE, up to the first that
// cannot be read.
func (p *Property) Times() iter.Seq2[Time, error] {
	return func(yield func(Time, error) bool) {
		for text := range bytes.SplitSeq(p.Value, []byte{','}) {
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			if s, err := p.Time(text); !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Periods are those of a list such as RDATE, up to the first that cannot be read.
func (p *Property) Periods() iter.Seq2[Period, error] {
	return func(yield func(Period, error) bool) {
		for text := range bytes.SplitSeq(p.Value, []byte{','}) {
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			if d, err := p.period(text); !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// period reads a date, a time, or "start/end" or "start/duration".
func (p *Property) period(text []byte) (d Period, err error) {
	start, end, period := bytes.Cut(text, []byte{'/'})
	if d.Time, err = p.Time(start); err != nil || !period {
		return d, err
	}
	if l, err := ParseDuration(string(end)); err == nil {
		d.Length = &l
		return d, nil
	}
	at, err := p.Time(end)
	d.End = &at
	return d, err
}
