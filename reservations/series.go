package reservations

import "time"

// Series is bookings that repeat, as they were asked for. Its occurrences are reservations
// of their own, and may have been moved or cancelled since.
type Series struct {
	ID     string `json:"id"`
	Desk   string `json:"desk"`
	Person string `json:"person"`
	// Rule is an RRULE (RFC 5545 3.3.10): FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20.
	Rule string `json:"rule"`
	// Starts and Ends are when the first occurrence begins and ends, as clocks of Zone show
	// it: 2026-03-02T09:00:00.
	Starts  string    `json:"starts"`
	Ends    string    `json:"ends"`
	Zone    string    `json:"zone"` // an IANA name
	Note    string    `json:"note,omitempty"`
	Created time.Time `json:"created,omitzero"`
	By      string    `json:"by,omitempty"` // who asked for it
}

// WallLayout is the form of [Series.Starts], for package time.
const WallLayout = "2006-01-02T15:04:05"
