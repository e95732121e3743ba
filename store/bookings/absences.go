package bookings

import (
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
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
