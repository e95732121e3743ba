package main

import (
	"strings"
	"testing"
	"time"
)

// Who is affected is told before anything is closed; nobody books what is closed; and who
// booked it before stays, or goes.
func TestClose(t *testing.T) {
	t.Parallel()
	w := ruled(t, "")
	w.book("D2", "user0001", "2030-01-02 09:00", "2030-01-02 12:00")
	painters := []string{"close", "--desk", "D2", "--from", "2030-01-02 08:00", "--to", "2030-01-02", "--reason", "painters"}
	w.expect(w.run(append(painters, "--dry-run")...), result{0, `would be closed: desk D2 from 2030-01-02 08:00 to 2030-01-03 00:00 CET: painters
1 booking stays, and its phone is obeyed:
  stays  ID  desk D2 for user0001 from 2030-01-02 09:00 to 2030-01-02 12:00 CET, cli
`, ""})
	if n := w.count("SELECT count(*) FROM closures"); n != 0 {
		t.Errorf("%d closures after a dry run", n)
	}
	w.must(painters...)
	w.exec("UPDATE closures SET id = '0a1b2c3d' || substr(id, 9)")
	w.expect(w.run("reserve", "--desk", "D2", "--person", "user0003", "--from", "2030-01-02 13:00", "--to", "2030-01-02 14:00"), result{1, "",
		`deskd: reserve desk "D2": desk D2 is closed from 2030-01-02 08:00 CET to 2030-01-03 00:00 CET: painters (rule closures: 2030-01-02 08:00 CET..2030-01-03 00:00 CET)
  until: Thu 2030-01-03 00:00 CET
  free at that time: desk D1
  free later: desk D2 from Thu 2030-01-03 00:00 CET to Thu 2030-01-03 01:00 CET
  free later: desk D2 from Thu 2030-01-03 13:00 CET to Thu 2030-01-03 14:00 CET
  free later: desk D2 from Fri 2030-01-04 13:00 CET to Fri 2030-01-04 14:00 CET
`})
	w.contains(w.run("check", "rules", "--to", "2031-01-01"), 1, "desk D2 for user0001", "desk D2 is closed from 2030-01-02 08:00 CET")
	w.contains(w.run("check", "rules", "--desk", "D2", "--person", "user0003", "--at", "2030-01-02 13:00"), 1, "refused  desk D2 is closed")
	w.contains(w.run("explain", "--desk", "D2", "--at", "2030-01-02 10:00"), 0, "closed until 2030-01-03 00:00 (painters)")
	w.contains(w.run("list", "closures"), 0, "CLOSURE", "D2", "2030-01-02 08:00", "painters")
	w.contains(w.run("list", "closures", "--desk", "D1"), 0, "no closures")
	w.contains(w.run("list", "closures", "-o", "json"), 0, `"desk": "D2"`, `"end": "2030-01-02T23:00:00Z"`, `"reason": "painters"`)
	w.contains(w.run("list", "audit"), 0, "close ", "closure", "painters")
	w.contains(w.run("reopen", "0a1b2c3d", "--dry-run"), 0, "would be open again: desk D2, closed from 2030-01-02 08:00 to 2030-01-03 00:00 CET: painters")
	w.contains(w.run("reopen", "0a1b2c3d"), 0, "open again: desk D2")
	w.contains(w.run("reopen", "0123"), 1, `reopen "0123": there is no closure with that id`)

	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at, source) VALUES ('D1', 'user0003', '2030-01-02T08:00:00Z', '2030-01-02T09:00:00Z', 'feed:hall')")
	w.expect(w.run("close", "--site", "berlin", "--from", "2030-01-02", "--to", "2030-01-02", "--reason", "water", "--cancel"), result{0,
		`ID: closed: site berlin from 2030-01-02 00:00 to 2030-01-03 00:00 CET: water
1 booking stays, and its phone is obeyed:
  stays  ID  desk D1 for user0003 from 2030-01-02 09:00 to 2030-01-02 10:00 CET, feed:hall
1 booking is cancelled, or ends as the closure begins:
  gone   ID  desk D2 for user0001 from 2030-01-02 09:00 to 2030-01-02 12:00 CET, cli
`, ""})
	for args, want := range map[string]string{
		"--to 09:00": "--reason missing", "--reason x": "--to missing", "--to +1h --reason x": "--desk, --site, --floor or --zone missing",
		"--desk D2 --floor 4 --to +1h --reason x": "--desk names one desk", "--desk D2 --to +1h --reason a\u200bb": `--reason: note "a`,
		"--desk D2 --from -2h --to -1h --reason x": "is over already", "--floor 4 --to +1h --reason x": "--site missing", "--site rome --to +1h --reason x": "rome", "--desk D2 --from +2h --to +1h --reason x": "is not after --from",
	} {
		w.contains(w.run(append([]string{"close"}, strings.Fields(args)...)...), 2, want)
	}
	w.contains(w.run("close", "--site", "berlin", "--floor", "99", "--to", "+1h", "--reason", "x"), 1, "there is no desk in that place")
	w.contains(w.run("close", "--desk", "D9", "--to", "+1h", "--reason", "x"), 1, `no such desk: "D9"`)
}

// A closure that cancels frees the phone, and the page says why the desk is empty.
func TestCloseBesideDaemon(t *testing.T) {
	notShort(t, "starts a daemon")
	t.Parallel()
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.serve()
	d.ready()
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })
	w.must("close", "--desk", "D1", "--to", "+3h", "--reason", "water", "--cancel")
	eventually(t, 5*time.Second, "the phone is free", func() bool { return w.session("SEP000000000001") == "" })
	eventually(t, 5*time.Second, "the page tells of it", func() bool {
		_, page := d.get("/")
		return strings.Contains(page, "(water)")
	})
}
