package bookings

import (
	"slices"

	"gorm.io/gorm/clause"

	"deskd/reservations/booking"
	"deskd/store/dialect"
)

// evidenceRow is a row of the table of evidence.
type evidenceRow struct {
	Reservation string        `gorm:"primaryKey"`
	Source      string        `gorm:"primaryKey"`
	At          dialect.Milli `gorm:"primaryKey"`
}

func (evidenceRow) TableName() string { return "evidence" }

// Evidence implements [booking.Arrivals].
func (b *book) Evidence(ids []string) (map[string][]booking.Evidence, error) {
	all := make(map[string][]booking.Evidence)
	for part := range slices.Chunk(ids, dialect.MostParameters) {
		var rows []evidenceRow
		if err := b.tx.Where("reservation IN ?", part).Order("reservation, at, source").Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			all[r.Reservation] = append(all[r.Reservation], booking.Evidence{Source: r.Source, At: r.At.Time})
		}
	}
	return all, nil
}

// Arrived implements [booking.Witness].
func (b *book) Arrived(id string, e booking.Evidence) error {
	row := evidenceRow{id, e.Source, dialect.Milli{Time: e.At}}
	return b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
}
