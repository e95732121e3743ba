package configs

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"time"

	"deskd/reservations/rules"
)

// Rules say who may book when. A key that is not there is no rule at a site, and at a
// zone that of its site; the forms of texts are those of package rules.
type Rules struct {
	Hours         *[]string `yaml:"hours"`           // "mon-fri 07:00-20:00"; days without are closed, an empty list is always open
	Holidays      *[]string `yaml:"holidays"`        // "2026-12-25 Christmas", "2026-12-24..2027-01-01"
	AheadDays     *int      `yaml:"ahead_days"`      // how many days before it a day can be booked, 0: any
	OpensAt       *string   `yaml:"opens_at"`        // at what time of the first of them
	Shortest      *Duration `yaml:"shortest"`        // 0: any
	Longest       *Duration `yaml:"longest"`         // 0: any
	Slots         *[]string `yaml:"slots"`           // parts of a day that can be booked, "08:00-13:00"
	OneDesk       *bool     `yaml:"one_desk"`        // a person has one desk at a time
	Quotas        *[]string `yaml:"quotas"`          // "3 bookings a week", "20 hours a month", "5 bookings ahead"
	Groups        *[]string `yaml:"groups"`          // people of one of these may book; empty: everybody
	Buffer        *Duration `yaml:"buffer"`          // a desk stays free between two people
	OutOfService  *[]string `yaml:"out_of_service"`  // shell patterns of desks that cannot be booked
	CheckIn       *Duration `yaml:"check_in"`        // so long after its start a booking is released unless its person has come, 0: never
	CheckInBefore *Duration `yaml:"check_in_before"` // how long before the start it counts that they are there
	CheckInFeeds  *bool     `yaml:"check_in_feeds"`  // bookings of calendars and other programs are released as well
}

// Zone is a part of a site: the desks that have all of what is given of Zone, Floor and
// Desks.
type Zone struct {
	Zone  string   `yaml:"zone"` // as the desk's
	Floor string   `yaml:"floor"`
	Desks []string `yaml:"desks"` // shell patterns of desk ids
	Rules Rules    `yaml:"rules"`
}

// rules checks what package rules will read. A list is checked entry by entry, and then
// as a whole.
func (f *findings) rules(key string, r Rules) {
	given := r.over(noRules)
	list(f, key+".hours", *given.Hours, rules.ParseWeek)
	each(f, key+".holidays", *given.Holidays, reads(rules.ParseHoliday))
	f.add(key+".ahead_days", countAtLeast(*given.AheadDays, 0))
	f.add(key+".opens_at", reads(rules.ParseClock)(*given.OpensAt))
	f.add(key+".shortest", atLeast(*given.Shortest, 0))
	f.add(key+".longest", atLeast(*given.Longest, 0))
	if *given.Longest > 0 && *given.Longest < *given.Shortest {
		f.add(key+".longest", complaint{fmt.Sprintf("must not be less than shortest (%s), is %s", *given.Shortest, *given.Longest), "nothing could be booked"})
	}
	list(f, key+".slots", *given.Slots, rules.ParseSlots)
	each(f, key+".quotas", *given.Quotas, reads(rules.ParseQuota))
	each(f, key+".groups", *given.Groups, required)
	f.add(key+".buffer", atLeast(*given.Buffer, 0))
	each(f, key+".out_of_service", *given.OutOfService, checkPattern)
	f.add(key+".check_in", atMost(*given.CheckIn, longestCheckIn))
	f.add(key+".check_in_before", atMost(*given.CheckInBefore, longestCheckIn))
}

func (f *findings) zones(key string, zones []Zone) {
	for i, z := range zones {
		under := fmt.Sprintf("%s[%d]", key, i)
		if z.Zone == "" && z.Floor == "" && len(z.Desks) == 0 {
			f.add(under, complaint{"says of no desks that they are in it", "give it a zone, a floor, or desks"})
		}
		each(f, under+".desks", z.Desks, checkPattern)
		f.rules(under+".rules", z.Rules)
	}
}

// longestCheckIn is how long before or after its start a booking is waited for, at most.
const longestCheckIn = Duration(12 * time.Hour)

