package main

import (
	"strings"
	"testing"
	"time"
)

// A user who books a second desk for a person at the same time is told so; it is booked
// all the same. Bookings that only touch, and those that were cancelled, are no others.
func TestTwoDesksAtOnceAreTold(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", time.Hour, 3*time.Hour)
	at := func(h time.Duration) string { return time.Now().Add(h * time.Hour).Format(time.RFC3339) }
	book := func(desk, person string, from, to time.Duration) result {
		return w.run("reserve", "--desk", desk, "--person", person, "--from", at(from), "--to", at(to))
	}
	w.contains(book("D2", "USER0001", 2, 4), 0, "desk D2 for", "warning: two desks at once: user0001 has desk D1 from ")
	for _, r := range []result{book("D2", "user0003", 0, 1), book("D2", "user0001", 5, 6)} {
		if r.code != 0 || strings.Contains(r.out+r.errs, "two desks") {
			t.Errorf("answer is %+v, expected no warning", r)
		}
	}
	w.contains(w.run("reserve", "--desk", "D3", "--person", "user0001", "--from", at(1), "--to", at(2), "-o", "json"), 0, `"beside": [`, `"desk": "D1"`)

	w.write("r.csv", "desk,person,start,end\nD1,user0003,"+at(10)+","+at(12)+"\nD2,user0003,"+at(11)+","+at(13)+"\nD3,user0003,"+at(13)+","+at(14)+"\n")
	for _, args := range [][]string{{"--dry-run"}, nil} {
		got := w.run(append([]string{"import", "reservations", w.path("r.csv")}, args...)...)
		w.contains(got, 0, "r.csv:2: warning: two desks at once: user0003 has desk D2", "r.csv:3: warning: two desks at once: user0003 has desk D1")
		if strings.Contains(got.out+got.errs, "r.csv:4") {
			t.Errorf("a line that only touches is warned of: %+v", got)
		}
	}
}

// Words for what cannot be meant: a day that the calendar lacks, a desk's id in the
// place of a reservation's, and Windows-1252 asked for text that is UTF-8.
func TestWordsForSlips(t *testing.T) {
	w := newWorld(t).furnish()
	for _, day := range []string{"31.02.2026", "29.02.2027", "2026-02-30", "31.4.2026", "2026-13-01"} {
		w.write("r.csv", "desk,person,start,end\nD1,user0001,"+day+" 10:00,"+day+" 11:00\n")
		w.contains(w.run("import", "reservations", w.path("r.csv")), 1, `time "`+day+` 10:00": there is no day `+day+` in the calendar`)
		w.contains(w.run("list", "attempts", "--from", day), 2, "there is no day "+day+" in the calendar")
	}
	w.contains(w.run("explain", "D1"), 1, `"D1"; it is a desk: --desk D1`)
	w.write("d.csv", "id,site,cluster,device,name\n4.001,berlin,main,SEP0000000000AA,Tür\n")
	w.contains(w.run("import", "desks", w.path("d.csv"), "--encoding", "windows-1252"), 0, "warning: read as Windows-1252, though every byte of it is right as UTF-8")
	w.contains(w.run("import", "desks", w.path("d.csv"), "--encoding", "utf-8"), 0, "1 updated")
	w.contains(w.run("explain", "4.001"), 1, "it is a desk: --desk 4.001")
	w.write("d.csv", "id,site,cluster,device,name\n4.001,berlin,main,SEP0000000000AA,T\xfcr\n")
	if got := w.run("import", "desks", w.path("d.csv"), "--encoding", "windows-1252"); strings.Contains(got.out+got.errs, "warning") {
		t.Errorf("text in Windows-1252 is warned of: %+v", got)
	}
}
