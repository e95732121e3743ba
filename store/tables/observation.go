package tables

import (
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
}

// TableName implements gorm's Tabler.
func (Observation) TableName() string { return "observations" }

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
