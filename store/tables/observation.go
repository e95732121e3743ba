package tables

import (
	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// Observation is what was last seen of a phone.
type Observation struct {
	Device             string `gorm:"primaryKey"`
	Person             string
	Present            bool
	Known              bool
	Doubt              string
	Ours               bool
	Visitor            bool
	Reservation        string
	SinceAt            dialect.Lenient
	FirstAt            dialect.Lenient
	SeenAt             dialect.Lenient
	Spared             bool
	CarriedSession     int64
	CarriedReservation string
	CarriedUntil       dialect.Lenient
	// Together are the phones with which it was seen again, 0 for none: see [SeenTogether].
	Together int64
}

// TableName implements gorm's Tabler.
func (Observation) TableName() string { return "observations" }

// SeenTogether is when phones were last seen on which nothing has changed since their rows
// were written: it stands for the instants of those.
type SeenTogether struct {
	Together int64 `gorm:"primaryKey"`
	SeenAt   dialect.Lenient
}

// TableName implements gorm's Tabler.
func (SeenTogether) TableName() string { return "seen_together" }

// Seen are the observations o, each with the instant lastly at which the phone was seen.
const Seen = "SELECT o.*, coalesce(t.seen_at, o.seen_at) AS lastly FROM observations o LEFT JOIN seen_together t ON t.together = o.together"

// Observations reads the observations for which a clause of SQL holds, "" for all, by device.
func Observations(tx *gorm.DB, where string, args ...any) ([]plan.Observation, error) {
	var rows []struct {
		Observation `gorm:"embedded"`
		Lastly      dialect.Lenient
	}
	if err := tx.Raw(Seen+" "+where+" ORDER BY o.device", args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	seen := make([]plan.Observation, len(rows))
	for i, r := range rows {
		r.SeenAt = r.Lastly
		seen[i] = r.Decode()
	}
	return seen, nil
}

// Decode is what r says. A row whose instants cannot be read says nothing but that.
func (r Observation) Decode() plan.Observation {
	if bad := dialect.Unreadable(dialect.Named{Column: "since_at", At: &r.SinceAt}, dialect.Named{Column: "seen_at", At: &r.SeenAt}); bad != "" {
		return plan.Observation{Device: r.Device, Doubt: bad}
	}
	return plan.Observation{
		Device: r.Device, Person: r.Person, Exists: r.Present, Known: r.Known, Doubt: r.Doubt, Ours: r.Ours, Visitor: r.Visitor,
		Reservation: r.Reservation, Since: r.SinceAt.Time, First: r.FirstAt.Time, At: r.SeenAt.Time, Spared: r.Spared,
		Carried: plan.Carried{Session: r.CarriedSession, Reservation: r.CarriedReservation, Until: r.CarriedUntil.Time},
	}
}
