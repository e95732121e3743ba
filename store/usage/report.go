package usage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations/reports"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// House is what a report has to know beside the database.
type House struct {
	Desks            []reports.Desk // those of the places asked for
	People, Attempts time.Duration  // for how long names and the journal are kept
}

// byName are the desks by what they are called.
func (h House) byName() map[string]reports.Desk {
	all := make(map[string]reports.Desk)
	for _, d := range h.Desks {
		all[d.ID] = d
	}
	return all
}

// Report adds up what is asked for, from the bookings that [Keeper.Between] counts, and from the
// journal.
func (k Keeper) Report(ctx context.Context, asked reports.Asked, house House, now time.Time) (report reports.Report, err error) {
	r := Range{asked.Site, asked.Floor, asked.First, asked.Last}
	err = k.db.Snapshot(ctx, func(tx *gorm.DB) error {
		since, err := r.since(tx, house, now)
		if err != nil {
			return err
		}
		sum := reports.New(asked, since, house.Desks, now)
		kept, err := r.removed(tx)
		for _, one := range kept {
			sum.AddKept(one)
		}
		if err == nil {
			err = r.eachStanding(tx, house.byName(), sum.AddBooking)
		}
		if err == nil {
			err = r.eachLogin(tx, sum.AddLogin)
		}
		report = sum.Report()
		return err
	})
	if err != nil {
		return reports.Report{}, fmt.Errorf("report on desks: %w", err)
	}
	return report, nil
}

// since is from which days on things are known.
func (r Range) since(tx *gorm.DB, house House, now time.Time) (s reports.Since, err error) {
	var removed string
	if err := tx.Raw("SELECT coalesce(max(period), '') FROM desk_usage WHERE desk = '' AND (? = '' OR site = ?)", r.Site, r.Site).Scan(&removed).Error; err != nil {
		return s, err
	}
	if day, err := time.Parse(time.DateOnly, removed); err == nil {
		s.Details = day.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	// A day is known when all of it is kept, by any clock.
	whole := func(kept time.Duration) string { return now.Add(-kept).UTC().AddDate(0, 0, 2).Format(time.DateOnly) }
	s.Presence = whole(house.People)
	var first struct{ BeganAt dialect.Lenient }
	if err := tx.Raw("SELECT min(began_at) AS began_at FROM attempts").Scan(&first).Error; err != nil || first.BeganAt.IsZero() {
		return s, err
	}
	s.Logins = max(whole(house.Attempts), first.BeganAt.UTC().Format(time.DateOnly))
	return s, nil
}

// login is a row of the journal, as it is counted.
type login struct {
	Desk, Site, Floor, Place string
	Zone                     string // of the clock
	FromAt, KnownAt          dialect.Lenient
	BeganAt, EndedAt         dialect.Lenient
	Outcome                  plan.Outcome
	Class                    plan.Class
	Cause                    plan.Cause
}

// loginsOf asks for the logins at desks by the index of each desk, as [between] does.
const loginsOf = `SELECT d.id, d.site, d.floor, d.zone, s.zone, a.from_at, a.known_at, a.began_at, a.ended_at, a.outcome, a.class, a.cause
FROM desks d JOIN sites s ON s.name = d.site
	CROSS JOIN attempts a
WHERE a.desk = d.id AND a.op = 'login' AND a.outcome <> 'open' AND a.began_at >= ? AND a.began_at < ?
	AND (? = '' OR d.site = ?) AND (? = '' OR d.floor = ?)`

// eachLogin visits the logins of the journal that have ended, one after the other.
func (r Range) eachLogin(tx *gorm.DB, visit func(reports.Login)) error {
	from, to := r.around()
	rows, err := tx.Raw(loginsOf, dialect.Milli{Time: from}, dialect.Milli{Time: to}, r.Site, r.Site, r.Floor, r.Floor).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	known := make(clocks)
	for rows.Next() {
		var one login
		err := rows.Scan(&one.Desk, &one.Site, &one.Floor, &one.Place, &one.Zone, &one.FromAt, &one.KnownAt, &one.BeganAt, &one.EndedAt, &one.Outcome, &one.Class, &one.Cause)
		if err != nil {
			return err
		}
		visit(one.counted(known))
	}
	return rows.Err()
}

func (l login) counted(known clocks) reports.Login {
	a := plan.Attempt{
		Step:    plan.Step{Op: plan.OpLogin, Cause: l.Cause, Login: plan.Login{From: l.FromAt.Time, Known: l.KnownAt.Time}},
		Outcome: l.Outcome, Began: l.BeganAt.Time, Ended: l.EndedAt.Time,
	}
	late, _ := a.Lateness()
	return reports.Login{
		Place: reports.Place{Site: l.Site, Floor: l.Floor, Zone: l.Place, Desk: l.Desk}, Day: known.day(l.BeganAt.Time, l.Zone),
		Done: l.Outcome == plan.Done, Busy: l.Outcome == plan.Refused && l.Class == plan.ClassBusy, Late: late,
	}
}
