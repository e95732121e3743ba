package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

func absence(person, first, last string) reservations.Absence {
	return reservations.Absence{Person: person, First: first, Last: last}
}

// An absence cancels single bookings of a series, which goes on; and gives owned desks to
// others. Taken back, the bookings come back as far as their desks are free.
func testAway(t *testing.T, w world) {
	s := w.open(t)
	execute(t, w.raw(t), "UPDATE desks SET owner = 'jane' WHERE id = '5.01'")
	b := by(t, s, rules.Rules{Quotas: []rules.Quota{{Per: rules.PerDay, Bookings: 1}}})
	now := at(1, 0) // of Monday, 2 March
	daily := must(b.BookSeries(ctx, someone, repeated("4.12", "jane", span(0, 4), "FREQ=DAILY;COUNT=6", ""), now))(t)
	single := must(b.Book(ctx, someone, wish("4.11", "jane", span(24*6, 24*6+2)), now))(t)
	night := must(b.Book(ctx, someone, wish("4.11", "jane", span(24*7, 24*8)), now))(t) // Monday to Tuesday
	status := func() string {
		t.Helper()
		text := ""
		for _, o := range daily.Occurrences {
			text += string(must(s.Reservation(ctx, o.ID))(t).Status)[:4] + " "
		}
		return strings.TrimSpace(text)
	}

	away := absence("JANE", "2026-03-02", "2026-03-05")
	away.Note = "sea"
	would := must(b.Away(ctx, someone, booking.Leaving{Absence: away, How: booking.How{DryRun: true}}, now))(t)
	same(t, "a dry run", "conf conf conf conf conf conf", status())
	done := must(b.Away(ctx, someone, booking.Leaving{Absence: away, How: booking.How{}}, now))(t)
	same(t, "released", "conf canc canc canc conf conf", status()) // the first has begun
	would.DryRun, would.ID = false, done.ID
	same(t, "said by a dry run", fmt.Sprint(would), fmt.Sprint(done))
	same(t, "kept", []string{daily.Occurrences[0].ID}, []string{done.Kept[0].ID})
	same(t, "desks for others", []string{"5.01"}, done.Desks)
	same(t, "absence", reservations.Absence{ID: done.ID, Person: "jane", First: "2026-03-02", Last: "2026-03-05", Note: "sea", Created: now, By: done.By}, done.Absence)
	same(t, "listed", []reservations.Absence{done.Absence}, must(b.Absences(ctx, "Jane", now))(t))
	same(t, "over", 0, len(must(b.Absences(ctx, "", at(24*6, 0)))(t)))

	if _, err := b.Away(ctx, someone, booking.Leaving{Absence: absence("jane", "2026-03-05", "2026-03-06"), How: booking.How{}}, now); !errors.Is(err, booking.ErrRequest) || !strings.Contains(err.Error(), done.ID) {
		t.Errorf("away twice: %v", err)
	}
	later := must(b.Away(ctx, someone, booking.Leaving{Absence: absence("jane", "2026-03-07", "2026-03-09"), How: booking.How{}}, now))(t)
	same(t, "of no series, and partly", []string{single.ID, night.ID}, []string{later.Kept[0].ID, later.Kept[1].ID})
	same(t, "released", "conf canc canc canc conf canc", status())

	// Meanwhile the owned desk is another's, and so is one of the released times; and of one
	// day the quota is used up.
	guest := must(b.Book(ctx, someone, wish("5.01", "max", span(24, 28)), now))(t)
	must(b.Book(ctx, someone, wish("4.12", "max", span(48, 50)), now))(t)
	must(b.Book(ctx, someone, wish("4.11", "jane", span(72, 74)), now))(t)
	dry := must(b.Back(ctx, someone, booking.Return{ID: done.ID[:6], How: booking.How{DryRun: true}}, now))(t)
	back := must(b.Back(ctx, someone, booking.Return{ID: done.ID[:6], How: booking.How{}}, now))(t)
	dry.DryRun = false
	same(t, "said by a dry run", fmt.Sprint(dry), fmt.Sprint(back))
	same(t, "booked again", "conf conf canc canc conf canc", status())
	same(t, "lost", []rules.Code{booking.Taken, rules.OverQuota}, []rules.Code{back.Lost[0].Against[0].Code, back.Lost[1].Against[0].Code})
	same(t, "guests stay", []string{guest.ID}, []string{back.Guests[0].ID})
	refusedAs(t, second(b.Book(ctx, someone, wish("5.01", "max", span(30, 31)), now)), rules.Owned)
	if _, err := b.Back(ctx, someone, booking.Return{ID: done.ID, How: booking.How{}}, now); !errors.Is(err, booking.ErrNoAbsence) {
		t.Errorf("taken back twice: %v", err)
	}

	// What is cancelled while its person is away stays so: one by itself, and with its series.
	standup := must(b.BookSeries(ctx, someone, repeated("4.11", "max", span(24*28, 24*28+4), "FREQ=DAILY;COUNT=6", ""), now))(t)
	trip := must(b.Away(ctx, someone, booking.Leaving{Absence: absence("max", "2026-03-31", "2026-04-03")}, now))(t)
	same(t, "released", 4, len(trip.Released))
	must(b.Cancel(ctx, someone, booking.Change{ID: standup.Occurrences[1].ID}, now))(t)
	must(b.Cancel(ctx, someone, booking.Change{ID: standup.Occurrences[3].ID, Scope: booking.Rest, How: booking.How{DryRun: true}}, now))(t)
	must(b.Cancel(ctx, someone, booking.Change{ID: standup.Occurrences[4].ID, Scope: booking.Rest}, now))(t)
	home := must(b.Back(ctx, someone, booking.Return{ID: trip.ID}, now))(t)
	same(t, "booked again", []string{standup.Occurrences[2].ID, standup.Occurrences[3].ID}, []string{home.Released[0].ID, home.Released[1].ID})
	same(t, "of four", 2, len(home.Released))

	// What changes with its series meanwhile comes back as it is then, and at once where the
	// person is not away any more.
	weekly := must(b.BookSeries(ctx, someone, repeated("4.11", "max", span(24*35, 24*35+4), "FREQ=DAILY;COUNT=5", ""), now))(t)
	id := func(i int) string { return weekly.Occurrences[i].ID }
	trip = must(b.Away(ctx, someone, booking.Leaving{Absence: absence("max", "2026-04-07", "2026-04-08")}, now))(t)
	same(t, "released", 2, len(trip.Released))
	change := func(c booking.Change) booking.Answer { return must(b.Move(ctx, someone, c, now))(t) }
	late := weekly.Occurrences[0].Span
	late.Start, late.End = late.Start.Add(2*time.Hour), late.End.Add(2*time.Hour)
	same(t, "changed beside it", 4, len(change(booking.Change{ID: id(0), Scope: booking.All, Span: late}).Others))
	same(t, "still away", reservations.Cancelled, must(s.Reservation(ctx, id(1)))(t).Status)
	for _, i := range []int{0, 3, 4} {
		change(booking.Change{ID: id(i), Desk: "4.12"})
	}
	moved := change(booking.Change{ID: id(0), Scope: booking.All, Desk: "4.12"})
	same(t, "only those that were left", []string{id(1), id(2)}, []string{moved.Others[0].ID, moved.Others[1].ID})
	same(t, "which is something", false, moved.Already)
	same(t, "and then nothing", true, change(booking.Change{ID: id(0), Scope: booking.All, Desk: "4.12"}).Already)
	day := must(s.Reservation(ctx, id(0)))(t).Span
	day.Start, day.End = day.Start.AddDate(0, 0, 1), day.End.AddDate(0, 0, 1)
	change(booking.Change{ID: id(0), Scope: booking.All, Span: day})
	same(t, "out of the absence's days", reservations.Confirmed, must(s.Reservation(ctx, id(2)))(t).Status)
	same(t, "in them", reservations.Cancelled, must(s.Reservation(ctx, id(1)))(t).Status)
	must(b.Cancel(ctx, someone, booking.Change{ID: id(2)}, now))(t) // of its own, now
	home = must(b.Back(ctx, someone, booking.Return{ID: trip.ID}, now))(t)
	same(t, "booked again", []string{id(1)}, []string{home.Released[0].ID})
	same(t, "as the series is", weekly.Occurrences[1].Start.Add(26*time.Hour).Format(time.RFC3339)+" 4.12", home.Released[0].Start.Format(time.RFC3339)+" "+home.Released[0].Desk)
	same(t, "of one", 1, len(home.Released)+len(home.Lost))

	for what, a := range map[string]reservations.Absence{
		"is not a day like": absence("jane", "2026-3-2", "2026-03-05"), "ends before it begins": absence("jane", "2026-03-05", "2026-03-02"),
		"the most is 400": absence("jane", "2026-03-05", "2028-03-02"), "over already": absence("jane", "2026-02-05", "2026-02-06"), "no such person": absence("nobody", "2026-04-05", "2026-04-06"),
	} {
		if _, err := b.Away(ctx, someone, booking.Leaving{Absence: a, How: booking.How{}}, now); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v: %v", a, err)
		}
	}
}
