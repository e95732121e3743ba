package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A series is booked, told, changed and cancelled by the command line.
func TestSeriesOfBookings(t *testing.T) {
	t.Parallel()
	w := ruled(t, `quotas: ["4 bookings a week"]`)
	monday := time.Now().AddDate(0, 0, 1)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	day := func(n int) string { return monday.AddDate(0, 0, n).Format(time.DateOnly) }
	reserve := func(more ...string) result {
		t.Helper()
		return w.run(append([]string{"reserve", "--desk", "D2", "--person", "user0001", "--from", day(0) + " 09:00", "--to", day(0) + " 17:00"}, more...)...)
	}
	w.contains(reserve("--repeat", "FREQ=DAILY"), 2, "has no end: add ;COUNT=20, say, or ;UNTIL=")
	w.contains(reserve("--repeat", "FREQ=DAILY;COUNT=5", "--on-conflict", "perhaps"), 2, "not one of fail, skip and nearest")
	w.contains(reserve("--repeat", "FREQ=DAILY;COUNT=5"), 1, `deskd: reserve desk "D2": 1 of 5 bookings cannot be made, first that of Fri `+day(4), "user0001 may have 4 bookings a week, and has 4",
		"  Fri "+day(4)+" 09:00 ", "failed: ", "--on-conflict skip books the others")
	w.contains(reserve("--on-conflict", "skip"), 2, "--on-conflict is for a series: --repeat missing")
	w.contains(reserve("--repeat", "FREQ=DAILY;COUNT=5", "-o", "json"), 1, `"code": "over_quota"`, `"outcome": "not_booked"`, `"outcome": "failed"`)
	w.contains(reserve("--repeat", "FREQ=DAILY;COUNT=5", "--on-conflict", "skip", "--dry-run"), 0, "series -: 4 bookings would be booked at desk D2 for user0001, 1 skipped\n", "  Mon "+day(0)+" 09:00 ")
	if n := w.count("SELECT count(*) FROM reservations") + w.count("SELECT count(*) FROM series"); n != 0 {
		t.Errorf("a dry run left %d rows", n)
	}
	w.must("reserve", "--desk", "D2", "--person", "user0002", "--from", day(1)+" 12:00", "--to", day(1)+" 13:00")
	got := reserve("--repeat", "FREQ=DAILY;COUNT=5", "--on-conflict", "nearest", "-o", "json")
	var done struct {
		Occurrences []struct{ ID, Desk, Outcome string }
	}
	if err := json.Unmarshal([]byte(got.out), &done); err != nil || len(done.Occurrences) != 5 {
		t.Fatalf("%v: %s%s", err, got.out, got.errs)
	}
	var told []string
	for _, o := range done.Occurrences {
		told = append(told, o.Desk+" "+o.Outcome)
	}
	if got, want := strings.Join(told, ", "), "D2 booked, D1 moved, D2 booked, D2 booked, D2 skipped"; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
	if got := w.run("reserve", "--desk", "D2", "--person", "user0001", "--from", day(1)+" 12:00", "--to", day(1)+" 12:30", "--repeat", "FREQ=DAILY;COUNT=1", "--on-conflict", "skip"); got.code != 1 || strings.Contains(got.errs, "--on-conflict") {
		t.Errorf("of a series without a booking that can be made: %d %s", got.code, got.errs)
	}
	w.contains(w.run("reserve", "--desk", "D2", "--person", "user0001", "--from", day(1)+" 12:00", "--to", day(1)+" 12:30", "--repeat", "FREQ=DAILY;COUNT=1"), 1, "\n  --on-conflict nearest books them at other desks where it can\n")
	w.contains(w.run("list", "reservations", "--from", day(0), "--to", day(5)), 0, "cli, series")
	w.contains(w.run("list", "reservations", "--from", day(0), "--to", day(5), "-o", "csv"), 0, ",ID\n")

	w.contains(w.run("extend", "--desk", "D2", "--at", day(2)+" 10:00", "--to", day(2)+" 18:00", "--rest"), 0, "extended: desk D2 for user0001 from ", ", and 1 other of the series up to Thu "+day(3))
	w.contains(w.run("cancel", "--desk", "D2", "--at", day(2)+" 10:00", "--rest", "--all"), 2, "--rest and --all: one of them")
	w.contains(w.run("cancel", "--desk", "D2", "--at", day(2)+" 10:00", "--rest", "--dry-run"), 0, "would be cancelled: desk D2", "and 1 other of the series")
	w.contains(w.run("cancel", "--desk", "D2", "--at", day(2)+" 10:00", "--rest"), 0, "cancelled: desk D2", "and 1 other of the series")
	w.contains(w.run("cancel", "--desk", "D2", "--at", day(0)+" 10:00", "--all"), 0, "cancelled: desk D2", "and 1 other of the series")
	if n := w.count("SELECT count(*) FROM reservations WHERE status = 'confirmed'"); n != 1 {
		t.Errorf("%d bookings are left", n)
	}
}
