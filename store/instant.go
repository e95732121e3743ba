package store

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Instants are stored as text in UTC, in one form per column so that the order
// of the text is the order of time.
const (
	secondForm = "2006-01-02T15:04:05Z"
	milliForm  = "2006-01-02T15:04:05.000Z"
)

// second is an instant of the columns starts_at and ends_at of reservations.
// Fractions are cut off.
type second struct{ time.Time }

// milli is an instant of every other column. What is finer is cut off, and the
// zero time is the empty text.
type milli struct{ time.Time }

// Value implements [driver.Valuer].
func (s second) Value() (driver.Value, error) { return s.UTC().Format(secondForm), nil }

// Value implements [driver.Valuer].
func (m milli) Value() (driver.Value, error) { return m.text(), nil }

// text is m as it is stored.
func (m milli) text() string {
	if m.IsZero() {
		return ""
	}
	return m.UTC().Format(milliForm)
}

// Scan implements [database/sql.Scanner].
func (s *second) Scan(v any) (err error) { s.Time, err = parseInstant(v); return err }

// Scan implements [database/sql.Scanner].
func (m *milli) Scan(v any) (err error) { m.Time, err = parseInstant(v); return err }

// lenient is a milli of a table whose rows are read many at once. What cannot be
// read is kept as it is: one row that another program has spoilt must not hide the
// others.
type lenient struct {
	time.Time
	bad string
}

// Value implements [driver.Valuer].
func (l lenient) Value() (driver.Value, error) { return l.text(), nil }

func (l lenient) text() string { return milli{l.Time}.text() }

// Scan implements [database/sql.Scanner].
func (l *lenient) Scan(v any) error {
	t, err := parseInstant(v)
	l.Time, l.bad = t, ""
	if err != nil {
		l.bad = fmt.Sprint(v)
	}
	return nil
}

// named is an instant with the name of its column.
type named struct {
	column string
	at     *lenient
}

// unreadable says which of a row's instants cannot be read, the first; it is
// empty when all can.
func unreadable(instants ...named) string {
	for _, n := range instants {
		if n.at.bad != "" {
			return fmt.Sprintf("its row in the database cannot be read: %s is %q, which is no instant", n.column, n.at.bad)
		}
	}
	return ""
}

func parseInstant(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("read instant: %v is no text", v)
	}
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read instant %q: expected UTC like 2026-03-02T08:00:00Z", text)
	}
	return t.UTC(), nil
}

// ceil is the first whole second not before t: x < t and x < ceil(t) are the
// same for the whole seconds of a column.
func ceil(t time.Time) time.Time {
	if cut := t.Truncate(time.Second); !cut.Equal(t) {
		return cut.Add(time.Second)
	}
	return t
}
