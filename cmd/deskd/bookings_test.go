package main

import (
	"strings"
	"testing"
	"time"
)

// ruled is a world whose Berlin has rules.
func ruled(t *testing.T, rules string) *world {
	t.Helper()
	w := newWorld(t).furnish()
	site := "{name: berlin, timezone: Europe/Berlin}"
	if !strings.Contains(w.config(), site) {
		t.Fatal("the configuration has another site")
	}
	w.write("deskd.yaml", strings.Replace(w.config(), site, "{name: berlin, timezone: Europe/Berlin, rules: {"+rules+"}, zones: [{zone: north, rules: {longest: 0s}}]}", 1))
	return w
}

// What a rule refuses says which rule, until when, and what else is free; it is booked
// even so, or not at all.
func TestBookByRules(t *testing.T) {
	t.Parallel()
	w := ruled(t, `hours: ["mon-fri 07:00-20:00"], quotas: ["1 booking a day"], longest: 4h`)
	book := func(more ...string) result {
		t.Helper()
		return w.run(append([]string{"reserve", "--person", "user0001"}, more...)...)
	}
	w.expect(book("--desk", "D2", "--from", "2030-01-02 09:00", "--to", "2030-01-02 14:00"), result{1, "",
		`deskd: reserve desk "D2": the booking lasts 5h, and the longest is 4h (rule longest: 4h)
  free at that time: desk D1
`})
	w.contains(book("--desk", "D1", "--from", "2030-01-02 09:00", "--to", "2030-01-02 14:00", "--dry-run"), 0, "would be booked: desk D1 for user0001 from 2030-01-02 09:00 to 2030-01-02 14:00 CET\n")
	if n := w.count("SELECT count(*) FROM reservations"); n != 0 {
		t.Errorf("%d reservations after a dry run", n)
	}
	w.must("reserve", "--desk", "D1", "--person", "user0001", "--from", "2030-01-02 09:00", "--to", "2030-01-02 14:00")
	again := []string{"--desk", "D2", "--from", "2030-01-02 15:00", "--to", "2030-01-02 16:00"}
	w.expect(book(again...), result{1, "",
		`deskd: reserve desk "D2": user0001 may have 1 booking a day, and has 1 (rule quotas: 1 booking a day)
  until: Thu 2030-01-03 00:00 CET
  free later: desk D2 from Thu 2030-01-03 07:00 CET to Thu 2030-01-03 08:00 CET
  free later: desk D2 from Thu 2030-01-03 15:00 CET to Thu 2030-01-03 16:00 CET
  free later: desk D2 from Fri 2030-01-04 07:00 CET to Fri 2030-01-04 08:00 CET
`})
	w.contains(book(append(again, "-o", "json")...), 1, `"code": "over_quota"`, `"detail": "user0001 may have 1 booking a day, and has 1"`, `"rule": "quotas"`, `"value": "1 booking a day"`,
		`"until": "2030-01-02T23:00:00Z"`, `"desk": "D2"`, `"alternatives": [`, `"desk": "D2"`, `"start": "2030-01-03T06:00:00Z"`)
	w.contains(book(append(again, "--even-so", "-o", "json")...), 0, `"despite": [`, `"code": "over_quota"`)
	w.expect(book("--desk", "D2", "--from", "2030-01-02 17:00", "--to", "2030-01-02 22:30", "--even-so"), result{0,
		`ID: desk D2 for user0001 from 2030-01-02 17:00 to 2030-01-02 22:30 CET
warning: booked even so: the site is open from 07:00 to 20:00 on a Wednesday, and the booking ends 2030-01-02 22:30 CET (rule hours: mon-fri 07:00-20:00)
warning: booked even so: the booking lasts 5h30m, and the longest is 4h (rule longest: 4h)
warning: booked even so: user0001 may have 1 booking a day, and has 2 (rule quotas: 1 booking a day)
`, ""})
	w.contains(book("--desk", "D3", "--from", "2030-01-05 03:00", "--to", "2030-01-05 23:00"), 0, "desk D3") // Boston has no rules
	w.contains(book("--desk", "D2", "--from", "2030-01-05", "--to", "2030-01-05"), 1, "the site is not open on a Saturday (2030-01-05)", "also: the booking lasts 24h")

}

