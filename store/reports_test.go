package store

import (
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/reports"
	"deskd/reservations/rules"
	"deskd/scheduler/plan"
	"deskd/store/usage"
)

// A report counts bookings, who came and logins by the day of the site's clock, and says since
// when what is known: what retention removes is gone from the desk's line, and counted in the
// site's.
func testReport(t *testing.T, w world) {
	s := w.open(t)
	zone := must(time.LoadLocation("Europe/Berlin"))(t)
	execute(t, w.raw(t), "UPDATE desks SET floor = CASE id WHEN '5.01' THEN '5' ELSE '4' END, zone = 'quiet'")
	b := by(t, s, rules.Rules{CheckIn: rules.CheckIn{Before: 15 * time.Minute, Within: 30 * time.Minute}})
	came := must(b.Book(ctx, someone, wish("4.12", "jane", agoSpan(8, 12)), longAgo(7)))(t)
	must(b.CheckIn(ctx, someone, booking.Presence{ID: came.ID, Source: "api"}, longAgo(8)))(t)
	late := must(b.Book(ctx, someone, wish("4.12", "max", agoSpan(12, 16)), longAgo(7)))(t)
	must(b.Release(ctx, someone, late.ID, longAgo(13)))(t)
	must(b.WalkUp(ctx, someone, booking.Visit{Desk: "4.12", Person: "max", Until: longAgo(17), Source: "api"}, longAgo(16)))(t)
	must(b.Book(ctx, someone, wish("4.12", "jane", agoSpan(17, 18)), longAgo(7)))(t) // nobody came, and nobody was there to release it
	must(b.Close(ctx, someone, booking.Closing{Place: booking.Place{Desk: "4.12"}, Span: agoSpan(18, 19), Why: "paint"}, longAgo(7)))(t)
	book(t, s, "5.01", "jane", agoSpan(23, 26)) // after midnight in Berlin
	tried := func(from, took time.Duration, outcome plan.Outcome, more func(*plan.Attempt)) {
		a := attempt("4.12", longAgo(8).Add(from))
		a.From, a.Known, a.Reservation = longAgo(8), longAgo(7), came.ID
		if more != nil {
			more(&a)
		}
		a = must(s.Begin(ctx, a))(t)
		a.Outcome, a.Ended = outcome, a.Began.Add(took)
		if outcome == plan.Refused {
			a.Class = plan.ClassBusy
		}
		check(t, s.Finish(ctx, a))
	}
	tried(-10*time.Second, time.Second, plan.Refused, nil)
	tried(0, 40*time.Second, plan.NoEffect, nil)
	tried(60*time.Second, time.Second, plan.Done, nil)
	tried(time.Hour, time.Second, plan.Done, func(a *plan.Attempt) { a.Cause = plan.CauseVanished })
	tried(4*time.Hour, time.Second, plan.Done, func(a *plan.Attempt) { a.Op = plan.OpLogout })

	first := longAgo(0)
	around := reservations.Span{Start: first.AddDate(0, 0, -1), End: first.AddDate(0, 0, 5)}
	asked := func(a reports.Asked, now time.Time) reports.Report {
		t.Helper()
		a.Site, a.First, a.Last = "berlin", first, first.AddDate(0, 0, 1)
		var desks []reports.Desk
		for _, d := range must(b.Openings(ctx, booking.Place{Site: a.Site, Floor: a.Floor}, around))(t) {
			desks = append(desks, reports.Desk(d))
		}
		return must(s.Reports().Report(ctx, a, usage.House{Desks: desks, People: 30 * 24 * time.Hour, Attempts: 180 * 24 * time.Hour}, now))(t)
	}
	line := func(r reports.Report, desk string) reports.Line {
		t.Helper()
		for _, l := range r.Lines {
			if l.Desk == desk {
				return l
			}
		}
		t.Fatalf("no line of desk %q: %v", desk, r.Lines)
		return reports.Line{}
	}
	now := first.AddDate(0, 0, 10)
	length := int(rules.At(first.AddDate(0, 0, 2), zone).Sub(rules.At(first, zone)).Minutes()) // of the days
	r := asked(reports.Asked{By: reports.ByDesk}, now)
	same(t, "desks", len(r.Lines), len(must(b.Openings(ctx, booking.Place{Site: "berlin"}, around))(t)))
	same(t, "4.12", reports.Line{
		Place: reports.Place{Site: "berlin", Floor: "4", Zone: "quiet", Desk: "4.12"}, Desks: 1, Bookings: 4, Minutes: 240 + 60 + 60 + 60, Used: 2, Asked: 2, Unseen: 1, Walkups: 1, Released: 1,
		Open: length - 60, Taken: 420, Logins: 2, Busy: 1, Failed: 1, Late: 1, P50: 61 * time.Second, P95: 61 * time.Second, Most: 61 * time.Second,
	}, line(r, "4.12"))
	same(t, "5.01, another program's, of which nobody is asked", []int{1, 180, 0, 0, 180}, []int{line(r, "5.01").Bookings, line(r, "5.01").Minutes, line(r, "5.01").Asked, line(r, "5.01").Unseen, line(r, "5.01").Taken})
	same(t, "asked when it is not known any more who came", 0, line(asked(reports.Asked{By: reports.ByDesk}, now.AddDate(0, 0, 30)), "4.12").Asked)
	same(t, "since", reports.Since{Presence: first.AddDate(0, 0, -18).Format(time.DateOnly), Logins: first.Format(time.DateOnly)}, r.Since)
	same(t, "since, of a journal that is kept for half a year", first.AddDate(0, 0, 22).Format(time.DateOnly), asked(reports.Asked{}, now.AddDate(0, 0, 190)).Since.Logins)
	same(t, "of a floor", []int{1, 1}, []int{len(asked(reports.Asked{Floor: "5"}, now).Lines), asked(reports.Asked{Floor: "5"}, now).Lines[0].Bookings})
	weekday := asked(reports.Asked{Weekdays: true}, now).Lines
	same(t, "weekdays", 2, len(weekday))

	must(s.Anonymise(ctx, longAgo(20), longAgo(20)))(t)
	nameless := line(asked(reports.Asked{By: reports.ByDesk}, now), "4.12")
	same(t, "without names", []int{4, 0, 0, 0, 0, 0, 4}, []int{nameless.Bookings, nameless.Used, nameless.Walkups, nameless.Released, nameless.Asked, nameless.Unseen, nameless.Nameless})
	must(s.Retire(ctx, longAgo(20)))(t)
	r = asked(reports.Asked{By: reports.ByDesk}, now)
	same(t, "removed", []int{0, 0}, []int{line(r, "4.12").Bookings, line(r, "4.12").Nameless})
	same(t, "since", came.Start.In(zone).AddDate(0, 0, 1).Format(time.DateOnly), r.Since.Details)
	site := asked(reports.Asked{}, now).Lines[0]
	same(t, "the site", []int{5, 240 + 60 + 60 + 60 + 180, 4}, []int{site.Bookings, site.Minutes, site.Nameless})
}
