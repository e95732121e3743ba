package tables

import (
	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// deskColumns are those of a [Desk], in the order in which [ReadDesks] scans them.
const deskColumns = "id, site, cluster, device, name, floor, zone, owner"

// ReadDesks reads the desks that q asks for, without what else they are called. A search reads
// a whole floor: gorm's reflection takes longer than the database.
func ReadDesks(q *gorm.DB) (all []Desk, err error) {
	rows, err := q.Model(&Desk{}).Select(deskColumns).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var d Desk
		if err := rows.Scan(&d.ID, &d.Site, &d.Cluster, &d.Device, &d.Name, &d.Floor, &d.Zone, &d.Owner); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, dialect.Translate(q, rows.Err())
}

// ReservationColumns are those of a [Reservation] r, in the order in which [ReadReservations]
// scans them. Beside desks, id alone would be no order.
const ReservationColumns = "r.id AS id, r.desk, r.person, r.starts_at, r.ends_at, r.status, r.source, r.uid, r.occurrence, r.line, r.note, " +
	"r.updated_at, r.seen_at, r.vouched, r.why, r.anonymised, r.series"

// ReadReservations reads the reservations of a raw question for [ReservationColumns], without
// gorm's reflection, as [ReadDesks] does.
func ReadReservations(q *gorm.DB) ([]reservations.Reservation, error) {
	rows, err := q.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	all := []reservations.Reservation{}
	for rows.Next() {
		var r Reservation
		if err := rows.Scan(&r.ID, &r.Desk, &r.Person, &r.StartsAt, &r.EndsAt, &r.Status, &r.Source, &r.UID, &r.Occurrence, &r.Line, &r.Note,
			&r.Updated, &r.Seen, &r.Vouched, &r.Why, &r.Anonymised, &r.Series); err != nil {
			return nil, err
		}
		all = append(all, r.Decode())
	}
	return all, dialect.Translate(q, rows.Err())
}