// Another program is not held against the rules, and what is against them is listed.
func TestListBroken(t *testing.T) {
	t.Parallel()
	w := ruled(t, `quotas: ["1 booking a day"], longest: 4h`)
	w.expect(w.run("check", "rules", "--to", "2090-01-01 00:00"), result{0, "no booking up to Sun 2090-01-01 00:00 CET is against the rules\n", ""})
	insert := func(desk, person, start, end string) {
		w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at, source) VALUES (?, ?, ?, ?, 'feed:hall')", desk, person, start, end)
	}
	insert("D1", "user0001", "2089-01-05T08:00:00Z", "2089-01-05T22:00:00Z") // as long as anyone likes in the north
	insert("D2", "user0002", "2089-01-05T08:00:00Z", "2089-01-05T13:00:00Z")
	insert("D2", "user0003", "2089-01-06T08:00:00Z", "2089-01-06T09:00:00Z")
	insert("D2", "user0003", "2089-01-06T10:00:00Z", "2089-01-06T11:00:00Z")
	w.expect(w.run("check", "rules", "--to", "2090-01-01 00:00"), result{1, `ID  desk D2 for user0002 from Wed 2089-01-05 09:00 CET to Wed 2089-01-05 14:00 CET, feed:hall
  the booking lasts 5h, and the longest is 4h (rule longest: 4h)
ID  desk D2 for user0003 from Thu 2089-01-06 09:00 CET to Thu 2089-01-06 10:00 CET, feed:hall
  user0003 may have 1 booking a day, and has 1 (rule quotas: 1 booking a day)
ID  desk D2 for user0003 from Thu 2089-01-06 11:00 CET to Thu 2089-01-06 12:00 CET, feed:hall
  user0003 may have 1 booking a day, and has 1 (rule quotas: 1 booking a day)
`, ""})
	w.contains(w.run("check", "rules", "--to", "2090-01-01 00:00", "-o", "json"), 1, `"source": "feed:hall"`, `"against": [`, `"code": "too_long"`)
	w.contains(w.run("check", "rules"), 0, "no booking up to ")
	broken := w.run("list", "reservations", "--broken", "--from", "2089-01-01", "--to", "2089-02-01")
	w.contains(broken, 0, "BREAKS", "D2", "longest", "quotas")
	if strings.Contains(broken.out, "D1") {
		t.Errorf("keeps the rules: %s", broken.out)
	}
	w.contains(w.run("list", "reservations", "--broken", "--person", "user0002", "--from", "2089-01-01", "--to", "2089-02-01", "-o", "csv"), 0, ",series,breaks\n", ",feed:hall,,,longest\n")
	w.contains(w.run("list", "reservations", "--broken", "--desk", "D2", "--from", "2089-01-01", "--to", "2089-02-01", "-o", "json"), 0, `"against": [`, `"code": "over_quota"`)
	w.contains(w.run("list", "reservations", "--broken", "-o", "json"), 0, "[]\n")
	w.contains(w.run("list", "reservations", "--desk", "D2", "--from", "2089-01-01", "--to", "2089-02-01", "-o", "csv"), 0, ",series\n")
	w.contains(w.run("explain", "--desk", "D2", "--at", "2089-01-05 10:00"), 0, "feed:hall", "\n   breaks the rule longest: the booking lasts 5h, and the longest is ")
	w.contains(w.run("explain", "--desk", "D2", "--at", "2089-01-05 10:00", "-o", "json"), 0, `"broken": {`, `"code": "too_long"`)
}

