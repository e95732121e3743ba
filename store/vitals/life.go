package vitals

import (
	"context"
	"fmt"
	"time"
)

// supported is until when each version gets corrections, by the project's policy of five
// years (https://www.postgresql.org/support/versioning/).
var supported = map[int]time.Time{
	14: time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC),
	15: time.Date(2027, 11, 11, 0, 0, 0, 0, time.UTC),
	16: time.Date(2028, 11, 9, 0, 0, 0, 0, time.UTC),
	17: time.Date(2029, 11, 8, 0, 0, 0, 0, time.UTC),
	18: time.Date(2030, 11, 14, 0, 0, 0, 0, time.UTC),
}

// notice is how long before its end a version is told of: an upgrade has to be planned.
const notice = 180 * 24 * time.Hour

// life says which server it is, and how long it will be looked after.
func (v *visit) life(ctx context.Context) error {
	var number int
	var text string
	var replica bool
	if err := v.scan(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery()", &number, &text, &replica); err != nil {
		return err
	}
	v.tell(OK, "", "PostgreSQL %s", text)
	if replica {
		v.tell(Wrong, "name the primary in database.dsn, or promote this one", "the server is a replica: deskd serve cannot write to it")
	}
	if says := ends(number/10_000, v.now()); says != "" {
		v.tell(Odd, "upgrade the server (pg_upgrade), or move to a newer one", "%s", says)
	}
	return nil
}

// ends says of a version that its end is near or past; it is empty when it is not. Versions
// that deskd does not know are newer than it.
func ends(major int, now time.Time) string {
	end, known := supported[major]
	switch {
	case !known || now.Before(end.Add(-notice)):
		return ""
	case now.Before(end):
		return fmt.Sprintf("version %d gets no corrections after %s", major, end.Format("2006-01-02"))
	}
	return fmt.Sprintf("version %d gets no corrections any more, since %s", major, end.Format("2006-01-02"))
}

// mostOff is by how much the two clocks may differ: bookings begin by this machine's, and
// rows of other programs are dated by the server's.
const mostOff = time.Second

// clock compares the clocks. The answer was made at some time between question and receipt.
func (v *visit) clock(ctx context.Context) error {
	var there time.Time
	asked := v.now()
	if err := v.scan(ctx, "SELECT clock_timestamp()", &there); err != nil {
		return err
	}
	off, within := asked.Sub(there), v.now().Sub(asked)
	if off < 0 {
		off = max(0, -off-within)
	}
	if off > mostOff {
		v.tell(Wrong, "have both machines keep time by NTP (chrony, systemd-timesyncd)", "its clock and this machine's differ by %s", off.Round(100*time.Millisecond))
	}
	return nil
}
