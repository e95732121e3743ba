package rules

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
)

// The oracle goes through a booking minute by minute, and knows days only by what the
// wall clock shows in each.

type moment struct {
	date   string
	day    time.Time // midnight in UTC
	minute int
	at     time.Time
}

func minutes(s reservations.Span, zone *time.Location) []moment {
	var all []moment
	for t := s.Start; t.Before(s.End); t = t.Add(time.Minute) {
		l := t.In(zone)
		y, m, d := l.Date()
		all = append(all, moment{l.Format(time.DateOnly), time.Date(y, m, d, 0, 0, 0, 0, time.UTC), l.Hour()*60 + l.Minute(), t})
	}
	return all
}

// startsDay reports whether the minute before t was one of another day.
func startsDay(t time.Time, zone *time.Location) bool {
	return t.In(zone).Format(time.DateOnly) != t.Add(-time.Minute).In(zone).Format(time.DateOnly)
}

func oracleWhole(s reservations.Span, zone *time.Location) bool {
	return startsDay(s.Start, zone) && startsDay(s.End, zone)
}

// counted is how many minutes a span counts for.
func counted(s reservations.Span, zone *time.Location) int {
	all := minutes(s, zone)
	if len(all) == 0 || !oracleWhole(s, zone) {
		return len(all)
	}
	dates := map[string]bool{}
	for _, m := range all {
		dates[m.date] = true
	}
	return len(dates) * 24 * 60
}

func periodKey(per Period, m moment) string {
	switch per {
	case PerDay:
		return m.date
	case PerWeek:
		y, w := m.day.ISOWeek()
		return fmt.Sprint(y, w)
	default:
		return m.date[:7]
	}
}

// oracle are the codes that are to be told, in any order.
func oracle(r Rules, w World, q Request, now time.Time) map[Code]bool {
	found := map[Code]bool{}
	all := minutes(q.Span, r.Clock)
	first, last := all[0], all[len(all)-1]
	whole := oracleWhole(q.Span, r.Clock)
	if r.Week != nil {
		open := true
		for _, m := range all {
			open = open && r.Week[m.day.Weekday()] != Hours{}
		}
		inside := func(m moment) bool {
			h := r.Week[m.day.Weekday()]
			return h.From <= m.minute && m.minute < h.To
		}
		switch {
		case !open:
			found[ClosedDay] = true
		case !whole && (!inside(first) || !inside(last)):
			found[OutsideHours] = true
		}
	}
	for _, m := range all {
		for _, h := range slices.Concat(r.Holidays, w.Holidays) {
			if h.From.String() <= m.date && m.date <= h.To.String() {
				found[OnHoliday] = true
			}
		}
		for _, c := range w.Closures {
			if c.Contains(m.at) {
				found[Closed] = true
			}
		}
		for _, o := range w.Own {
			if r.OneDesk && o.ID != q.Of && o.Desk != q.Desk.ID && o.Contains(m.at) {
				found[SecondDesk] = true
			}
		}
		if w.Owner != "" && w.Owner != q.Person.ID && !slices.ContainsFunc(w.Released, func(s reservations.Span) bool { return s.Contains(m.at) }) {
			found[Owned] = true
		}
	}
	if r.Ahead.Days > 0 {
		n := now.In(r.Clock)
		horizon := n.AddDate(0, 0, r.Ahead.Days)
		if n.Hour()*60+n.Minute() < r.Ahead.Opens {
			horizon = horizon.AddDate(0, 0, -1)
		}
		found[TooEarly] = last.date > horizon.Format(time.DateOnly)
	}
	n := counted(q.Span, r.Clock)
	found[TooShort] = r.Shortest > 0 && n < int(r.Shortest.Minutes())
	found[TooLong] = r.Longest > 0 && n > int(r.Longest.Minutes())
	if r.Slots != nil && !whole {
		begins := slices.ContainsFunc(r.Slots, func(s Hours) bool {
			return s.From == first.minute || !q.Start.After(now) && s.From <= first.minute && first.minute < s.To
		})
		after := q.End.In(r.Clock) // where the clock goes back, its slot ends the second time it shows that
		again := after.Format(time.DateOnly) == last.date && after.Hour()*60+after.Minute() <= last.minute
		ends := !again && slices.ContainsFunc(r.Slots, func(s Hours) bool { return last.minute == s.To-1 })
		found[NoSlot] = !begins || !ends || first.date == last.date && last.minute < first.minute
	}
	if r.Buffer > 0 {
		for _, o := range w.Near {
			before := !o.End.After(q.Start) && q.Start.Sub(o.End) < r.Buffer
			after := !o.Start.Before(q.End) && o.Start.Sub(q.End) < r.Buffer
			if o.ID != q.Of && o.Person != q.Person.ID && (before || after) {
				found[InBuffer] = true
			}
		}
	}
	for _, quota := range r.Quotas {
		if oracleQuota(quota, r.Clock, w, q, now) {
			found[OverQuota] = true
		}
	}
	for code, is := range found {
		if !is {
			delete(found, code)
		}
	}
	return found
}

