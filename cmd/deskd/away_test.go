package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Who is away releases single days of a series, and the desk that they own.
func TestAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.exec("UPDATE desks SET owner = 'user0001' WHERE id = 'D1'")
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	w.must("reserve", "--desk", "D2", "--person", "user0001", "--from", day(3)+" 09:00", "--to", day(3)+" 17:00", "--repeat", "FREQ=DAILY;COUNT=4")
	w.contains(w.run("reserve", "--desk", "D1", "--person", "user0002", "--from", day(4)+" 09:00", "--to", day(4)+" 10:00"), 1, "desk D1 is user0001's, who has not released it for that time")
	w.contains(w.run("away", "--person", "user0001", "--from", day(4)+" 09:00", "--to", day(5)), 2, "leave the time of day out")
	w.contains(w.run("away", "--person", "user0001", "--from", day(5), "--to", day(4)), 2, "ends before it begins")
	w.contains(w.run("away", "--person", "user0001", "--from", day(4), "--to", day(5), "--dry-run"), 0,
		"user0001 would be away from "+day(4)+" to "+day(5)+"\n  cancelled: desk D2 for user0001 from ", "  cancelled: desk D2", "  others can book desk D1\n")
	w.contains(w.run("list", "absences"), 0, "no absences")
	w.contains(w.run("away", "--person", "user0001", "--from", day(4), "--to", day(5), "--note", "sea"), 0, "ID: user0001 is away from "+day(4))
	w.contains(w.run("list", "absences", "--person", "user0001"), 0, "user0001", day(4), day(5), "sea")
	w.contains(w.run("away", "--person", "user0001", "--from", day(5)), 1, "they are away from "+day(4)+" to "+day(5)+" already")
	w.must("reserve", "--desk", "D1", "--person", "user0002", "--from", day(4)+" 09:00", "--to", day(4)+" 10:00")
	w.must("reserve", "--desk", "D2", "--person", "user0002", "--from", day(5)+" 09:00", "--to", day(5)+" 10:00")
	explain := func(desk string, in int) result { return w.run("explain", "--desk", desk, "--at", day(in)+" 09:30") }
	w.contains(explain("D1", 4), 0, "\n   its owner user0001 is away until ")
	w.contains(explain("D1", 3), 0, "\n   its owner user0001 is away from ")
	w.must("reserve", "--desk", "D2", "--person", "user0001", "--from", day(5)+" 11:00", "--to", day(5)+" 12:00")
	w.contains(explain("D2", 5), 0, "\n   booked by user0001, who is away until ")
	for desk, in := range map[string]int{"D1": 6, "D2": 4, "D3": 5} {
		if told := explain(desk, in); strings.Contains(told.out, "away") {
			t.Errorf("nobody is away: %s", told.out)
		}
	}
	w.must("cancel", "--desk", "D2", "--at", day(5)+" 11:30")
	w.contains(w.run("back", "none"), 1, "there is no absence with that id; deskd list absences")
	id := ""
	for i := range 6 {
		id += fmt.Sprintf("%x", w.count(fmt.Sprintf("SELECT instr('0123456789abcdef', substr(id, %d, 1)) - 1 FROM absences", i+1)))
	}
	w.contains(w.run("back", id, "--dry-run"), 0, "user0001 would be back from an absence from "+day(4), "booked again: desk D2")
	w.contains(w.run("back", id, "-o", "json"), 0, `"released": [`, `"lost": [`, `"code": "taken"`, `"guests": [`, `"desk": "D1"`)
	if n := w.count("SELECT count(*) FROM reservations WHERE person = 'user0001' AND status = 'confirmed'"); n != 3 {
		t.Errorf("%d bookings", n)
	}
}