// atMost judges a time that may be none.
func atMost(value, most Duration) complaint {
	if value > most {
		return complaint{fmt.Sprintf("must be at most %s, is %s", most, value), ""}
	}
	return atLeast(value, 0)
}

// reads judges a text by what reads it.
func reads[T any](parse func(string) (T, error)) func(string) complaint {
	return func(text string) complaint {
		if _, err := parse(text); err != nil {
			return complaint{err.Error(), ""}
		}
		return complaint{}
	}
}

// list judges the entries of a list, each by itself and then beside the others.
func list[T any](f *findings, key string, entries []string, parse func([]string) (T, error)) {
	each(f, key, entries, reads(func(entry string) (T, error) { return parse([]string{entry}) }))
	if _, err := parse(entries); err != nil && !slices.ContainsFunc(entries, func(e string) bool { _, alone := parse([]string{e}); return alone != nil }) {
		f.add(key, complaint{err.Error(), ""})
	}
}

// noRules are those of a site that has none, with a value for every key.
var noRules = Rules{
	Hours: new([]string), Holidays: new([]string), AheadDays: new(int), OpensAt: new("00:00"), Shortest: new(Duration), Longest: new(Duration),
	Slots: new([]string), OneDesk: new(bool), Quotas: new([]string), Groups: new([]string), Buffer: new(Duration), OutOfService: new([]string),
	CheckIn: new(Duration), CheckInBefore: new(Duration(15 * time.Minute)), CheckInFeeds: new(bool),
}

// over are the rules r where r has them, and else those beneath.
func (r Rules) over(beneath Rules) Rules {
	is, under := reflect.ValueOf(&r).Elem(), reflect.ValueOf(beneath)
	for i := range is.NumField() {
		if is.Field(i).IsNil() {
			is.Field(i).Set(under.Field(i))
		}
	}
	return r
}

// holds reports whether a desk is in z.
func (z Zone) holds(id, floor, zone string) bool {
	named := func(pattern string) bool {
		hit, _ := path.Match(pattern, id) // the check has read it
		return hit
	}
	return (z.Zone == "" || z.Zone == zone) && (z.Floor == "" || z.Floor == floor) && (len(z.Desks) == 0 || slices.ContainsFunc(z.Desks, named))
}

// RulesOf are the rules of a desk of the site, by its id, floor and zone, without the
// site's clock. Of several zones that have it the last one that has a key decides about it.
func (s Site) RulesOf(id, floor, zone string) rules.Rules {
	given := s.Rules.over(noRules)
	for _, z := range s.Zones {
		if z.holds(id, floor, zone) {
			given = z.Rules.over(given)
		}
	}
	return given.read()
}

// ChecksIn reports whether people have to come anywhere: see [Rules.CheckIn].
func (c Config) ChecksIn() bool {
	asks := func(r Rules) bool { return r.CheckIn != nil && *r.CheckIn > 0 }
	return slices.ContainsFunc(c.Sites, func(s Site) bool {
		return asks(s.Rules) || slices.ContainsFunc(s.Zones, func(z Zone) bool { return asks(z.Rules) })
	})
}

// read is what rules mean that the check has found right, with a value for every key.
func (r Rules) read() rules.Rules {
	read := rules.Rules{
		Shortest: time.Duration(*r.Shortest), Longest: time.Duration(*r.Longest), OneDesk: *r.OneDesk,
		CheckIn: rules.CheckIn{Before: time.Duration(*r.CheckInBefore), Within: time.Duration(*r.CheckIn), Feeds: *r.CheckInFeeds},
		Groups:  *r.Groups, Buffer: time.Duration(*r.Buffer), OutOfService: *r.OutOfService,
	}
	read.Week, _ = rules.ParseWeek(*r.Hours)
	for _, text := range *r.Holidays {
		h, _ := rules.ParseHoliday(text)
		read.Holidays = append(read.Holidays, h)
	}
	if *r.AheadDays > 0 {
		read.Ahead.Days = *r.AheadDays
		read.Ahead.Opens, _ = rules.ParseClock(*r.OpensAt)
	}
	read.Slots, _ = rules.ParseSlots(*r.Slots)
	for _, text := range *r.Quotas {
		q, _ := rules.ParseQuota(text)
		read.Quotas = append(read.Quotas, q)
	}
	return read
}
