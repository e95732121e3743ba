package tables

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Reservation is a row of the public table of reservations.
type Reservation struct {
	ID         string `gorm:"primaryKey"`
	Desk       string
	Person     string
	StartsAt   dialect.Second
	EndsAt     dialect.Second
	Status     reservations.Status
	Source     string
	UID        string
	Occurrence string
	Line       int
	Note       string
	Updated    dialect.Milli `gorm:"column:updated_at"`
	Seen       dialect.Milli `gorm:"column:seen_at"`
	Vouched    reservations.Voucher
	Why        string
	Anonymised bool
	Series     string
}

// TableName implements gorm's Tabler.
func (Reservation) TableName() string { return "reservations" }

// ReservationOf is the row of r, with a new id when r has none. One that was not seen
// before is seen now.
func ReservationOf(r reservations.Reservation, now time.Time) Reservation {
	if r.ID == "" {
		r.ID = NewID()
	}
	if r.Seen.IsZero() {
		r.Seen = now
	}
	return Reservation{
		ID: r.ID, Desk: r.Desk, Person: r.Person, StartsAt: dialect.Second{Time: r.Start}, EndsAt: dialect.Second{Time: r.End},
		Status: r.Status, Source: r.Source, UID: r.UID, Occurrence: r.Occurrence, Line: r.Line, Note: r.Note,
		Updated: dialect.Milli{Time: now}, Seen: dialect.Milli{Time: r.Seen}, Vouched: r.Vouched, Why: r.Why, Anonymised: r.Anonymised, Series: r.Series,
	}
}

// NewID is 128 random bits in the form of the column's default.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Serial makes ids for many reservations that are written together, each a neighbour of
// the one before: with those of [NewID] each row would change other pages of the indexes of
// ids than the row before. The zero Serial begins with random bits of its own.
type Serial struct {
	prefix string
	n      uint32
}

// Next is 64 bits that the ids of s share, 32 that count, and 32 random ones.
func (s *Serial) Next() string {
	id := NewID()
	if s.prefix == "" {
		s.prefix = id[:16]
	}
	s.n++
	return fmt.Sprintf("%s%08x%s", s.prefix, s.n, id[24:])
}

// Decode is the reservation that r stands for.
func (r Reservation) Decode() reservations.Reservation {
	return reservations.Reservation{
		ID: r.ID, Desk: r.Desk, Person: r.Person, Span: r.Span(),
		Status: r.Status, Source: r.Source, UID: r.UID, Occurrence: r.Occurrence, Line: r.Line, Note: r.Note,
		Updated: r.Updated.Time, Seen: r.Seen.Time, Vouched: r.Vouched, Why: r.Why, Anonymised: r.Anonymised, Series: r.Series,
	}
}

// Span is when r has the desk.
func (r Reservation) Span() reservations.Span {
	return reservations.Span{Start: r.StartsAt.Time, End: r.EndsAt.Time}
}

// Reservations are what rows stand for, in their order.
func Reservations(rows []Reservation) []reservations.Reservation {
	all := make([]reservations.Reservation, len(rows))
	for i, r := range rows {
		all[i] = r.Decode()
	}
	return all
}

// CalendarOrder is the order of [reservations.NewCalendar] in SQL.
const CalendarOrder = "starts_at, desk, id"

// Overlapping narrows q to the reservations that share an instant with span.
func Overlapping(q *gorm.DB, span reservations.Span) *gorm.DB {
	return q.Where("starts_at < ? AND ends_at > ?", dialect.Second{Time: dialect.Ceil(span.End)}, dialect.Second{Time: span.Start})
}

// FindReservation reads the reservation with that id. The error is
// [reservations.ErrNotFound].
func FindReservation(tx *gorm.DB, id string) (Reservation, error) {
	var row Reservation
	err := tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = fmt.Errorf("%w: %q", reservations.ErrNotFound, id)
	}
	return row, err
}
