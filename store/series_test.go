package store

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/reservations/series"
)

func repeated(desk, person string, s reservations.Span, rule string, or booking.OnConflict) booking.SeriesWish {
	return booking.SeriesWish{Wish: wish(desk, person, s), Rule: rule, OnConflict: or}
}

// outcomes are those of the occurrences, with their desk where it is another.
func outcomes(a booking.SeriesAnswer) string {
	var told []string
	for _, o := range a.Occurrences {
		text := string(o.Outcome)
		if o.Outcome == booking.Moved {
			text += " to " + o.Desk
		}
		if len(o.Against) > 0 {
			text += " (" + string(o.Against[0].Code) + ")"
		}
		told = append(told, text)
	}
	return strings.Join(told, ", ")
}

func testSeries(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{Quotas: []rules.Quota{{Per: rules.PerWeek, Bookings: 3}}})
	now := at(-1, 0)
	daily := repeated("4.12", "JANE", span(0, 4), "FREQ=DAILY;COUNT=4", "")
	daily.Note = "n"

	// Three a week may be booked: the fourth stands in the way of all, or is left out.
	all, err := b.BookSeries(ctx, someone, daily, now)
	refused := refusedAs(t, err, rules.OverQuota)
	if want := `reserve desk "4.12": 1 of 4 bookings cannot be made, first that of Thu 2026-03-05: `; !strings.HasPrefix(refused.Error(), want) {
		t.Errorf("refused as %v", refused)
	}
	same(t, "refused", "not_booked, not_booked, not_booked, failed (over_quota)", outcomes(all))
	same(t, "booked", 0, len(must(s.ListReservations(ctx, reservations.Filter{}))(t)))
	same(t, "offers, where no desk helps", 0, len(refused.Alternatives))
	daily.OnConflict, daily.DryRun = booking.Skip, true
	would := must(b.BookSeries(ctx, someone, daily, now))(t)
	daily.DryRun, daily.Key = false, "k"
	done := must(b.BookSeries(ctx, someone, daily, now))(t)
	same(t, "skipped", "booked, booked, booked, skipped (over_quota)", outcomes(done))
	same(t, "as a dry run said", outcomes(would), outcomes(done))
	same(t, "id of a dry run", "", would.Series.ID+would.Occurrences[0].ID+would.Occurrences[0].Series)
	stored := must(s.ListReservations(ctx, reservations.Filter{}))(t)
	for i, r := range stored {
		same(t, "stored", r, done.Occurrences[i].Reservation)
		same(t, "of the series", [3]string{done.Series.ID, r.Start.Format("20060102T150405Z"), "n"}, [3]string{r.Series, r.Occurrence, r.Note})
	}
	same(t, "series", reservations.Series{
		ID: done.Series.ID, Desk: "4.12", Person: "jane", Rule: "FREQ=DAILY;COUNT=4", Note: "n", Zone: "Europe/Berlin",
		Starts: "2026-03-02T09:00:00", Ends: "2026-03-02T13:00:00", Created: now, By: done.Series.By,
	}, done.Series)

	again := must(b.BookSeries(ctx, someone, daily, now))(t)
	same(t, "again", [2]any{true, 3}, [2]any{again.Already, len(again.Occurrences)})
	daily.Rule = "FREQ=DAILY;COUNT=5"
	if _, err := b.BookSeries(ctx, someone, daily, now); !errors.Is(err, reservations.ErrKeyUsed) {
		t.Errorf("another rule with the same key: %v", err)
	}

	elsewhere := by(t, s, rules.Rules{OutOfService: []string{"4.12"}})
	_, err = elsewhere.BookSeries(ctx, someone, repeated("4.12", "max", span(0, 4), "FREQ=DAILY;COUNT=2", ""), now)
	same(t, "desks that are free", []booking.Alternative{{Desk: "4.11", Span: span(0, 4)}, {Desk: "5.01", Span: span(0, 4)}}, refusedAs(t, err, booking.Taken).Alternatives)

	// What is taken goes elsewhere, and to the same desk each time.
	book(t, s, "4.11", "max", span(24, 26))
	max := repeated("4.12", "max", span(2, 6), "FREQ=DAILY;COUNT=3", booking.Nearest)
	moved := must(by(t, s, rules.Rules{}).BookSeries(ctx, someone, max, now))(t)
	same(t, "moved", "moved to 4.11 (taken), moved to 4.11 (taken), moved to 4.11 (taken)", outcomes(moved))

	for rule, want := range map[string]error{"FREQ=DAILY": series.ErrRule, "never": series.ErrRule} {
		daily.Rule, daily.Key = rule, ""
		if _, err := b.BookSeries(ctx, someone, daily, now); !errors.Is(err, want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	daily.OnConflict = "perhaps"
	if _, err := b.BookSeries(ctx, someone, daily, now); err == nil || !strings.Contains(err.Error(), "fail, skip and nearest") {
		t.Errorf("on conflict perhaps: %v", err)
	}
}

// A series that overlaps itself has one booking at a time, and what an operator wants even so
// is booked.
func testSeriesInItsOwnWay(t *testing.T, w world) {
	s := w.open(t)
	hourly := repeated("4.12", "jane", span(0, 2), "FREQ=HOURLY;COUNT=4", booking.Skip)
	done := must(by(t, s, rules.Rules{}).BookSeries(ctx, someone, hourly, at(-1, 0)))(t)
	same(t, "skipped", "booked, skipped (taken), booked, skipped (taken)", outcomes(done))
	hourly.Desk, hourly.Person, hourly.OnConflict = "4.11", "max", booking.Nearest
	done = must(by(t, s, rules.Rules{OutOfService: []string{"4.12"}}).BookSeries(ctx, someone, hourly, at(-1, 0)))(t)
	same(t, "moved", "booked, moved to 5.01 (taken), booked, moved to 5.01 (taken)", outcomes(done))

	even := repeated("4.12", "jane", span(48, 50), "FREQ=DAILY;COUNT=2", "")
	even.EvenSo = true
	b := by(t, s, rules.Rules{Longest: time.Hour})
	refusedAs(t, second(b.BookSeries(ctx, someone, even, at(0, 0))), rules.TooLong)
	done = must(b.BookSeries(ctx, booking.Actor{Operator: true}, even, at(0, 0)))(t)
	same(t, "even so", "booked (too_long), booked (too_long)", outcomes(done))
}

// BenchmarkSeries books the longest series there is, with quotas, among many bookings.
func BenchmarkSeries(b *testing.B) {
	for kind, create := range dialects {
		b.Run(kind, func(b *testing.B) {
			s := create(b).open(b)
			house := by(b, s, rules.Rules{OneDesk: true, Quotas: []rules.Quota{{Per: rules.PerDay, Bookings: 2}, {Per: rules.PerWeek, Hours: 80}, {Per: rules.PerMonth, Bookings: 70}, {Per: rules.PerAhead, Bookings: 1000}}})
			other := must(house.BookSeries(ctx, someone, repeated("4.11", "jane", span(12, 13), "FREQ=DAILY;COUNT=395", ""), at(-1, 0)))(b)
			same(b, "before", 395, other.Count(booking.Booked))
			w := repeated("4.12", "jane", span(0, 8), "FREQ=DAILY;COUNT=395", "")
			var booked time.Duration
			for range b.N { // in earnest: a dry run leaves no audit to chain
				before := spent()
				done, err := house.BookSeries(ctx, someone, w, at(-1, 0))
				booked += spent() - before
				if err != nil || done.Count(booking.Booked) != 395 {
					b.Fatal(fmt.Sprint(outcomes(done), err))
				}
				must(house.Cancel(ctx, someone, booking.Change{ID: done.Occurrences[0].ID, Scope: booking.All}, at(-1, 0)))(b)
			}
			b.ReportMetric(float64(booked.Microseconds())/1000/float64(b.N), "cpu-ms/booked")
		})
	}
}

// spent is what this process has computed so far.
func spent() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it knows itself
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// What is asked of one occurrence is done to it alone, to those behind it, or to all that are
// not over; in hours of the wall clock.
func testSeriesScopes(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{OneDesk: true})
	// Clocks go forward on 29 March.
	done := must(b.BookSeries(ctx, someone, repeated("4.12", "jane", span(24*25, 24*25+4), "FREQ=DAILY;COUNT=5", ""), at(0, 0)))(t)
	id := func(i int) string { return done.Occurrences[i].ID }
	now := at(24*26, 0) // the first is over
	starts := func() string {
		t.Helper()
		var told []string
		for _, o := range done.Occurrences {
			r := must(s.Reservation(ctx, o.ID))(t)
			text := r.Desk + " " + r.Start.In(by(t, s, rules.Rules{}).Rules(reservations.Desk{}).Clock).Format("2 15:04")
			if r.Status != reservations.Confirmed {
				text = string(r.Status)
			}
			told = append(told, text)
		}
		return strings.Join(told, ", ")
	}
	same(t, "booked", "4.12 27 09:00, 4.12 28 09:00, 4.12 29 09:00, 4.12 30 09:00, 4.12 31 09:00", starts())
	move := func(i int, c booking.Change) (booking.Answer, error) {
		c.ID = id(i)
		dry := c
		dry.DryRun = true
		would, refused := b.Move(ctx, someone, dry, now)
		did, err := b.Move(ctx, someone, c, now)
		would.DryRun = false
		same(t, "a dry run", fmt.Sprint(would, refused), fmt.Sprint(did, err))
		return did, err
	}

	// A day later, each into the place of the next.
	one := done.Occurrences[1].Reservation
	moved := must(move(1, booking.Change{Scope: booking.Rest, Span: reservations.Span{Start: one.Start.Add(24 * time.Hour), End: one.End.Add(24 * time.Hour)}}))(t)
	same(t, "others", 3, len(moved.Others))
	same(t, "a day later", "4.12 27 09:00, 4.12 29 10:00, 4.12 30 10:00, 4.12 31 10:00, 4.12 1 10:00", starts())
	if _, err := move(1, booking.Change{Scope: booking.Rest, Span: one.Span}); err != nil {
		t.Error(err)
	}
	same(t, "and back", "4.12 27 09:00, 4.12 28 09:00, 4.12 29 09:00, 4.12 30 09:00, 4.12 31 09:00", starts())

	// One goes elsewhere, and stays in the series: others keep their desk when only the time is changed.
	must(move(3, booking.Change{Desk: "5.01"}))(t)
	last := done.Occurrences[4].Reservation
	must(move(4, booking.Change{Scope: booking.All, Span: reservations.Span{End: last.End.Add(time.Hour)}}))(t)
	same(t, "longer", 5*time.Hour, must(s.Reservation(ctx, id(3)))(t).Duration())
	same(t, "which are over", 4*time.Hour, must(s.Reservation(ctx, id(0)))(t).Duration())

	// One that cannot be moved stops all.
	other := book(t, s, "4.11", "max", must(s.Reservation(ctx, id(4)))(t).Span)
	refused := refusedAs(t, second(move(2, booking.Change{Scope: booking.Rest, Desk: "4.11"})), booking.Taken)
	if !strings.Contains(refused.Text, other.ID) {
		t.Errorf("refused for %v", refused)
	}
	if whose := ": of its series that of Tue 2026-03-31 (reservation " + id(4) + "): "; !strings.Contains(refused.Error(), whose) {
		t.Errorf("%q does not say %q", refused, whose)
	}
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: id(2), Scope: booking.Rest, Span: reservations.Span{End: last.End.Add(20 * time.Hour)}}, now)), rules.SecondDesk)
	same(t, "unchanged", "4.12 27 09:00, 4.12 28 09:00, 4.12 29 09:00, 5.01 30 09:00, 4.12 31 09:00", starts())

	// A desk that is asked for is that of all, also where the named one has it.
	moved = must(move(3, booking.Change{Scope: booking.All, Desk: "5.01"}))(t)
	same(t, "others", 3, len(moved.Others))
	same(t, "all there", "4.12 27 09:00, 5.01 28 09:00, 5.01 29 09:00, 5.01 30 09:00, 5.01 31 09:00", starts())
	same(t, "its version", must(s.Reservation(ctx, id(3)))(t).Updated, moved.Updated)
	same(t, "there already", true, must(move(3, booking.Change{Scope: booking.All, Desk: "5.01"}))(t).Already)
	must(move(2, booking.Change{Desk: "4.12"}))(t)

	// What is over was there: it stays, also where it is the one that is named.
	dry := must(b.Cancel(ctx, someone, booking.Change{ID: id(0), Scope: booking.All, How: booking.How{DryRun: true}}, now))(t)
	same(t, "of the one that is over, and the others", "confirmed 4", fmt.Sprint(dry.Status, " ", len(dry.Others)))
	refusedAs(t, second(b.Cancel(ctx, someone, booking.Change{ID: id(0)}, now)), booking.Over)

	gone := must(b.Cancel(ctx, someone, booking.Change{ID: id(3), Scope: booking.Rest}, now))(t)
	same(t, "cancelled beside", 1, len(gone.Others))
	same(t, "the rest", "4.12 27 09:00, 5.01 28 09:00, 4.12 29 09:00, cancelled, cancelled", starts())
	again := must(b.Cancel(ctx, someone, booking.Change{ID: id(3), Scope: booking.All}, now))(t)
	same(t, "all", "4.12 27 09:00, cancelled, cancelled, cancelled, cancelled", starts())
	same(t, "already", false, again.Already)
	same(t, "already", true, must(b.Cancel(ctx, someone, booking.Change{ID: id(3), Scope: booking.All}, now))(t).Already)
	refusedAs(t, second(b.Cancel(ctx, someone, booking.Change{ID: id(0), Scope: booking.All}, now)), booking.Over)

	for _, c := range []booking.Change{{ID: other.ID, Scope: booking.All}, {ID: id(0), Scope: "some"}} {
		if _, err := b.Cancel(ctx, someone, c, now); !errors.Is(err, booking.ErrRequest) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