func oracleQuota(quota Quota, zone *time.Location, w World, q Request, now time.Time) bool {
	key := func(m moment) string { return periodKey(quota.Per, m) }
	if quota.Per == PerAhead {
		key = func(m moment) string {
			if m.at.Before(now) {
				return ""
			}
			return "ahead"
		}
	}
	bookings, length := map[string]int{}, map[string]int{}
	add := func(s reservations.Span) {
		parts := map[string]reservations.Span{}
		for _, m := range minutes(s, zone) {
			k, end := key(m), m.at.Add(time.Minute)
			if part, ok := parts[k]; ok {
				parts[k] = reservations.Span{Start: part.Start, End: end}
			} else {
				parts[k] = reservations.Span{Start: m.at, End: end}
			}
		}
		for k, part := range parts {
			bookings[k]++
			length[k] += counted(part, zone)
		}
	}
	for _, o := range w.Own {
		if o.ID != q.Of {
			add(o.Span)
		}
	}
	add(q.Span)
	for _, m := range minutes(q.Span, zone) {
		k := key(m)
		if k != "" && (quota.Bookings > 0 && bookings[k] > quota.Bookings || quota.Hours > 0 && length[k] > quota.Hours*60) {
			return true
		}
	}
	return false
}

var zoneNames = []string{"Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "America/New_York", "UTC"}

func drawSpan(t *rapid.T, label string, around time.Time, zone *time.Location) reservations.Span {
	start := around.Add(time.Duration(rapid.IntRange(-4*96, 4*96).Draw(t, label+" start")) * 15 * time.Minute)
	if rapid.Bool().Draw(t, label+" is days") {
		d := dateOf(start, zone)
		return reservations.Span{Start: startOf(d, zone), End: startOf(d.Plus(rapid.IntRange(1, 3).Draw(t, label+" days")), zone)}
	}
	return reservations.Span{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, label+" length")) * 15 * time.Minute)}
}

func drawRules(t *rapid.T, zone *time.Location, around time.Time) Rules {
	r := Rules{Clock: zone, OneDesk: rapid.Bool().Draw(t, "one desk")}
	some := func(label string) bool { return rapid.IntRange(0, 2).Draw(t, label) == 0 }
	if some("hours") {
		r.Week = new([7]Hours)
		for i := range r.Week {
			r.Week[i] = rapid.SampledFrom([]Hours{{}, {420, 1200}, {0, 1440}, {480, 720}}).Draw(t, "hours")
		}
	}
	if some("holidays") {
		from := dateOf(around, zone).Plus(rapid.IntRange(-2, 4).Draw(t, "holiday"))
		r.Holidays = []Holiday{{From: from, To: from.Plus(rapid.IntRange(0, 2).Draw(t, "holidays"))}}
	}
	if some("ahead") {
		r.Ahead = Ahead{Days: rapid.IntRange(1, 6).Draw(t, "ahead"), Opens: rapid.SampledFrom([]int{0, 360, 720, 1200}).Draw(t, "opens")}
	}
	if some("shortest") {
		r.Shortest = time.Duration(rapid.IntRange(1, 8).Draw(t, "shortest")) * 30 * time.Minute
	}
	if some("longest") {
		r.Longest = time.Duration(rapid.IntRange(1, 72).Draw(t, "longest")) * time.Hour
	}
	if some("slots") {
		r.Slots = rapid.SampledFrom([][]Hours{{{480, 780}, {780, 1080}}, {{0, 720}, {720, 1440}}}).Draw(t, "slots")
	}
	if some("buffer") {
		r.Buffer = time.Duration(rapid.IntRange(1, 4).Draw(t, "buffer")) * 15 * time.Minute
	}
	if rapid.Bool().Draw(t, "quota") {
		r.Quotas = []Quota{{
			Per:      rapid.SampledFrom([]Period{PerDay, PerWeek, PerMonth, PerAhead}).Draw(t, "per"),
			Bookings: rapid.IntRange(0, 3).Draw(t, "bookings"), Hours: rapid.IntRange(0, 40).Draw(t, "quota hours"),
		}}
	}
	return r
}

