package phone

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"deskd/phone"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/parting"
)

// source is that of bookings and evidence made at a phone.
const source = "phone"

// arrivalsFor is for how long is known who has come, while nothing is done at phones.
const arrivalsFor = 2 * time.Second

// expected is what is asked of the booking of who is logged in: whether they have to check
// in, can, and have not.
func (v *visit) expected() (a booking.Arrival, asked bool) {
	if v.due == nil {
		a, asked := v.awaited()
		v.due = &due{a, asked}
	}
	return v.due.Arrival, v.due.asked
}

// due is what is asked of someone, worked out once for a page.
type due struct {
	booking.Arrival
	asked bool
}

func (v *visit) awaited() (a booking.Arrival, asked bool) {
	r := v.mine()
	if r == nil {
		return a, false
	}
	window, asked := v.Bookings.Rules(v.desk.Desk).Coming(*r)
	if !asked || v.now.Before(window.Start) {
		return a, false
	}
	all, err := v.waiting()
	if err != nil {
		v.Log.Warn("page of a phone cannot tell who has come", "phone", v.desk.Desk.Device, "err", err)
		return a, false
	}
	at := slices.IndexFunc(all, func(one booking.Arrival) bool { return one.ID == r.ID })
	if at < 0 || all[at].Came() {
		return a, false
	}
	return all[at], true
}

// waiting are the bookings whose people can check in.
func (v *visit) waiting() ([]booking.Arrival, error) {
	if v.acted.lately(v.desk.Desk.ID, v.now) {
		return v.Reading.Arrivals(v.ctx, booking.Place{Desk: v.desk.Desk.ID}, v.now)
	}
	return v.arrivals.get(v.ctx, question[struct{}]{struct{}{}, arrivalsFor, v.now}, func(ctx context.Context) ([]booking.Arrival, error) {
		return v.Reading.Arrivals(ctx, booking.Place{}, v.now)
	})
}

var errTheirs = errors.New("the booking is not that of who is logged in")

// own lets that booking be changed alone which is of this desk and of who is logged in, as it
// is in the transaction.
func (v *visit) own(id string) booking.How {
	return booking.How{If: func(r reservations.Reservation) error {
		if v.on == "" || r.ID != id || r.Desk != v.desk.Desk.ID || !reservations.SamePerson(r.Person, v.on) {
			return errTheirs
		}
		return nil
	}}
}

// checkIn keeps that the person who has booked the desk has come.
func (v *visit) checkIn() phone.Object {
	r := v.mine()
	if r == nil {
		return v.notTheirs()
	}
	done, err := v.Bookings.CheckIn(v.as(), booking.Actor{}, booking.Presence{ID: r.ID, Source: source, How: v.own(r.ID)}, v.now)
	if err != nil {
		return v.refuse("Not checked in", err)
	}
	return v.text("Checked in\nThe desk is yours until " + v.clock(done.End) + ".")
}

func (v *visit) notTheirs() phone.Object {
	return v.text("Nothing was done\nOnly who is logged in here, and has booked this desk, can do that.")
}

// ofCalendar reports whether a booking is a calendar's.
func ofCalendar(r *reservations.Reservation) bool {
	return strings.HasPrefix(r.Source, reservations.FeedSource(""))
}

// mostEnds are the ends that are offered.
const mostEnds = 5

// extend offers later ends: up to the next booking, or the end of the day.
func (v *visit) extend() phone.Object {
	r := v.runs()
	if r == nil {
		return v.notTheirs()
	}
	if ofCalendar(r) {
		return v.text("Not from here\nThe booking is of a calendar: change it there.")
	}
	var items []phone.MenuItem
	ends, why := v.later(r)
	for _, end := range ends {
		items = append(items, phone.MenuItem{Name: "Until " + v.clock(end), URL: v.link(act{doExtend, instant(end)})})
	}
	if len(items) == 0 {
		return v.text("Not longer than it is\n" + why)
	}
	return v.menu(v.fact(), items, pageExtend)
}

// against are the rules of time that are against a later end. What depends on the person's
// other bookings is looked at as the booking is extended: 200 phones may ask at once, and to
// try each end would keep the rounds from writing.
func (v *visit) against(r reservations.Reservation, end time.Time) []rules.Refusal {
	its := v.Bookings.Rules(v.desk.Desk)
	its.Groups, its.OneDesk, its.Quotas = nil, false, nil
	w := rules.World{}
	if v.desk.Next != nil {
		w.Near = append(w.Near, *v.desk.Next)
	}
	for _, c := range v.closing {
		w.Closures = append(w.Closures, rules.Closure{Span: c.Span, Why: c.Why})
	}
	r.End = end
	return rules.Check(its, w, rules.Request{Of: r.ID, Desk: v.desk.Desk, Person: reservations.Person{ID: r.Person}, Span: r.Span}, v.now)
}

