package tables

import (
	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Series is a row of the table of series.
type Series struct {
	ID, Rule, Starts, Ends, Zone, Desk, Person, Note string

	Created dialect.Milli `gorm:"column:created_at"`
	By      string
}

// TableName implements gorm's Tabler.
func (Series) TableName() string { return "series" }

// SeriesRow is the row of s.
func SeriesRow(s reservations.Series) Series {
	return Series{
		ID: s.ID, Rule: s.Rule, Starts: s.Starts, Ends: s.Ends, Zone: s.Zone, Desk: s.Desk, Person: s.Person, Note: s.Note,
		Created: dialect.Milli{Time: s.Created}, By: s.By,
	}
}

// Decode is the series that r stands for.
func (r Series) Decode() reservations.Series {
	return reservations.Series{
		ID: r.ID, Rule: r.Rule, Starts: r.Starts, Ends: r.Ends, Zone: r.Zone, Desk: r.Desk, Person: r.Person, Note: r.Note,
		Created: r.Created.Time, By: r.By,
	}
}

// SeriesOf are the series of a person, by every spelling of them, in the order in which they
// were asked for.
func SeriesOf(tx *gorm.DB, people []string) ([]reservations.Series, error) {
	var rows []Series
	err := tx.Where("person IN ?", people).Order("created_at, id").Find(&rows).Error
	all := make([]reservations.Series, len(rows))
	for i, r := range rows {
		all[i] = r.Decode()
	}
	return all, err
}

// Absence is a row of the table of absences.
type Absence struct {
	ID, Person string
	First      string `gorm:"column:first_day"`
	Last       string `gorm:"column:last_day"`
	Note       string
	Created    dialect.Milli `gorm:"column:created_at"`
	By         string
}

// TableName implements gorm's Tabler.
func (Absence) TableName() string { return "absences" }

// AbsenceRow is the row of a.
func AbsenceRow(a reservations.Absence) Absence {
	return Absence{ID: a.ID, Person: a.Person, First: a.First, Last: a.Last, Note: a.Note, Created: dialect.Milli{Time: a.Created}, By: a.By}
}

// Decode is the absence that r stands for.
func (r Absence) Decode() reservations.Absence {
	return reservations.Absence{ID: r.ID, Person: r.Person, First: r.First, Last: r.Last, Note: r.Note, Created: r.Created.Time, By: r.By}
}

// AbsencesOf are the absences that q asks for, the earliest first.
func AbsencesOf(q *gorm.DB) ([]reservations.Absence, error) {
	var rows []Absence
	err := q.Order("first_day, id").Find(&rows).Error
	all := make([]reservations.Absence, len(rows))
	for i, r := range rows {
		all[i] = r.Decode()
	}
	return all, err
}
