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
func (m milli) Value() (driver.Value, error) {
	if m.IsZero() {
		return "", nil
	}
	return m.UTC().Format(milliForm), nil
}

// Scan implements [database/sql.Scanner].
func (s *second) Scan(v any) (err error) { s.Time, err = parseInstant(v); return err }

// Scan implements [database/sql.Scanner].
func (m *milli) Scan(v any) (err error) { m.Time, err = parseInstant(v); return err }

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
