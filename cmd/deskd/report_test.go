package main

import (
	"testing"
	"time"
)

// A report says how desks were used by places and weekdays, to people and to programs, and
// since when it knows that.
func TestReportOnDesks(t *testing.T) {
	w := newWorld(t).furnish()
	w.exec(`INSERT INTO reservations (id, desk, person, starts_at, ends_at, status) VALUES
		('a', 'D1', 'user0001', '2025-01-06T08:00:00Z', '2025-01-06T12:30:00Z', 'confirmed'), ('b', 'D2', 'user0002', '2025-01-06T23:30:00Z', '2025-01-07T00:30:00Z', 'confirmed'),
		('c', 'D3', 'user0003', '2025-01-08T20:00:00Z', '2025-01-08T21:00:00Z', 'cancelled')`)
	days := []string{"--from", "2025-01-06", "--to", "2025-01-07"}
	report := func(args ...string) result { return w.run(append(append([]string{"report"}, days...), args...)...) }
	presence := time.Now().UTC().AddDate(0, 0, -28).Format(time.DateOnly)
	w.expect(report(), result{0, `SITE    DESKS  BOOKINGS  HOURS  SHARE  USED  ASKED  UNSEEN  RELEASED  WALK-UPS  CANCELLED  LOGINS  LATE  P50  P95  MAX  BUSY  FAILED
berlin  2      2         5.5    6%     -     -      -       0         0         0          0       0     -    -    -    0     0
boston  1      0         0.0    0%     -     -      -       0         0         0          0       0     -    -    -    0     0

From 2025-01-06 to 2025-01-07. Who has come is known since ` + presence + `. No login is known.
`, ""})
	w.exec(`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		VALUES ('main', 'login', 'D1', 'SEP000000000001', 'user0001', '', 'a', '2025-01-06T08:00:00.000Z', '', '', '', 'start', '', '', '', 'done', 0, '', '2025-01-06T08:01:00.000Z', '2025-01-06T08:01:02.000Z', '')`)
	w.contains(report("--by", "desk", "--weekdays", "--site", "berlin"), 0, "SITE    FLOOR  ZONE   DESK  WEEKDAY  DESKS", "\nberlin  4      -      D2    tue      1      1         1.0    4%", "\nberlin  4      north  D1    mon      1      1         4.5    19%    -     -      -       0         0         0          1       1     62s  62s  62s  0     0\n", "Logins are known since ")
	w.contains(report("--by", "floor", "-o", "csv"), 0, "site,floor,zone,desk,weekday,desks,", "\nberlin,4,,,,2,2,5.5,96,5.5,0.057,0,0,0,0,0,0,0,1,1,62,62,62,0,0,,"+presence+",")
	w.contains(report("--by", "zone", "-o", "json"), 0, `"zone": "north"`, `"presence_since": "`+presence+`"`)
	w.contains(w.run("report", "--from", "2025-01-06", "--to", "2025-01-08", "--site", "boston"), 0, "\nboston  1      0         0.0    0%     -     -      -       0         0         1 ")

	// Retention leaves counts of the site.
	w.exec("UPDATE reservations SET person = '', anonymised = 1")
	w.exec("INSERT INTO desk_usage VALUES ('2025-01-06', 'berlin', '', 1, 270, 0)")
	w.exec("DELETE FROM reservations WHERE id = 'a'")
	w.contains(report("--site", "berlin"), 0, "\nberlin  2      2         5.5    2%     -     -      - ", "Bookings are known one by one since 2025-01-07: of the days before only sites have counts.", "Of 2 bookings the names were removed: ")
	w.contains(report("--site", "berlin", "--by", "desk"), 0, "D1    1      0         0.0    0%")

	w.expect(w.run("report", "--by", "desc"), result{2, "", "deskd: --by \"desc\": site, floor, zone, desk; did you mean \"desk\"?\n"})
	w.expect(w.run("report", "--site", "paris"), result{2, "", "deskd: there is no site \"paris\" in the configuration (known: berlin, boston)\n"})
	w.expect(w.run("report", "--from", "2025-01-06", "--to", "2025-05-06"), result{2, "", "deskd: --to: a report is of at most 92 days\n"})
	w.contains(report("--floor", "9"), 0, "no desks\n")
}