func drawWorld(t *rapid.T, zone *time.Location, around time.Time) World {
	var w World
	for i := range rapid.IntRange(0, 4).Draw(t, "own") {
		w.Own = append(w.Own, reservations.Reservation{ID: fmt.Sprint("own", i), Desk: rapid.SampledFrom([]string{"D1", "D2"}).Draw(t, "desk"), Person: "jane", Span: drawSpan(t, "own", around, zone)})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "near") {
		w.Near = append(w.Near, reservations.Reservation{ID: fmt.Sprint("near", i), Desk: "D1", Person: rapid.SampledFrom([]string{"jane", "max"}).Draw(t, "whose"), Span: drawSpan(t, "near", around, zone)})
	}
	if rapid.IntRange(0, 3).Draw(t, "calendar of holidays") == 0 {
		w.Holidays = []Holiday{HolidayOf(drawSpan(t, "holiday", around, zone), "", zone)}
	}
	if rapid.IntRange(0, 2).Draw(t, "closed") == 0 {
		w.Closures = []Closure{{Span: drawSpan(t, "closure", around, zone)}}
	}
	if rapid.IntRange(0, 2).Draw(t, "owned") == 0 {
		w.Owner = rapid.SampledFrom([]string{"jane", "max"}).Draw(t, "owner")
		for range rapid.IntRange(0, 3).Draw(t, "released") {
			w.Released = append(w.Released, drawSpan(t, "released", around, zone))
		}
	}
	return w
}

// Whatever the rules, the bookings and the clocks of a place: what is refused, and why, is
// what the oracle says.
func TestCheckAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zoneNames).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		around := rapid.SampledFrom([]time.Time{ // changes of clocks, and a day without
			time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 5, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 9, 6, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC),
		}).Draw(t, "around")
		r, w := drawRules(t, zone, around), drawWorld(t, zone, around)
		q := Request{Desk: reservations.Desk{ID: "D1"}, Person: reservations.Person{ID: "jane"}, Span: drawSpan(t, "asked", around, zone)}
		if len(w.Own) > 0 && rapid.IntRange(0, 3).Draw(t, "changes") == 0 {
			q.Of = w.Own[0].ID
		}
		now := around.Add(time.Duration(rapid.IntRange(-6*96, 96).Draw(t, "now")) * 15 * time.Minute)
		got := map[Code]bool{}
		for _, refusal := range Check(r, w, q, now) {
			got[refusal.Code] = true
			if refusal.Text == "" || refusal.Rule == "" || refusal.Value == "" {
				t.Fatalf("a refusal does not say enough: %+v", refusal)
			}
		}
		if want := oracle(r, w, q, now); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s in %s, now %s: told %v, expected %v\nrules %+v\nworld %+v", q.Span, name, now, got, want, r, w)
		}
	})
}

// What says until when it stands, does not stand then.
func TestUntilIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zoneNames).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		around := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
		r, w := drawRules(t, zone, around), drawWorld(t, zone, around)
		q := Request{Desk: reservations.Desk{ID: "D1"}, Person: reservations.Person{ID: "jane"}, Span: drawSpan(t, "asked", around, zone)}
		for _, refusal := range Check(r, w, q, around) {
			switch refusal.Code {
			case TooEarly: // asked again then
				if again := Check(r, w, q, refusal.Until); slices.ContainsFunc(again, func(a Refusal) bool { return a.Code == TooEarly }) {
					t.Fatalf("%v, and asked again then: %v", refusal, again)
				}
				if again := Check(r, w, q, refusal.Until.Add(-time.Second)); !slices.ContainsFunc(again, func(a Refusal) bool { return a.Code == TooEarly }) {
					t.Fatalf("%v, and not a second before", refusal)
				}
			case OnHoliday, Closed, SecondDesk, InBuffer, OverQuota: // for a booking that begins then
				if refusal.Until.IsZero() {
					continue
				}
				later := q
				later.Span = reservations.Span{Start: refusal.Until, End: refusal.Until.Add(q.Duration())}
				if again := Check(r, w, later, around); slices.ContainsFunc(again, func(a Refusal) bool {
					return a.Code == refusal.Code && a.Until.Equal(refusal.Until)
				}) {
					t.Fatalf("%v, and the same for one that begins then: %v", refusal, again)
				}
			}
		}
	})
}
