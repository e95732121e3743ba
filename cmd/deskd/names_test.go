package main

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// A name that nobody knows is an error in every verb, with the one that was
// probably meant: exit code 1 for what the database would know, 2 for what the
// configuration would.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	tests := []struct {
		code int
		want string
		line string
	}{
		{1, `no such desk: "D11"; did you mean "D1"?`, `list attempts --desk D11
			list drift --desk D11
			list reservations --desk D11
			list desks --desk D11
			plan --seen --desk D11
			explain --desk D11
			reserve --desk D11 --person user0001 --from 09:00 --to 10:00
			probe-duration --desk D11 --person user0001`},
		{1, `no such person: "user001"; did you mean "user0001"?`, `list attempts --person user001
			list drift --person user001
			list reservations --person user001
			list people --person user001
			reserve --desk D1 --person user001 --from 2030-01-01 --to 2030-01-01
			probe-duration --desk D1 --person user001
			person export user001
			person erase user001`},
		{1, `no desk is on floor "5"`, `list desks --floor 5
			list attempts --floor 5
			list reservations --floor 5 --site berlin`},
		{1, `no such reservation: "4711"`, `cancel 4711`},
		{2, `there is no site "berln" in the configuration; did you mean "berlin"? (known: berlin, boston)`, `list desks --site berln
			list attempts --site berln
			list drift --site berln
			list reservations --site berln`},
		{2, `there is no cluster "mian" in the configuration; did you mean "main"? (known: main)`, `pause mian
			resume mian
			logouts show mian
			logouts release mian`},
		{2, `there is no feed "hal" in the configuration; did you mean "hall"? (known: hall)`, `feed show hal
			feed accept hal
			feed reject hal`},
		{2, `"hal" is neither a feed of the configuration nor a file or http(s) URL; did you mean "hall"?`, `check feed hal`},
	}
	for _, tt := range tests {
		for line := range strings.Lines(tt.line) {
			w.contains(w.run(strings.Fields(line)...), tt.code, "deskd: ", tt.want)
		}
	}
	w.contains(w.run("list", "chairs"), 2, `"chairs" cannot be listed`)
	w.contains(w.run("list", "desk"), 2, `did you mean "desks"?`)
}

// What has gone is still found where history names it.
func TestListWhatHasGone(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.must("reconcile")
	w.exec("DELETE FROM reservations")
	w.exec("DELETE FROM desks WHERE id = 'D1'")
	w.exec("DELETE FROM people WHERE id = 'user0001'")
	w.contains(w.run("list", "attempts", "--desk", "D1"), 0, "user0001")
	w.contains(w.run("list", "attempts", "--person", "USER0001"), 0, "user0001")
	w.contains(w.run("list", "drift", "--desk", "D1"), 1, `no such desk: "D1"`)
}

// Lists are narrowed by site and floor, and for programs they are CSV: a value in
// each cell, times with their offset, nothing for nothing.
func TestListCSV(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.must("reserve", "--desk", "D1", "--person", "user0001", "--from", "2030-01-02 09:00", "--to", "2030-01-02 10:00", "--note", "a, \"b\"c")
	w.must("reserve", "--desk", "D3", "--person", "user0002", "--from", "2030-01-02 09:00", "--to", "2030-01-02 10:00")
	w.reserve("D2", "user0003", -time.Hour, time.Hour)
	w.must("reconcile")
	w.exec("UPDATE reservations SET note = ? WHERE note <> ''", "a, \"b\"\nc")
	rows := func(args ...string) [][]string {
		t.Helper()
		all, err := csv.NewReader(strings.NewReader(w.must(append([]string{"list"}, args...)...))).ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		return all
	}
	line := func(row []string) string { return strings.Join(row, "|") }
	booked := rows("reservations", "--from", "2030-01-02", "--to", "2030-01-02", "-o", "csv")
	if len(booked) != 3 || line(booked[0]) != "id|desk|person|start|end|status|source|note|series" ||
		line(booked[1][1:]) != "D1|user0001|2030-01-02T09:00:00+01:00|2030-01-02T10:00:00+01:00|confirmed|cli|a, \"b\"\\nc|" ||
		line(booked[2][1:]) != "D3|user0002|2030-01-02T09:00:00-05:00|2030-01-02T10:00:00-05:00|confirmed|cli||" {
		t.Errorf("reservations: %q", booked)
	}
	for want, flags := range map[string][]string{
		"D1": {"--site", "berlin"}, "D3": {"--site", "boston"}, " D1": {"--floor", "4"}, "": {"--site", "boston", "--desk", "D1"},
	} {
		found := rows(append([]string{"reservations", "--from", "2030-01-02", "-o", "csv"}, flags...)...)
		if want = strings.TrimSpace(want); want == "" && len(found) != 1 || want != "" && (len(found) != 2 || found[1][1] != want) {
			t.Errorf("%q: %q, expected %s", flags, found, want)
		}
	}
	desks := rows("desks", "--site", "berlin", "-o", "csv")
	if len(desks) != 3 || line(desks[0]) != "desk|site|floor|state|booked|until|on_phone|since|next|next_start|phone|problem|owner" ||
		line(desks[1]) != "D1|berlin|4|free||||"+desks[1][7]+"|||SEP000000000001||" || desks[2][4] != "user0003" {
		t.Errorf("desks: %q", desks)
	}
	if logins := rows("attempts", "-o", "csv", "--floor", "4"); len(logins) != 2 || line(logins[0]) != "attempt|began|desk|step|person|outcome|code|cause|why|call_list" || logins[1][2] != "D2" || logins[1][6] != "" {
		t.Errorf("attempts: %q", logins)
	}
	if logins := rows("attempts", "-o", "csv", "--site", "boston"); len(logins) != 1 {
		t.Errorf("attempts in Boston: %q", logins)
	}
	for _, kind := range []string{"clusters", "people", "feeds", "audit", "drift"} {
		rows(kind, "-o", "csv")
	}
	w.contains(w.run("list", "desks", "-o", "xml"), 2, `--output "xml": text, json or csv`)
	got := w.run("list", "audit", "--limit", "1")
	w.contains(got, 0, "deskd: only the newest 1 are listed; --limit lists more")
	if got := w.run("list", "--all", "reservations", "-o", "json"); got.code != 0 {
		t.Errorf("a flag before the kind: %+v", got)
	}
	w.contains(w.run("list", "-o", "csv", "people"), 0, "person,name,mail,profile,protected,aliases,groups,role\n")
}

// The help of a kind lists the flags it takes, and no others.
func TestListHelp(t *testing.T) {
	w := newWorld(t)
	for _, list := range listKinds() {
		kind := list.Name()
		takes := func(flag string) bool { return list.Flags().Lookup(flag) != nil }
		help := w.plain("list", kind, "--help").out
		for _, name := range []string{"desk", "person", "site", "floor", "from", "to", "all", "limit"} {
			if strings.Contains(help, "--"+name+" ") != takes(name) && !(name == "to" || name == "from") {
				t.Errorf("list %s --help and --%s:\n%s", kind, name, help)
			}
			if got := w.run("list", kind, "--"+name+"=1"); !takes(name) {
				w.expect(got, result{2, "", "deskd: --" + name + " does not apply to " + kind + "\n"})
			}
		}
	}
}

// listKinds are the verbs that list something.
func listKinds() []*cobra.Command {
	list, _, _ := newRoot().Find([]string{"list"})
	return list.Commands()
}
