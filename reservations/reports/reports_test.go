package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/reports"
	"deskd/reservations/rules"
)

// monday is midnight of 2026-03-02.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func span(from, to float64) reservations.Span {
	return reservations.Span{Start: monday.Add(time.Duration(from * float64(time.Hour))), End: monday.Add(time.Duration(to * float64(time.Hour)))}
}

var office = rules.Rules{Week: &[7]rules.Hours{1: {From: 480, To: 1080}, 2: {From: 480, To: 1080}}} // 10 hours on Mondays and Tuesdays

func desk(id, floor, zone string) reports.Desk {
	return reports.Desk{Desk: reservations.Desk{ID: id, Site: "berlin", Floor: floor, Zone: zone}, Rules: office}
}

var desks = []reports.Desk{desk("A", "1", "quiet"), desk("B", "1", "loud"), desk("C", "2", "quiet")}

func booked(d reports.Desk, s reservations.Span, more ...func(*reports.Booking)) reports.Booking {
	b := reports.Booking{Place: reports.Place{Site: d.Site, Floor: d.Floor, Zone: d.Zone, Desk: d.ID}, Day: s.Start.Format(time.DateOnly), Span: s, Confirmed: true}
	for _, do := range more {
		do(&b)
	}
	return b
}

func login(d reports.Desk, hours float64, more ...func(*reports.Login)) reports.Login {
	l := reports.Login{Place: reports.Place{Site: d.Site, Floor: d.Floor, Zone: d.Zone, Desk: d.ID}, Day: span(hours, hours).Start.Format(time.DateOnly), Done: true}
	for _, do := range more {
		do(&l)
	}
	return l
}

func lateBy(seconds int) func(*reports.Login) {
	return func(l *reports.Login) { l.Late = time.Duration(seconds) * time.Second }
}

