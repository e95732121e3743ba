package dialect

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Instants are stored as text in UTC, in one form per column so that the order
// of the text is the order of time.
const (
	SecondForm = "2006-01-02T15:04:05Z"
	milliForm  = "2006-01-02T15:04:05.000Z"
)

// Second is an instant of the columns starts_at and ends_at of reservations.
// Fractions are cut off.
type Second struct{ time.Time }

// Milli is an instant of every other column. What is finer is cut off, and the
// zero time is the empty text.
type Milli struct{ time.Time }

// Value implements [driver.Valuer].
func (s Second) Value() (driver.Value, error) { return s.UTC().Format(SecondForm), nil }

// Value implements [driver.Valuer].
func (m Milli) Value() (driver.Value, error) { return m.Text(), nil }

// Text is m as it is stored.
func (m Milli) Text() string {
	if m.IsZero() {
		return ""
	}
	return m.UTC().Format(milliForm)
}

// Scan implements [database/sql.Scanner].
func (s *Second) Scan(v any) (err error) { s.Time, err = parseInstant(v); return err }

// Scan implements [database/sql.Scanner].
func (m *Milli) Scan(v any) (err error) { m.Time, err = parseInstant(v); return err }

// Stamp is the text of a milli as it stands in an SQLite column, or would: what was proven
// of it is proven of it in every dialect.
type Stamp string

// Scan implements [database/sql.Scanner].
func (s *Stamp) Scan(v any) error {
	switch at := v.(type) {
	case time.Time:
		*s = Stamp(Milli{at}.Text())
	case string:
		*s = Stamp(at)
	default:
		return fmt.Errorf("read instant: %v is no text", v)
	}
	return nil
}

// Lenient is a milli of a table whose rows are read many at once. What cannot be
// read is kept as it is: one row that another program has spoilt must not hide the
// others.
type Lenient struct {
	time.Time
	Bad string
}

// Value implements [driver.Valuer].
func (l Lenient) Value() (driver.Value, error) { return l.Text(), nil }

// Text is l as it is stored, and empty for what could not be read.
func (l Lenient) Text() string { return Milli{l.Time}.Text() }

// Scan implements [database/sql.Scanner].
func (l *Lenient) Scan(v any) error {
	t, err := parseInstant(v)
	l.Time, l.Bad = t, ""
	if err != nil {
		l.Bad = fmt.Sprint(v)
	}
	return nil
}

// Named is an instant with the name of its column.
type Named struct {
	Column string
	At     *Lenient
}

// Unreadable says which of a row's instants cannot be read, the first; it is
// empty when all can.
func Unreadable(instants ...Named) string {
	for _, n := range instants {
		if n.At.Bad != "" {
			return fmt.Sprintf("its row in the database cannot be read: %s is %q, which is no instant", n.Column, n.At.Bad)
		}
	}
	return ""
}

// parseInstant reads what a driver gives: a text, or an instant where the database has a
// type for it. Such a type has no empty value, and "-infinity" in its place.
func parseInstant(v any) (time.Time, error) {
	if at, ok := v.(time.Time); ok {
		return at.UTC(), nil
	}
	text, ok := v.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("read instant: %v is no text", v)
	}
	if text == "" || text == "-infinity" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read instant %q: expected UTC like 2026-03-02T08:00:00Z", text)
	}
	return t.UTC(), nil
}

// Ceil is the first whole second not before t: x < t and x < ceil(t) are the
// same for the whole seconds of a column.
func Ceil(t time.Time) time.Time {
	if cut := t.Truncate(time.Second); !cut.Equal(t) {
		return cut.Add(time.Second)
	}
	return t
}
