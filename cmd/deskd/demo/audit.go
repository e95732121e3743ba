package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/scheduler/callhistory"
	"deskd/scheduler/notices"
	"deskd/scheduler/plan"
	kept "deskd/store/notices"
)

// What the audit lets pass: the time a step may take once it is due, and the
// time until a sweep or a poll has met what happened at a phone or in a feed.
const (
	auditStep  = time.Minute
	auditSweep = 5*time.Minute + 2*time.Minute // and the ramp after a mass loss
)

// verdict is what a day came to. It is computed from the sessions the phones
// really had, held against the bookings the database has at the end.
type verdict struct {
	begun, served            int
	late                     []time.Duration
	logins, logouts, refused int
	held, repairs, handovers int
	byCause                  map[plan.Cause]int
	lists                    lists
	notices                  told
	excused, wrong           []string
}

// lists are the lists of calls that were on phones as their sessions ended.
type lists struct{ cleared, not int }

func (l lists) String() string {
	return fmt.Sprintf("lists of calls: %d cleared, %d not", l.cleared, l.not)
}

// note counts what the journal says of the list of a session.
func (l *lists) note(outcome string) {
	switch {
	case outcome == string(callhistory.Cleared):
		l.cleared++
	case outcome != "":
		l.not++
	}
}

// told are the notices to people at their phones.
type told struct{ yes, no int }

func (t told) String() string { return fmt.Sprintf("notices: %d told, %d not", t.yes, t.no) }

// note counts one. Where nobody was who could be told, there was nothing to tell.
func (t *told) note(o notices.Outcome) {
	switch o {
	case notices.Absent, notices.SomeoneElse:
	case notices.Sent:
		t.yes++
	default:
		t.no++
	}
}

func (v verdict) good() bool { return len(v.wrong) == 0 && v.served > 0 }

func (v verdict) worst() time.Duration {
	if len(v.late) == 0 {
		return 0
	}
	return slices.Max(v.late)
}

func (v verdict) middle() time.Duration {
	if len(v.late) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v.late))
	return sorted[len(sorted)/2]
}

// session is one stay of a person on a phone.
type session struct {
	person string
	reservations.Span
	began, ended emulator.Actor
}

// audit holds the phones' sessions against the bookings.
func (d *world) audit(ctx context.Context) (verdict, error) {
	v := verdict{byCause: make(map[plan.Cause]int)}
	day := reservations.Span{Start: d.origin, End: d.ended}
	all, err := d.Store.ListReservations(ctx, reservations.Filter{Span: day, IncludeCancelled: true})
	if err != nil {
		return v, err
	}
	if err := v.count(ctx, d); err != nil {
		return v, err
	}
	sessions := d.sessions()
	deskOf := make(map[string]reservations.Desk)
	for _, desk := range d.desks {
		deskOf[desk.Device] = desk
	}
	d.starts, d.lost = make(map[time.Time]int), make(map[time.Time]int)
	for _, stays := range sessions {
		for _, s := range stays {
			d.lost[s.End]++
		}
	}
	for _, r := range all {
		d.starts[r.Start]++
	}
	for _, r := range all {
		if r.Status == reservations.Confirmed && r.Person != "" {
			d.auditBooking(&v, r, all, sessions[d.desks[r.Desk].Device])
		}
	}
	for device, stays := range sessions {
		for _, s := range stays {
			d.auditSession(&v, deskOf[device].ID, s, all)
		}
	}
	v.wrong = append(append(v.wrong, d.program.wrong...), d.hands.wrong...)
	if n := d.cleared(); v.lists.cleared > n {
		v.wrong = append(v.wrong, fmt.Sprintf("%d lists of calls are said to be cleared, and %d phones were told to", v.lists.cleared, n))
	}
	slices.Sort(v.wrong)
	return v, nil
}

// count reads the totals of the journal and of the notices.
func (v *verdict) count(ctx context.Context, d *world) error {
	attempts, err := d.Store.Attempts(ctx, d.origin)
	for _, a := range attempts {
		v.lists.note(a.CallList)
		switch {
		case a.Op == plan.OpHold:
			v.held++
		case a.Outcome != plan.Done:
			v.refused++
		case a.Op == plan.OpLogin:
			v.logins++
		default:
			v.logouts++
		}
		if a.Op != plan.OpHold && a.Outcome == plan.Done && a.Cause.Drift() {
			v.repairs++
			v.byCause[a.Cause]++
		}
		if a.Outcome == plan.Done && a.Cause == plan.CauseHandover {
			v.handovers++
		}
	}
	if err != nil {
		return err
	}
	all, err := d.Store.PhoneNotices().List(ctx, kept.Filter{From: d.origin})
	for _, n := range all {
		v.notices.note(n.Outcome)
	}
	return err
}

// sessions are the stays on every phone, as the phone system counted them.
func (d *world) sessions() map[string][]session {
	all := make(map[string][]session)
	for _, e := range d.phones.Events() {
		stays := all[e.Device]
		switch e.Kind {
		case emulator.Login:
			all[e.Device] = append(stays, session{person: e.User, Span: reservations.Span{Start: e.At, End: d.ended}, began: e.By})
		case emulator.Logout:
			stays[len(stays)-1].End, stays[len(stays)-1].ended = e.At, e.By
		}
	}
	return all
}