// ends are the instants to which a booking that ends then may be extended, the earliest
// first.
func (v *visit) ends(end time.Time) []time.Time {
	limit := v.limit(end)
	all := []time.Time{limit}
	for _, more := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour} {
		all = append(all, end.Add(more))
	}
	all = slices.DeleteFunc(all, func(at time.Time) bool { return !at.After(end) || at.After(limit) })
	slices.SortFunc(all, time.Time.Compare)
	all = slices.CompactFunc(all, time.Time.Equal)
	return all[:min(len(all), mostEnds)]
}

// limit is until when the desk may be had from an instant on: to the next booking, or to the
// end of the site's day.
func (v *visit) limit(from time.Time) time.Time {
	limit := rules.PeriodOf(rules.PerDay, from.Add(-time.Second), v.zone).End
	if next := v.desk.Next; next != nil && !next.Start.Before(from) {
		limit = reservations.Earliest(limit, next.Start)
	}
	return limit
}

// extendTo moves the end of the booking.
func (v *visit) extendTo(arg string) phone.Object {
	r, end := v.runs(), time.Unix(number(arg), 0).UTC()
	if r == nil {
		return v.notTheirs()
	}
	done, err := v.Bookings.Extend(v.as(), booking.Actor{}, booking.Change{ID: r.ID, Span: reservations.Span{End: end}, How: v.own(r.ID)}, v.now)
	if err != nil {
		return v.refuse("Not extended", err)
	}
	return v.text("Yours until " + v.clock(done.End) + "\nThe booking was extended.")
}

// end asks whether the booking is to end.
func (v *visit) end() phone.Object {
	r := v.runs()
	if r == nil {
		return v.notTheirs()
	}
	said, _ := v.parts(r, v.now)
	text := "End now?\n" + said + " The desk is free for others."
	if ofCalendar(r) {
		text += " The calendar keeps its entry."
	}
	return v.text(text, phone.SoftKeyItem{Name: "End now", URL: v.link(act{do: doEnd})})
}

// endNow ends the booking. A calendar's is cancelled: the calendar would bring back one that
// was cut short.
func (v *visit) endNow() phone.Object {
	r := v.runs()
	if r == nil {
		return v.notTheirs()
	}
	do := v.Bookings.End
	if ofCalendar(r) {
		do = v.Bookings.Cancel
	}
	if _, err := do(v.as(), booking.Actor{}, booking.Change{ID: r.ID, How: v.own(r.ID)}, v.now); err != nil {
		return v.refuse("Not ended", err)
	}
	said, stays := v.parts(r, v.now)
	var keys []phone.SoftKeyItem
	if stays && v.loginURL() != "" { // the cluster's service logs out who is logged in
		keys = append(keys, phone.SoftKeyItem{Name: "Log out", URL: v.loginURL()})
	}
	return v.text("Ended at "+v.clock(v.now)+"\nThe desk is free. "+said, keys...)
}

// logsNobodyOut are the kinds of what keeps deskd from logging anyone out.
var logsNobodyOut = []plan.Kind{
	plan.KindPaused, plan.KindRefused, plan.KindUnanswered, plan.KindCertificate, plan.KindSilent, plan.KindDatabaseWrite, plan.KindClock,
}

// parts says what becomes of the session of who is logged in if their booking ends then, and
// whether they have to log out by themselves.
func (v *visit) parts(r *reservations.Reservation, end time.Time) (said string, stays bool) {
	if c := v.cluster(); c.Count(logsNobodyOut...) > 0 {
		return "deskd logs nobody out at the moment: log out at this phone yourself.", true
	}
	s := parting.Session{Desk: v.desk.Desk, Seen: v.desk.Phone, Booking: *r, Next: v.desk.Next}
	at, out := s.Out(v.Policy, end)
	switch next := v.desk.Next; {
	case out && at.Sub(end) < time.Minute && !end.After(v.now):
		return "You are logged out.", false
	case out && at.Sub(end) < time.Minute:
		return "In " + minutes(end.Sub(v.now)) + " you are logged out.", false
	case out:
		return "You are logged out at " + v.clock(at) + ".", false
	case next != nil && reservations.SamePerson(next.Person, v.on) && next.Start.Before(end.Add(v.Policy.Lead+v.Policy.Grace+time.Second)):
		return "You stay logged in for your next booking.", false
	}
	return "You stay logged in: log out at this phone yourself.", true
}