func TestExtendAndEnd(t *testing.T) {
	t.Parallel()
	w := ruled(t, "longest: 8h")
	id := w.book("D2", "user0001", "2030-01-02 09:00", "2030-01-02 12:00")
	w.book("D2", "user0003", "2030-01-02 14:00", "2030-01-02 15:00")
	w.expect(w.run("extend", "--desk", "D2", "--at", "2030-01-02 10:00", "--to", "2030-01-02 13:00", "--dry-run"), result{0, "would be extended: desk D2 for user0001 from 2030-01-02 09:00 to 2030-01-02 13:00 CET\n", ""})
	w.expect(w.run("extend", id, "--to", "2030-01-02 13:00"), result{0, "extended: desk D2 for user0001 from 2030-01-02 09:00 to 2030-01-02 13:00 CET\n", ""})
	w.expect(w.run("extend", id, "--to", "2030-01-02 13:00"), result{0, "ends then already: desk D2 for user0001 from 2030-01-02 09:00 to 2030-01-02 13:00 CET\n", ""})
	w.contains(w.run("extend", id, "--to", "2030-01-02 14:30"), 1, `extend reservation "ID": the desk is already booked in that time: "user0003" has it from 2030-01-02 14:00 CET`, "until: Wed 2030-01-02 15:00 CET", "free at that time: desk D1")
	w.contains(w.run("extend", id, "--to", "2030-01-02 18:00", "-o", "json"), 1, `"code": "taken"`, `"also": [`, `"code": "too_long"`)
	w.contains(w.run("extend", id, "--to", "2030-01-02 12:00"), 1, "extend reservation \"ID\": not possible: it ends 2030-01-02 13:00 CET, and is to be extended to 2030-01-02 12:00 CET")
	w.contains(w.run("extend", id), 2, "--to missing; see deskd extend --help")
	w.contains(w.run("extend", id, "--to", "noon"), 2, `--to: time "noon": expected`)
	w.contains(w.run("end", id), 1, `end reservation "ID": it begins 2030-01-02 09:00 CET: cancel it`)
	w.contains(w.run("cancel", id, "--dry-run"), 0, "would be cancelled: desk D2 for user0001 from 2030-01-02 09:00 CET\n")
	w.contains(w.run("cancel", id), 0, "cancelled: desk D2 for user0001")
	w.contains(w.run("extend", id, "--to", "2030-01-02 13:00"), 1, "the reservation does not count any more: it was cancelled at")
	w.contains(w.run("end"), 2, "--desk missing; see deskd end --help")

	running := w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.contains(w.run("end", "--desk", "D1", "--dry-run"), 0, "would be ended: desk D1 for user0001 from ")
	w.contains(w.run("end", "--desk", "D1"), 0, "ended: desk D1 for user0001 from ")
	w.exec("UPDATE reservations SET source = 'feed:hall', ends_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hours') WHERE id = ?", running)
	w.contains(w.run("end", running), 1, "it is of the calendar hall: change it there, or cancel it here")
	w.contains(w.run("list", "audit"), 0, "end ", "extend ")
}

// An extension keeps a person on the phone, and an end takes them off it, to the phone.
func TestExtendAndEndBesideDaemon(t *testing.T) {
	notShort(t, "starts a daemon")
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	w.must("extend", "--desk", "D1", "--to", "+3h")
	w.must("end", "--desk", "D1")
	eventually(t, 5*time.Second, "the phone is free", func() bool { return w.session("SEP000000000001") == "" })
}

// What stands for and against a booking, rule by rule.
func TestCheckRules(t *testing.T) {
	t.Parallel()
	w := ruled(t, `hours: ["mon-fri 07:00-20:00"], one_desk: true, longest: 4h`)
	w.book("D1", "user0001", "2030-01-02 09:00", "2030-01-02 12:00")
	check := func(more ...string) result {
		t.Helper()
		return w.run(append([]string{"check", "rules", "--person", "user0001"}, more...)...)
	}
	w.expect(check("--desk", "D2", "--at", "2030-01-02 13:00"), result{0, `desk D2 for user0001 from Wed 2030-01-02 13:00 CET to Wed 2030-01-02 14:00 CET
  ok       nobody has the desk
  ok       rule hours: mon-fri 07:00-20:00
  ok       rule longest: 4h
  ok       rule one_desk: true
`, ""})
	w.expect(check("--desk", "D2", "--at", "2030-01-02 11:00", "--to", "2030-01-02 16:00"), result{1, `desk D2 for user0001 from Wed 2030-01-02 11:00 CET to Wed 2030-01-02 16:00 CET
  ok       nobody has the desk
  ok       rule hours: mon-fri 07:00-20:00
  refused  the booking lasts 5h, and the longest is 4h (rule longest: 4h)
  refused  user0001 has desk D1 from 2030-01-02 09:00 CET to 2030-01-02 12:00 CET, and may have one desk at a time (rule one_desk: true)
`, ""})
	w.contains(check("--desk", "D1", "--at", "2030-01-02 10:00"), 1, `refused  the desk is already booked in that time: "user0001" has it`, "free later: desk D1 from Wed 2030-01-02 12:00 CET to Wed 2030-01-02 13:00 CET")
	w.contains(check("--desk", "D3", "--at", "2030-01-05"), 0, "from Sat 2030-01-05 00:00 EST to Sun 2030-01-06 00:00 EST", "no rule is set for this desk")
	w.contains(check("--desk", "D2", "--at", "2030-01-02 13:00", "-o", "json"), 0, `"granted": true`, `"rule": "hours"`)
	w.contains(check("--desk", "D2"), 2, "--at missing")
	w.contains(check("--desk", "D9", "--at", "2030-01-02 13:00"), 1, `no such desk: "D9"`)
	if n := w.count("SELECT count(*) FROM reservations"); n != 1 {
		t.Errorf("%d reservations: something was booked", n)
	}
}