// auditBooking asks whether the booked person was on the phone in time, stayed
// there, and left at the end.
func (d *world) auditBooking(v *verdict, r reservations.Reservation, all []reservations.Reservation, stays []session) {
	// A booking that was made or moved while it would have run counts from then.
	from := later(r.Start, r.Updated)
	if !from.Before(d.ended) || r.End.Sub(from) < 5*time.Minute {
		return
	}
	until := r.End
	if until.After(d.ended) {
		until = d.ended
	}
	v.begun++
	before := len(v.wrong)
	gaps := gapsIn(reservations.Span{Start: from, End: until}, r.Person, stays)
	late := time.Duration(0)
	if len(gaps) > 0 && gaps[0].Start.Equal(from) {
		late = gaps[0].Duration()
	}
	v.late = append(v.late, late)
	for _, gap := range gaps {
		d.auditGap(v, r, gap, stays)
	}
	d.auditEnd(v, r, all, stays)
	if len(v.wrong) == before {
		v.served++
	}
}

// gapsIn lists the parts of span in which person was not on the phone.
func gapsIn(span reservations.Span, person string, stays []session) []reservations.Span {
	var gaps []reservations.Span
	at := span.Start
	for _, s := range stays {
		if !reservations.SamePerson(s.person, person) || !s.Overlaps(reservations.Span{Start: at, End: span.End}) {
			continue
		}
		if s.Start.After(at) {
			gaps = append(gaps, reservations.Span{Start: at, End: s.Start})
		}
		at = later(at, s.End)
	}
	if at.Before(span.End) {
		gaps = append(gaps, reservations.Span{Start: at, End: span.End})
	}
	return gaps
}

// auditGap judges one absence of the booked person: short at the start, or
// caused at the phone and repaired by the next sweep, or the phone was not there.
func (d *world) auditGap(v *verdict, r reservations.Reservation, gap reservations.Span, stays []session) {
	allowed := auditStep + d.crowd(r.Start)
	for _, s := range stays {
		if s.End.Equal(gap.Start) && s.ended != emulator.ByAPI && s.ended != "" {
			allowed += auditSweep + time.Duration(d.lost[s.End])*d.gap()
		}
	}
	for _, a := range d.absences {
		if a.Overlaps(gap) && d.desks[r.Desk].Device == a.device {
			v.excused = append(v.excused, d.name(r)+": held while its phone was not there")
			allowed += a.Duration() + auditSweep
		}
	}
	if gap.Duration() > allowed {
		v.wrong = append(v.wrong, fmt.Sprintf("%s: not on the phone from %s to %s", d.name(r), d.at(gap.Start), d.at(gap.End)))
	}
}

// crowd is how long the configured rate needs for all bookings that start at
// once, each with the logout before it.
func (d *world) crowd(start time.Time) time.Duration {
	return 2 * time.Duration(d.starts[start]) * d.gap()
}

// gap is the time one request takes of the configured rate.
func (d *world) gap() time.Duration {
	return time.Minute / time.Duration(d.Config.Clusters[0].MaxPerMinute)
}

// name is a booking as the tally names it.
func (d *world) name(r reservations.Reservation) string {
	return fmt.Sprintf("desk %s, %s from %s", r.Desk, r.Person, r.Start.In(d.zone).Format("15:04"))
}

// auditEnd asks whether the session ended with the booking, unless the same
// person's next booking follows or the person came without deskd.
func (d *world) auditEnd(v *verdict, r reservations.Reservation, all []reservations.Reservation, stays []session) {
	limit := r.End.Add(auditStep + d.crowd(r.End))
	if limit.After(d.ended) {
		return
	}
	for _, s := range stays {
		if !s.Contains(limit) || !reservations.SamePerson(s.person, r.Person) || s.began != emulator.ByAPI {
			continue
		}
		if !booked(all, r.Desk, r.Person, limit) {
			v.wrong = append(v.wrong, fmt.Sprintf("%s: still on the phone at %s, after the booking's end", d.name(r), d.at(limit)))
		}
	}
}

// auditSession asks whether deskd had a reason to begin and to end a session.
func (d *world) auditSession(v *verdict, desk string, s session, all []reservations.Reservation) {
	lead := 10 * time.Minute
	if s.began == emulator.ByAPI && !booked(all, desk, s.person, s.Start) && !booked(all, desk, s.person, s.Start.Add(lead)) && !d.wasBooked(all, desk, s) {
		v.wrong = append(v.wrong, fmt.Sprintf("desk %s: %s was logged in at %s without a booking", desk, s.person, d.at(s.Start)))
	}
	if s.ended == emulator.ByAPI && booked(all, desk, s.person, s.End) {
		v.wrong = append(v.wrong, fmt.Sprintf("desk %s: %s was logged out at %s in their own booking", desk, s.person, d.at(s.End)))
	}
}

// wasBooked reports whether s began for a booking that was taken back later.
func (d *world) wasBooked(all []reservations.Reservation, desk string, s session) bool {
	return slices.ContainsFunc(all, func(r reservations.Reservation) bool {
		return r.Status != reservations.Confirmed && r.Desk == desk && reservations.SamePerson(r.Person, s.person) &&
			!s.Start.Before(r.Start.Add(-10*time.Minute)) && s.Start.Before(r.Updated)
	})
}

// booked reports whether person has desk at t.
func booked(all []reservations.Reservation, desk, person string, t time.Time) bool {
	return slices.ContainsFunc(all, func(r reservations.Reservation) bool {
		return r.Status == reservations.Confirmed && r.Desk == desk && reservations.SamePerson(r.Person, person) && r.Contains(t)
	})
}

func (d *world) at(t time.Time) string { return t.In(d.zone).Format("15:04:05") }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
