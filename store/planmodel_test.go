package store

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/booking"
)

// modelOwner owns 4.11 in the model's houses where desks are owned.
const modelOwner = "jane"

// plan does one operation on series and absences, dry and then in earnest, and holds what has
// changed against what was asked for, knowing nothing of how it came about.
func (m *bookingModel) plan(op, desk, person string) {
	before, s := m.all(), m.span()
	switch op {
	case "series":
		w := repeated(desk, person, s, rapid.SampledFrom([]string{"FREQ=DAILY;COUNT=3", "FREQ=HOURLY;INTERVAL=5;COUNT=4", "FREQ=WEEKLY;COUNT=2"}).Draw(m.T, "rule"),
			rapid.SampledFrom([]booking.OnConflict{booking.Fail, booking.Skip, booking.Nearest}).Draw(m.T, "on conflict"))
		did, err := twice(m, func(how booking.How) (booking.SeriesAnswer, error) {
			w.How = how
			return m.b.BookSeries(ctx, someone, w, m.now)
		})
		m.booksAsTold(before, did, err)
	case "rest", "all", "shift":
		if len(before) > 0 {
			m.scoped(op, rapid.SampledFrom(before).Draw(m.T, "which"), desk, s)
		}
	case "away":
		first := m.now.AddDate(0, 0, rapid.IntRange(0, 3).Draw(m.T, "first"))
		a := absence(person, first.Format(time.DateOnly), first.AddDate(0, 0, rapid.IntRange(0, 2).Draw(m.T, "days")).Format(time.DateOnly))
		done, err := twice(m, func(how booking.How) (booking.AbsenceAnswer, error) {
			return m.b.Away(ctx, someone, booking.Leaving{Absence: a, How: how}, m.now)
		})
		if err == nil {
			m.absences = append(m.absences, done.Absence)
			m.released(before, done)
		}
	case "back":
		if len(m.absences) == 0 {
			return
		}
		a := m.absences[len(m.absences)-1]
		_, err := twice(m, func(how booking.How) (booking.AbsenceAnswer, error) {
			return m.b.Back(ctx, someone, booking.Return{ID: a.ID, How: how}, m.now)
		})
		if err != nil {
			m.Fatal(err)
		}
		m.absences = m.absences[:len(m.absences)-1]
	}
}

// twice does an operation dry, which has to change nothing, and then in earnest, which has to
// do what was said.
func twice[A any](m *bookingModel, do func(booking.How) (A, error)) (A, error) {
	before := fmt.Sprint(m.all())
	would, refused := do(booking.How{DryRun: true})
	if after := fmt.Sprint(m.all()); after != before {
		m.Fatalf("a dry run changed %s to %s", before, after)
	}
	did, err := do(booking.How{})
	if fmt.Sprint(refused) != fmt.Sprint(err) || said(would) != said(did) {
		m.Fatalf("a dry run said %s, %v, and the run %s, %v", said(would), refused, said(did), err)
	}
	return did, err
}

// said is an answer without what a dry run cannot know.
func said(answer any) string {
	switch a := answer.(type) {
	case booking.SeriesAnswer:
		a.Series.ID, a.DryRun = "", false
		text := fmt.Sprint(a.Series)
		for _, o := range a.Occurrences {
			text += fmt.Sprint(o.Desk, o.Span, o.Outcome, len(o.Against), len(o.Beside))
		}
		return text
	case booking.AbsenceAnswer:
		a.ID, a.DryRun = "", false
		return fmt.Sprint(a)
	case booking.Answer:
		a.DryRun = false
		return fmt.Sprint(a)
	}
	return fmt.Sprint(answer)
}

// booksAsTold holds the bookings that are new against the outcomes of a series.
func (m *bookingModel) booksAsTold(before []reservations.Reservation, did booking.SeriesAnswer, err error) {
	want := did.Count(booking.Booked, booking.Moved)
	if got := len(m.all()) - len(before); got != want || err != nil && want != 0 {
		m.Fatalf("%d bookings are new, and %s, %v", got, outcomes(did), err)
	}
}

// changed are the bookings that are not as they were, as they were.
func (m *bookingModel) changed(before []reservations.Reservation) (all []reservations.Reservation) {
	now := make(map[string]string)
	for _, r := range m.all() {
		now[r.ID] = fmt.Sprint(r)
	}
	for _, r := range before {
		if now[r.ID] != fmt.Sprint(r) {
			all = append(all, r)
		}
	}
	return all
}

// scoped cancels or moves the rest or all of a series.
func (m *bookingModel) scoped(op string, r reservations.Reservation, desk string, s reservations.Span) {
	before := m.all()
	scope := booking.Rest
	if op == "all" {
		scope = booking.All
	}
	_, err := twice(m, func(how booking.How) (booking.Answer, error) {
		c := booking.Change{ID: r.ID, Scope: scope, How: how}
		if op == "shift" {
			c.Desk, c.Span = desk, s
			return m.b.Move(ctx, someone, c, m.now)
		}
		return m.b.Cancel(ctx, someone, c, m.now)
	})
	changed := m.changed(before)
	if err != nil && len(changed) > 0 {
		m.Fatalf("%v, and %v changed", err, changed)
	}
	for _, c := range changed {
		if c.ID != r.ID && (c.Series != r.Series || c.Status != reservations.Confirmed || !c.End.After(m.now) || scope == booking.Rest && c.Occurrence < r.Occurrence) {
			m.Fatalf("%s %s of %v changed %v", op, scope, r, c)
		}
	}
}

// released holds what an absence has cancelled against its days, by the clock.
func (m *bookingModel) released(before []reservations.Reservation, done booking.AbsenceAnswer) {
	zone, _ := time.LoadLocation("Europe/Berlin")
	within := func(r reservations.Reservation) bool {
		from, to := r.Start.In(zone).Format(time.DateOnly), r.End.Add(-time.Second).In(zone).Format(time.DateOnly)
		return from >= done.First && to <= done.Last
	}
	changed := m.changed(before)
	for _, r := range changed {
		if r.Series == "" || r.Person != done.Person || !within(r) || !r.Start.After(m.now) {
			m.Fatalf("absence %v released %v", done.Absence, r)
		}
	}
	n := 0
	for _, r := range before {
		if r.Series != "" && r.Person == done.Person && within(r) && r.Start.After(m.now) && r.Status == reservations.Confirmed {
			n++
		}
	}
	if n != len(changed) || n != len(done.Released) {
		m.Fatalf("absence %v releases %d, changed %v and says %v", done.Absence, n, changed, done.Released)
	}
}

// ownersKeep looks at what has become of an owned desk in a step: who has it new, or longer,
// is its owner, or the owner is away then.
func (m *bookingModel) ownersKeep(before []reservations.Reservation) {
	zone, _ := time.LoadLocation("Europe/Berlin")
	had := make(map[string]reservations.Reservation)
	for _, r := range before {
		had[r.ID] = r
	}
	for _, r := range m.all() {
		old, known := had[r.ID]
		same := known && old.Desk == r.Desk && old.Status == r.Status && !r.Start.Before(old.Start) && !r.End.After(old.End)
		if r.Desk != "4.11" || r.Person == modelOwner || r.Status != reservations.Confirmed || same {
			continue
		}
		for t := r.Start; t.Before(r.End); t = t.Add(15 * time.Minute) {
			day, away := t.In(zone).Format(time.DateOnly), false
			for _, a := range m.absences {
				away = away || a.Person == modelOwner && a.First <= day && day <= a.Last
			}
			if !away {
				m.Fatalf("%v has the desk of %s, who is away on %v", r, modelOwner, m.absences)
			}
		}
	}
}