// report is one of the week of [monday], at noon of its Tuesday.
func report(a reports.Asked, since reports.Since, bookings []reports.Booking, logins []reports.Login) []reports.Line {
	a.First, a.Last = monday, monday.AddDate(0, 0, 6)
	sum := reports.New(a, since, desks, monday.Add(36*time.Hour))
	for _, b := range bookings {
		sum.AddBooking(b)
	}
	for _, l := range logins {
		sum.AddLogin(l)
	}
	sum.AddKept(reports.Kept{Site: "berlin", Day: "2026-03-02", Bookings: 3, Minutes: 60, Cancelled: 1})
	return sum.Report().Lines
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Lines are of what was asked for, and desks that nobody booked have lines too.
func TestLines(t *testing.T) {
	asked := func(b *reports.Booking) { b.Asked = true }
	bookings := []reports.Booking{
		booked(desks[0], span(7, 10), asked, func(b *reports.Booking) { b.Came = true }),                   // two of its hours are open
		booked(desks[0], span(16, 34), func(b *reports.Booking) { b.Came, b.Walkup = true, true }),         // into Tuesday
		booked(desks[2], span(9, 11), func(b *reports.Booking) { b.Asked, b.Released = true, true }),       // nobody came
		booked(desks[2], span(12, 13), func(b *reports.Booking) { b.Confirmed, b.Nameless = false, true }), // of whom one knows nothing
		booked(desks[2], span(14, 15), asked),                                                              // nobody was seen
		booked(desks[2], span(15, 16)),                                                                     // nobody was asked
		booked(desks[2], span(17, 18), asked, func(b *reports.Booking) { b.Nameless = true }),
		booked(desks[2], span(35, 37), asked), // goes on
		booked(desks[2], span(7*24, 7*25)),    // in another week
	}
	logins := []reports.Login{
		login(desks[0], 7), login(desks[0], 16, func(l *reports.Login) { l.Late = 10 * time.Second }), login(desks[0], 16, func(l *reports.Login) { l.Late = 11 * time.Second }),
		login(desks[2], 9, func(l *reports.Login) { l.Done, l.Busy = false, true }), login(desks[2], 9, func(l *reports.Login) { l.Done, l.Late = false, time.Hour }),
		login(desks[2], 7*24),
	}
	a := reports.Line{
		Place: reports.Place{Site: "berlin", Floor: "1", Zone: "quiet", Desk: "A"}, Desks: 1, Bookings: 2, Minutes: 21 * 60, Used: 2, Asked: 1, Walkups: 1, Open: 1200, Taken: 360,
		Logins: 3, Late: 1, P50: 11 * time.Second, P95: 11 * time.Second, Most: 11 * time.Second,
	}
	b := reports.Line{Place: reports.Place{Site: "berlin", Floor: "1", Zone: "loud", Desk: "B"}, Desks: 1, Open: 1200}
	c := reports.Line{
		Place: reports.Place{Site: "berlin", Floor: "2", Zone: "quiet", Desk: "C"}, Desks: 1, Bookings: 5, Minutes: 420, Asked: 1, Unseen: 1, Released: 1, Cancelled: 1, Nameless: 2,
		Open: 1200, Taken: 420, Busy: 1, Failed: 1,
	}
	same(t, "by desk", []reports.Line{b, a, c}, report(reports.Asked{By: reports.ByDesk}, reports.Since{}, bookings, logins))

	first := a
	first.Place, first.Desks, first.Open = reports.Place{Site: "berlin", Floor: "1"}, 2, 2400
	second := c
	second.Place = reports.Place{Site: "berlin", Floor: "2"}
	same(t, "by floor", []reports.Line{first, second}, report(reports.Asked{By: reports.ByFloor}, reports.Since{}, bookings, logins))

	zones := report(reports.Asked{By: reports.ByZone}, reports.Since{}, bookings, logins)
	same(t, "zones", []string{"loud", "quiet"}, []string{zones[0].Zone, zones[1].Zone})
	same(t, "a zone on two floors", []int{2, 7, 780, 2400}, []int{zones[1].Desks, zones[1].Bookings, zones[1].Taken, zones[1].Open})

	site := report(reports.Asked{}, reports.Since{}, bookings, logins)
	same(t, "a site with what retention has left", []int{1, 3, 10, 21*60 + 480, 2, 6, 3600, 780}, []int{len(site), site[0].Desks, site[0].Bookings, site[0].Minutes, site[0].Cancelled, site[0].Nameless, site[0].Open, site[0].Taken})
	same(t, "share", 780.0/3600, site[0].Share())
	same(t, "of a floor without it", 7, report(reports.Asked{Floor: "1"}, reports.Since{}, bookings, logins)[0].Bookings)

	days := report(reports.Asked{By: reports.ByDesk, Weekdays: true}, reports.Since{}, bookings, logins)
	same(t, "weekdays of three desks", 21, len(days))
	same(t, "in their order", []reports.Weekday{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, []reports.Weekday{days[0].Weekday, days[1].Weekday, days[2].Weekday, days[3].Weekday, days[4].Weekday, days[5].Weekday, days[6].Weekday})
	same(t, "what begins on Monday", []int{2, 240, 600}, []int{days[7].Bookings, days[7].Taken, days[7].Open})
	same(t, "what is taken of Tuesday", []int{0, 120, 600}, []int{days[8].Bookings, days[8].Taken, days[8].Open})
	same(t, "a closed day", 0.0, days[9].Share())

	later := report(reports.Asked{By: reports.ByDesk}, reports.Since{Presence: "2026-03-03"}, bookings, logins)
	same(t, "before it is known who came, nobody counts as asked", []int{0, 0, 2}, []int{later[1].Asked, later[2].Unseen, later[1].Used})

	known := report(reports.Asked{By: reports.ByDesk}, reports.Since{Details: "2026-03-03"}, bookings, logins)
	same(t, "of days that are not known whole nothing is open", []int{600, 120}, []int{known[1].Open, known[1].Taken})
}

// How late logins were is told of those that were, by rank.
func TestLate(t *testing.T) {
	var logins []reports.Login
	for i := range 40 {
		logins = append(logins, login(desks[0], 9, lateBy(50-i)))
	}
	got := report(reports.Asked{}, reports.Since{}, nil, logins)[0]
	same(t, "late", []any{40, 40, 30 * time.Second, 48 * time.Second, 50 * time.Second}, []any{got.Logins, got.Late, got.P50, got.P95, got.Most})

	few := []reports.Login{login(desks[0], 9, lateBy(11)), login(desks[0], 6*24+23, lateBy(12)), login(desks[0], 9, lateBy(13)), login(desks[0], 7*24, lateBy(14))}
	got = report(reports.Asked{}, reports.Since{}, nil, few)[0]
	same(t, "of three, to the end of the last day", []any{3, 12 * time.Second, 13 * time.Second, 13 * time.Second}, []any{got.Late, got.P50, got.P95, got.Most})
}

// What cannot be reported is said.
func TestAsked(t *testing.T) {
	for want, a := range map[string]reports.Asked{
		"":                         {First: monday, Last: monday.AddDate(0, 0, reports.MostDays-1)},
		"at most 92 days":          {First: monday, Last: monday.AddDate(0, 0, reports.MostDays)},
		"to: 2026-03-01 is before": {First: monday, Last: monday.AddDate(0, 0, -1)},
		`by: "chair" is none of`:   {First: monday, Last: monday, By: "chair"},
	} {
		switch err := a.Check(); {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Since when something is known is said in sentences.
func TestSince(t *testing.T) {
	same(t, "all", "Who has come is known since 2026-02-02. No login is known.", reports.Since{Presence: "2026-02-02"}.String())
	same(t, "some", "Bookings are known one by one since 2025-09-01: of the days before only sites have counts. Who has come is known since 2026-02-02. Logins are known since 2025-09-02.",
		reports.Since{Details: "2025-09-01", Presence: "2026-02-02", Logins: "2025-09-02"}.String())
}
