package bookings

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// ownersAway are the absences of the owners of desks that are not over by an instant, by
// their [reservations.PersonKey].
func ownersAway(tx *gorm.DB, desks []tables.Desk, from time.Time) (map[string][]reservations.Absence, error) {
	away := make(map[string][]reservations.Absence)
	for _, d := range desks {
		if d.Owner != "" {
			away[reservations.PersonKey(d.Owner)] = nil
		}
	}
	if len(away) == 0 {
		return away, nil
	}
	day := from.UTC().AddDate(0, 0, -1).Format(time.DateOnly) // by whichever clock
	all, err := tables.AbsencesOf(tx.Where("last_day >= ?", day))
	for _, a := range all {
		key := reservations.PersonKey(a.Person)
		if _, owns := away[key]; owns {
			away[key] = append(away[key], a)
		}
	}
	return away, err
}

// Absences implements [booking.Plans].
func (b *book) Absences(person, since string) ([]reservations.Absence, error) {
	q := b.tx.Where("last_day >= ?", since)
	if person != "" {
		q = q.Where("person = ?", person)
	}
	return tables.AbsencesOf(q)
}

// Absence implements [booking.Plans].
func (b *book) Absence(id string) (a reservations.Absence, released []string, err error) {
	if len(id) < leastDigits {
		return a, nil, fmt.Errorf("%w: an id is named by at least %d digits", booking.ErrNoAbsence, leastDigits)
	}
	all, err := tables.AbsencesOf(b.tx.Where("id >= ? AND id < ?", id, id+"~").Limit(2))
	switch {
	case err != nil:
		return a, nil, err
	case len(all) == 0:
		return a, nil, booking.ErrNoAbsence
	case len(all) > 1:
		return a, nil, fmt.Errorf("%w: several begin so", booking.ErrNoAbsence)
	}
	err = b.tx.Model(&release{}).Where("absence = ?", all[0].ID).Order("reservation").Pluck("reservation", &released).Error
	return all[0], released, err
}

// release is a booking that an absence has cancelled.
type release struct {
	Reservation string `gorm:"primaryKey"`
	Absence     string
}

func (release) TableName() string { return "absence_releases" }

// Owned implements [booking.Plans].
func (b *book) Owned(person string) ([]reservations.Desk, error) {
	var rows []tables.Desk
	err := b.tx.Where("owner = ?", person).Order("id").Find(&rows).Error
	desks := make([]reservations.Desk, len(rows))
	for i, r := range rows {
		desks[i] = r.Decode(nil)
	}
	return desks, err
}

// PutAbsence implements [booking.Leave].
func (b *book) PutAbsence(a reservations.Absence, released []string) (reservations.Absence, error) {
	a.ID, a.By = tables.NewID(), audit.ActorOf(b.tx.Statement.Context)
	row := tables.AbsenceRow(a)
	row.Created = dialect.Milli{Time: b.now.UTC().Truncate(time.Millisecond)}
	if err := b.tx.Create(&row).Error; err != nil {
		return a, err
	}
	rows := make([]release, len(released))
	for i, id := range released {
		rows[i] = release{id, a.ID}
	}
	if len(rows) == 0 {
		return row.Decode(), nil
	}
	return row.Decode(), tables.Replace(b.tx, &rows)
}

// DropAbsence implements [booking.Leave].
func (b *book) DropAbsence(id string) error {
	return b.tx.Where("id = ?", id).Delete(&tables.Absence{}).Error
}

// StayCancelled implements [booking.Leave].
func (b *book) StayCancelled(ids []string) error {
	for part := range slices.Chunk(ids, 500) {
		if err := b.tx.Where("reservation IN ?", part).Delete(&release{}).Error; err != nil {
			return err
		}
	}
	return nil
}
