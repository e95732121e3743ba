package reservations

import (
	"fmt"
	"time"
)

// Status says whether a reservation counts.
type Status string

// The states of a reservation. Only Confirmed ones are acted on.
const (
	Confirmed Status = "confirmed"
	Cancelled Status = "cancelled" // by a person; a feed that still lists it does not bring it back
	// Withdrawn marks an occurrence that its feed no longer lists.
	Withdrawn Status = "withdrawn"
	// Conflict marks a feed's occurrence that overlaps a confirmed reservation
	// of the same desk. It is shown, and confirmed once the desk is free.
	Conflict Status = "conflict"
)

// Voucher says what of an event, as it is in its calendar, stands for the person it
// books for. Whether that is to be believed is a matter of the calendar: see [Trust].
type Voucher string

// The vouchers.
const (
	// ByOrganizer: its ORGANIZER is that person.
	ByOrganizer Voucher = "organizer"
	// ByInvitation: besides, the desk was invited, and has accepted.
	ByInvitation Voucher = "invited"
)

// Sources that are not feeds. A reservation of a feed has FeedSource(name).
const (
	SourceSQL    = "sql"    // a row another program inserted
	SourceCLI    = "cli"    // deskd reserve
	SourceImport = "import" // deskd import reservations
)

// FeedSource is the source of the reservations of the feed called name.
func FeedSource(name string) string { return "feed:" + name }

// Reservation says that Person has Desk during Span. Person is a user id of the
// phone system; it may be empty when a feed says that a desk is taken but not
// by whom: such a desk is shown as occupied and nobody is logged in.
type Reservation struct {
	ID     string `json:"id"`
	Desk   string `json:"desk"`
	Person string `json:"person"`
	Span
	Status Status `json:"status"`
	Source string `json:"source"`
	// UID and Occurrence identify a feed's event: its UID and the instance's
	// original start (RECURRENCE-ID) in UTC, "20260302T080000Z"; the latter is
	// empty for an event that does not repeat. Those of a series of deskd's have
	// their original start as well.
	UID        string `json:"uid,omitempty"`
	Occurrence string `json:"occurrence,omitempty"`
	// Line is the line of the feed on which the event begins, 0 elsewhere.
	Line    int       `json:"line,omitempty"`
	Note    string    `json:"note,omitempty"`
	Updated time.Time `json:"updated,omitzero"`
	// Seen is when deskd first saw this booking of this desk, in this time: of two
	// that want one desk, the one seen first has it.
	Seen time.Time `json:"seen,omitzero"`
	// Vouched says what of a feed's event stands for its person.
	Vouched Voucher `json:"vouched,omitempty"`
	// Why says of a feed's booking that does not count what its feed, or the
	// booking in its way, says about it.
	Why string `json:"why,omitempty"`
	// Anonymised says that whose it was, its note and its event have been
	// removed, long after its end.
	Anonymised bool `json:"anonymised,omitempty"`
	// Series is the id of the [Series] of which it is an occurrence, '' of none.
	Series string `json:"series,omitempty"`
}

// Longest is the longest reservation accepted. Anything longer is a typing
// mistake in a year, or a desk that is not a hot desk.
const Longest = 400 * 24 * time.Hour

// Check reports the first thing that makes r unusable.
func (r Reservation) Check() error {
	switch {
	case r.Desk == "":
		return fmt.Errorf("reservation without desk")
	case r.Empty():
		return fmt.Errorf("reservation of desk %q ends %s, not after its start %s",
			r.Desk, r.End.Format(time.RFC3339), r.Start.Format(time.RFC3339))
	case r.Duration() > Longest:
		return fmt.Errorf("reservation of desk %q lasts %d days; the most is %d", r.Desk, int(r.Duration().Hours()/24), int(Longest.Hours()/24))
	}
	if r.Person != "" {
		return CheckUser(r.Person)
	}
	return nil
}
