package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Lines that cannot be used are told in the order of the file, and cost
// themselves alone.
func TestImportDesks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("desks.csv", "\ufeffDevice, ID ,site,cluster,name\r\n"+
		"sep000000000001,D1,berlin,main,\"Window, left\"\r\n"+
		"SEP00000000000X,D2,berlin,main,\r\n"+
		"SEP000000000003,D3,paris,main,\r\n"+
		"SEP000000000004,D4,berlin,back,\r\n"+
		"SEP000000000005,,berlin,main,\r\n"+
		",,,,\r\n"+
		"\r\n"+
		"SEP000000000001,D6,berlin,main,\r\n"+
		"SEP000000000007,D7,berlin\r\n"+
		"SEP000000000008,D8,berlin,main,Window, right\r\n"+
		"SEP000000000009,D1,berlin,main,\r\n"+
		"SEP000000000010,D10,berlin,main,5\" screen\r\n"+
		"SEP000000000011,D11,berlin,main,M\xfcller\r\n"+
		"SEP000000000012,D12,berlin,main,\"two\nlines\"\r\n"+
		"SEP000000000013,D13,,main,\r\n"+
		"SEP000000000002,D2,berlin,main,\"\r\n"+
		"SEP000000000014,D14,berlin,main,\r\n")
	complaints := `DIR/desks.csv:3: desk "D2": device "SEP00000000000X" is not the name of a device of cluster "main": its key devices allows SEP and the 12 hexadecimal digits of a MAC address, ATA and the 12 hexadecimal digits of a MAC address
DIR/desks.csv:4: desk "D3": site "paris" is not in the configuration (key sites)
DIR/desks.csv:5: desk "D4": cluster "back" is not in the configuration (key clusters)
DIR/desks.csv:6: desk without id
DIR/desks.csv:9: desk "D6": "SEP000000000001" belongs to "D1" on line 2
DIR/desks.csv:10: desk "D7": it is not there yet, and a new one needs the column cluster
DIR/desks.csv:11: 6 fields, the header has 5: a field with a comma needs quotes
DIR/desks.csv:12: desk "D1" is listed twice
DIR/desks.csv:13: bare " in non-quoted-field: a field with quotes in it needs quotes around it, and those inside doubled
DIR/desks.csv:14: this is not UTF-8: save the file as "CSV UTF-8", or add --encoding windows-1252 if Excel for Windows saved it as "CSV"
DIR/desks.csv:15: desk "D12": name "two\nlines" has the invisible character U+000A after "two": remove it
DIR/desks.csv:17: desk "D13" without site
DIR/desks.csv:18: a quote that opens here is not closed properly: everything up to line 19 is left out
DIR/desks.csv:10: warning: fewer fields than the header: what is stored in the missing ones stays
`
	w.expect(w.run("import", "desks", w.path("desks.csv"), "--dry-run"), result{1, `D1: new, site berlin, cluster main, device SEP000000000001, name Window, left
` + "desks would be imported: 1 added, 0 updated, 0 unchanged, 13 left out\n", complaints})
	w.expect(w.run("list", "desks"), result{0, "no desks\n", ""})
	w.expect(w.run("import", "desks", w.path("desks.csv")), result{1, "desks imported: 1 added, 0 updated, 0 unchanged, 13 left out\n", complaints})
	w.expect(w.run("import", "desks", w.path("desks.csv")), result{1, "desks imported: 0 added, 0 updated, 1 unchanged, 13 left out\n", complaints})
	w.contains(w.run("list", "desks", "-o", "json"), 0, `"id": "D1"`, `"device": "SEP000000000001"`, `"name": "Window, left"`)

	w.write("more.csv", "id,site,cluster,device\nD1,boston,main,SEP000000000001\n")
	w.expect(w.run("import", "desks", w.path("more.csv"), "--dry-run"), result{0, "D1: site berlin -> boston\ndesks would be imported: 0 added, 1 updated, 0 unchanged, 0 left out\n", ""})
	w.contains(w.run("list", "desks", "--desk", "D1", "-o", "json"), 0, `"site": "berlin"`)
	w.expect(w.run("import", "desks", w.path("more.csv")), result{0, "desks imported: 0 added, 1 updated, 0 unchanged, 0 left out\n", ""})
	w.contains(w.run("list", "desks", "--desk", "D1", "-o", "json"), 0, `"site": "boston"`)
}

// What calendars call a desk is in two columns that older files do not have. No
// two desks share a name, whichever had it first.
func TestImportDeskNames(t *testing.T) {
	w := newWorld(t)
	w.write("desks.csv", `id,site,cluster,device,mail,aliases
D1,berlin,main,SEP000000000001,d1@example.com; D1@old.example.com,Window seat;Fensterplatz
D2,berlin,main,SEP000000000002,d2@example.com,window  SEAT
D3,berlin,main,SEP000000000003,D1@example.com,
D4,berlin,main,SEP000000000004,d4,
D5,berlin,main,SEP000000000005,,d1
D6,berlin,main,SEP000000000006,,Door
`)
	refused := `DIR/desks.csv:3: desk "D2": "window seat" belongs to "D1" on line 2
DIR/desks.csv:4: desk "D3": "d1@example.com" belongs to "D1" on line 2
DIR/desks.csv:5: desk "D4": mail "d4" is not an address
DIR/desks.csv:6: desk "D5": "d1" belongs to "D1" on line 2
`
	w.expect(w.run("import", "desks", w.path("desks.csv")), result{1, "desks imported: 2 added, 0 updated, 0 unchanged, 4 left out\n", refused})
	w.expect(w.run("import", "desks", w.path("desks.csv")), result{1, "desks imported: 0 added, 0 updated, 2 unchanged, 4 left out\n", refused})

	w.write("later.csv", "id,site,cluster,device,aliases\nD7,berlin,main,SEP000000000007,door\n")
	w.expect(w.run("import", "desks", w.path("later.csv")), result{1, "desks imported: 0 added, 0 updated, 0 unchanged, 1 left out\n",
		"DIR/later.csv:2: desk \"D7\": \"door\" belongs to \"D6\"\n"})

	w.write("swap.csv", `id,site,cluster,device,mail,aliases
D1,berlin,main,SEP000000000006,,Door
D6,berlin,main,SEP000000000001,d1@example.com,Window seat
`)
	w.expect(w.run("import", "desks", w.path("swap.csv")), result{0, "desks imported: 0 added, 2 updated, 0 unchanged, 0 left out\n", ""})
	w.contains(w.run("list", "desks", "--desk", "D6", "-o", "json"), 0, `"mail": [`, `"d1@example.com"`, `"aliases": [`, `"Window seat"`)
}

func TestImportPeople(t *testing.T) {
	w := newWorld(t)
	w.write("people.csv", `person,mail,name,profile,protected
user0001, one@example.com ; uno@example.com,One,,
user0002,two@example.com,Two,,yes
user0003,,,,maybe
bad<id,,,,
user0004,nomail,,,
user0005,TWO@example.com,,,
USER0001,,,,
`)
	want := result{1, "people imported: 2 added, 0 updated, 0 unchanged, 5 left out\n1 of 2 people protected: calendars may have the others logged in\n", `DIR/people.csv:4: person "user0003": protected "maybe": yes or no
DIR/people.csv:5: person "bad<id" is not a user id: expected 1 to 128 letters, digits, inner blanks and signs other than <>"
DIR/people.csv:6: person "user0004": mail "nomail" is not an address
DIR/people.csv:7: person "user0005": "two@example.com" belongs to "user0002" on line 3
DIR/people.csv:8: person "USER0001" is listed twice
`}
	dry := want
	dry.out = `user0001: new, mail one@example.com;uno@example.com, name One
user0002: new, mail two@example.com, name Two, protected yes
` + strings.Replace(want.out, "people imported", "people would be imported", 1)
	w.expect(w.run("import", "people", w.path("people.csv"), "--dry-run"), dry)
	w.expect(w.run("list", "people"), result{0, "no people\n", ""})
	w.expect(w.run("import", "people", w.path("people.csv")), want)
	w.expect(w.run("list", "people"), result{0, `PERSON    NAME  MAIL                             PROFILE  PROTECTED  ALIASES  GROUPS  ROLE
user0001  One   one@example.com;uno@example.com  -        false      -        -       -
user0002  Two   two@example.com                  -        true       -        -       -
`, ""})
	want.out = "people imported: 0 added, 0 updated, 2 unchanged, 5 left out\n1 of 2 people protected: calendars may have the others logged in\n"
	w.expect(w.run("import", "people", w.path("people.csv")), want)
	w.write("people.csv", "person,name,protected\nuser0002,Second,no\n")
	w.contains(w.run("import", "people", w.path("people.csv")), 0, "0 added, 1 updated")
	w.contains(w.run("list", "people", "--person", "USER0002"), 0, "user0002  Second", "false")

	w.write("people.csv", "person,groups,role\nuser0001,Sales; Floor 4;sales,delegate\nuser0002,@x,\nuser0003,,king\n")
	w.contains(w.run("import", "people", w.path("people.csv"), "--dry-run"), 1, "user0001: groups (empty) -> Floor 4;sales\n", "user0001: role (empty) -> delegate\n", "0 of 2 people protected", `group "@x" is empty`, `role "king"`)
	w.run("import", "people", w.path("people.csv"))
	w.write("people.csv", "person,name\nuser0001,First\n")
	w.run("import", "people", w.path("people.csv"))
	w.contains(w.run("list", "-o", "csv", "people", "--person", "user0001"), 0, "user0001,First,", ",Floor 4;sales,delegate\n")
}

// An alias is one person's alone; one that is also another person's name or user
// id is told.
func TestImportAliases(t *testing.T) {
	w := newWorld(t)
	w.write("people.csv", `person,mail,name,aliases
user0001,one@example.com,Mia Berg,"Berg, Mia; M. Berg"
user0002,two@example.com,,m.  BERG
user0003,,,one@example.com
user0004,,Tom Ford,Mia BERG;USER0001;User0004
`)
	w.expect(w.run("import", "people", w.path("people.csv")), result{1, "people imported: 2 added, 0 updated, 0 unchanged, 2 left out\n0 of 2 people protected: calendars may have the others logged in\n",
		`DIR/people.csv:3: person "user0002": "m. berg" belongs to "user0001" on line 2
DIR/people.csv:4: person "user0003": "one@example.com" belongs to "user0001" on line 2
DIR/people.csv:5: warning: person "user0004": "Mia BERG" is also what "user0001" is called: a calendar that uses it names both
DIR/people.csv:5: warning: person "user0004": "USER0001" is also what "user0001" is called: a calendar that uses it names both
`})
	w.contains(w.run("list", "people"), 0, "user0001  Mia Berg  one@example.com  -        false      Berg, Mia;M. Berg           -       -\n")
	w.write("later.csv", "person,name\nuser0005,Berg,\nuser0006,m. berg\n")
	w.contains(w.run("import", "people", w.path("later.csv")), 0, `DIR/later.csv:3: warning: person "user0006": "m. berg" is also what "user0001" is called`)
	w.write("moved.csv", "person,mail,aliases\nuser0001,,\nuser0002,,M. Berg\n")
	w.contains(w.run("import", "people", w.path("moved.csv")), 0, "1 added, 1 updated")
	w.must("person", "erase", "user0002", "--yes")
	if n := w.count("SELECT count(*) FROM person_aliases"); n != 3 {
		t.Errorf("%d aliases after an erasure: those of user0004 are left", n)
	}
}

// What a file has no column for stays, an empty cell clears; a dry run says each
// difference.
func TestImportColumns(t *testing.T) {
	notShort(t, "imports a file of every column")
	noRaces(t)
	w := newWorld(t)
	dry := func(kind, text string) result {
		w.t.Helper()
		w.write("x.csv", text)
		told := w.run("import", kind, w.path("x.csv"), "--dry-run")
		w.run("import", kind, w.path("x.csv"))
		return told
	}
	w.write("vip.csv", "person,mail,name,profile,protected,aliases\nuser0003,u3@example.com,Boss,boss-profile,yes,Chief\n")
	w.must("import", "people", w.path("vip.csv"))
	w.expect(dry("people", "person,mail\nuser0003,u3@example.com\n"), result{0, "people would be imported: 0 added, 0 updated, 1 unchanged, 0 left out\n1 of 1 people protected: calendars may have the others logged in\n", ""})
	w.expect(dry("people", "MAIL;Person\nu4@example.com;USER0003\n"), result{0, `USER0003: person user0003 -> USER0003
USER0003: mail u3@example.com -> u4@example.com
people would be imported: 0 added, 1 updated, 0 unchanged, 0 left out
1 of 1 people protected: calendars may have the others logged in
`, ""})
	w.contains(w.run("list", "people"), 0, "USER0003  Boss  u4@example.com  boss-profile  true       Chief    -       -\n")
	w.expect(dry("people", "person,protected,profile,aliases\nuser0003,no,,\n"), result{0, `user0003: person USER0003 -> user0003
user0003: profile boss-profile -> (empty)
user0003: protected yes -> no
user0003: aliases Chief -> (empty)
people would be imported: 0 added, 1 updated, 0 unchanged, 0 left out
0 of 1 people protected: calendars may have the others logged in
`, ""})
	w.contains(w.run("list", "people"), 0, "user0003  Boss  u4@example.com  -        false      -        -       -\n")
	w.contains(dry("people", "person,protected\nuser0003,\n"), 0, "1 unchanged")

	dry("desks", "id,site,cluster,device,name,mail,aliases\nD1,berlin,main,SEP000000000001,Window,d1@example.com,Door\n")
	w.contains(dry("desks", "id,site,cluster,device\nD1,berlin,main,SEP000000000001\n"), 0, "0 updated, 1 unchanged")
	w.expect(dry("desks", "aliases,id,device\nDoor;Gate,D1,SEP000000000002\n"), result{0, `D1: device SEP000000000001 -> SEP000000000002
D1: aliases Door -> Door;Gate
desks would be imported: 0 added, 1 updated, 0 unchanged, 0 left out
`, ""})
	w.expect(dry("desks", "id,name\nD1,\nD2,Door\n"), result{1, "D1: name Window -> (empty)\ndesks would be imported: 0 added, 1 updated, 0 unchanged, 1 left out\n",
		"DIR/x.csv:3: desk \"D2\": it is not there yet, and a new one needs the column site\n"})
	w.expect(dry("desks", "id,device\nD1,\n"), result{1, "desks would be imported: 0 added, 0 updated, 0 unchanged, 1 left out\n",
		"DIR/x.csv:2: desk \"D1\": device \"\" is not a device's name: expected 1 to 128 letters, digits and signs other than <>\", such as SEP001122334455\n"})
	w.contains(w.run("list", "desks", "-o", "json"), 0, `"device": "SEP000000000002"`, `"d1@example.com"`, `"Gate"`)

	dry("reservations", "desk,person,start,end,note\nD1,user0003,2030-01-02 09:00,2030-01-02 12:00,visit\n")
	w.expect(dry("reservations", "desk,start,end\nD1,2030-01-02 09:00,2030-01-02 13:00\n"), result{0, `desk D1 at 2030-01-02 09:00 CET: end 2030-01-02 12:00 CET -> 2030-01-02 13:00 CET
reservations would be imported: 0 added, 1 updated, 0 unchanged, 0 left out
`, ""})
	w.expect(dry("reservations", "start,desk,person\n2030-01-02 09:00,D1,\n2030-01-03 09:00,D1,user0003\n"), result{1, `desk D1 at 2030-01-02 09:00 CET: person user0003 -> (empty)
reservations would be imported: 0 added, 1 updated, 0 unchanged, 1 left out
`, "DIR/x.csv:3: reservation of desk \"D1\" at 2030-01-03 09:00 CET: it is not there yet, and a new one needs the column end\n"})
	w.contains(w.run("list", "reservations", "--since", "2030-01-01 00:00"), 0, "2030-01-02 09:00  2030-01-02 13:00  confirmed  import  visit")
}

// A dry run says who would lose the phone now, and who may, because a calendar
// knows a desk or a person by a name that goes.
func TestImportEffects(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("names.csv", "id,mail\nD1,d1@example.com\nD2,d2@example.com\n")
	w.must("import", "desks", w.path("names.csv"))
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at, source) SELECT 'D2', 'user0003', starts_at, ends_at, 'feed:hall' FROM reservations")
	for device, person := range map[string]string{"SEP000000000001": "USER0001", "SEP000000000002": "user0003"} {
		w.exec(`INSERT INTO observations (device, person, present, known, doubt, ours, reservation, since_at, seen_at)
			VALUES (?, ?, 1, 1, '', 1, 'x', '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z')`, device, person)
	}
	says := func(kind, text string, want ...string) {
		t.Helper()
		w.write("x.csv", text)
		got := w.run("import", kind, w.path("x.csv"), "--dry-run")
		w.contains(got, 0, want...)
		if n := strings.Count(got.out, "logged out now"); n != strings.Count(strings.Join(want, ""), "logged out now") {
			t.Errorf("%d are said to be logged out:\n%s", n, got.out)
		}
	}
	says("desks", "id,device\nD1,SEP000000000009\n", "would be logged out now: user0001 from desk D1 (SEP000000000001), booked until ")
	says("desks", "id,device\nD1,SEP000000000002\nD2,SEP000000000001\n", "would be logged out now: user0001 from desk D1", "would be logged out now: user0003 from desk D2 (SEP000000000002)")
	says("desks", "id,mail\nD1,\nD2,\n", "D2: mail d2@example.com -> (empty)", "may be logged out now: user0003 from desk D2, booked until ", `by calendar "hall", if it calls them "d2@example.com"`)
	says("people", "person,protected,mail\nuser0003,yes,\n", "would be logged out now: user0003 from desk D2 (SEP000000000002)")
	says("people", "person,mail\nuser0003,u3@example.com\nuser0001,\n", "may be logged out now: user0003", `"three@example.com"`)
	says("people", "person,protected\nuser0001,yes\n", "protected no -> yes")
	says("desks", "id,name\nD1,Gate\n", "name Window -> Gate")
	w.exec("UPDATE reservations SET source = 'feed:gone' WHERE source = 'feed:hall'") // no feed of the configuration
	says("desks", "id,mail\nD1,\nD2,\n", "D2: mail d2@example.com -> (empty)")
	says("people", "person,protected,mail\nuser0003,yes,\n", "would be logged out now: user0003 from desk D2 (SEP000000000002)") // protection is the owner's word
	says("desks", "id,device\nD2,SEP000000000009\n", "would be logged out now: user0003 from desk D2 (SEP000000000002)")
}

func TestImportReservations(t *testing.T) {
	t.Parallel()
	w := newWorld(t).furnish()
	w.write("booked.csv", `desk,person,start,end,note
D1,user0001,2030-01-02 09:00,2030-01-02 12:00,morning
D3,USER0002,2030-01-02 09:00,2030-01-02T12:00,local in Boston
D1,user0002,2030-01-02T11:00:00Z,2030-01-02T16:00:00Z,
D1,user0003,2030-01-02 11:30,2030-01-02 12:30,
D22,user0001,2030-01-02 09:00,2030-01-02 12:00,
D2,user0009,2030-01-02 09:00,2030-01-02 12:00,
D2,user0001,2 Jan 2030 9:00,2030-01-02 12:00,
D2,user0001,2030-01-02 12:00,2030-01-02 09:00,
D2,user0001,2030-01-02 12:00,2040-01-02 09:00,
D2,user0001,2030-03-31 02:30,2030-03-31 08:00,
`)
	complaints := `DIR/booked.csv:5: reservation of desk "D1" at 2030-01-02 11:30 CET: the desk is already booked in that time: "user0001" has it from 2030-01-02 09:00 CET to 2030-01-02 12:00 CET (line 2); "user0002" has it from 2030-01-02 12:00 CET to 2030-01-02 17:00 CET (line 4)
DIR/booked.csv:6: no such desk: "D22"; did you mean "D2"?
DIR/booked.csv:7: no such person: "user0009"; did you mean "user0001"?
DIR/booked.csv:8: reservation of desk "D2": start: time "2 Jan 2030 9:00": expected 2026-11-28 22:00 or 28.11.2026 22:00 in the zone Europe/Berlin, a whole day, or 2026-11-28T21:00:00Z
DIR/booked.csv:9: reservation of desk "D2": end "2030-01-02 09:00" (Wed 2030-01-02 09:00 CET) is not after start "2030-01-02 12:00" (Wed 2030-01-02 12:00 CET)
DIR/booked.csv:10: reservation of desk "D2" lasts 3651 days; the most is 400
DIR/booked.csv:11: reservation of desk "D2": start: time "2030-03-31 02:30:00" does not exist in the zone Europe/Berlin: clocks go forward there
`
	complaints += `DIR/booked.csv:3: warning: two desks at once: user0002 has desk D1 from 2030-01-02 12:00 to 2030-01-02 17:00 CET as well
DIR/booked.csv:4: warning: two desks at once: user0002 has desk D3 from 2030-01-02 15:00 to 2030-01-02 18:00 CET as well
`
	all := []string{"list", "reservations", "--since", "2030-01-01 00:00"}
	const span = "\nFrom Tue 2030-01-01 00:00 CET to Tue 2030-01-08 00:00 CET. Times are read in Europe/Berlin.\n"
	w.expect(w.run("import", "reservations", w.path("booked.csv"), "--dry-run"), result{1, `desk D1 at 2030-01-02 09:00 CET: new, person user0001, end 2030-01-02 12:00 CET, note morning
desk D3 at 2030-01-02 09:00 EST: new, person user0002, end 2030-01-02 12:00 EST, note local in Boston
desk D1 at 2030-01-02 12:00 CET: new, person user0002, end 2030-01-02 17:00 CET
` + "reservations would be imported: 3 added, 0 updated, 0 unchanged, 7 left out\n", complaints})
	w.expect(w.run(all...), result{0, "no reservations\n" + span, ""})
	w.expect(w.run("import", "reservations", w.path("booked.csv")), result{1, "reservations imported: 3 added, 0 updated, 0 unchanged, 7 left out\n", complaints})
	stored := strings.NewReplacer("(line 2)", "(reservation ID)", "(line 4)", "(reservation ID)").Replace(complaints)
	w.expect(w.run("import", "reservations", w.path("booked.csv")), result{1, "reservations imported: 0 added, 0 updated, 3 unchanged, 7 left out\n", stored})
	// The times of D3 are those of Boston.
	w.expect(w.run(all...), result{0, `ID                                DESK  PERSON    START             END               STATUS     SOURCE  NOTE
ID  D1    user0001  2030-01-02 09:00  2030-01-02 12:00  confirmed  import  morning
ID  D1    user0002  2030-01-02 12:00  2030-01-02 17:00  confirmed  import  
ID  D3    user0002  2030-01-02 09:00  2030-01-02 12:00  confirmed  import  local in Boston
` + span, ""})
	w.write("booked.csv", "desk,person,start,end\nD1,user0001,2030-01-02 09:00,2030-01-02 11:00\n")
	w.expect(w.run("import", "reservations", w.path("booked.csv")), result{0, "reservations imported: 0 added, 1 updated, 0 unchanged, 0 left out\n", ""})
	w.contains(w.run(all...), 0, "D1    user0001  2030-01-02 09:00  2030-01-02 11:00")
}

// A header that does not fit stops the import: every line would be wrong.
func TestImportHeader(t *testing.T) {
	tests := map[string]struct{ kind, text, want string }{
		"empty":     {"desks", "", "DIR/x.csv is empty: the first line must be id,site,cluster,device,name,floor,zone,mail,aliases,owner"},
		"only BOM":  {"people", "\ufeff", "DIR/x.csv is empty: the first line must be person,mail,name,profile,protected,aliases,groups,role"},
		"missing":   {"desks", "name,site,device\n", `DIR/x.csv:1: column "id" is missing: expected id,site,cluster,device,name,floor,zone,mail,aliases,owner`},
		"unknown":   {"people", "person,phone\n", `DIR/x.csv:1: column "phone" is none of person,mail,name,profile,protected,aliases,groups,role`},
		"unnamed":   {"people", "person,,mail\n", `DIR/x.csv:1: column "" is none of person,mail,name,profile,protected,aliases,groups,role`},
		"twice":     {"people", "person,mail,Mail\n", `DIR/x.csv:1: column "mail" stands twice`},
		"other":     {"reservations", "id,site,cluster,device\n", `DIR/x.csv:1: column "id" is none of desk,person,start,end,note`},
		"semicolon": {"people", "person;phone\n", `DIR/x.csv:1: column "phone" is none of person,mail,name,profile,protected,aliases,groups,role`},
		"slip":      {"people", "Person,Profiles\n", `DIR/x.csv:1: column "profiles" is none of person,mail,name,profile,protected,aliases,groups,role; did you mean "profile"?`},
		"no header": {"people", "user0001,one@example.com\n", `DIR/x.csv:1: column "user0001" is none of person,mail,name,profile,protected,aliases,groups,role`},
	}
	w := newWorld(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.write("x.csv", tt.text)
			w.expect(w.run("import", tt.kind, w.path("x.csv")), result{2, "", "deskd: " + tt.want + "\n"})
		})
	}
	w.expect(w.run("import", "people", w.path("y.csv")), result{2, "", "deskd: open DIR/y.csv: no such file or directory\n"})
	w.write("x.csv", "person\n")
	w.expect(w.run("import", "people", w.path("x.csv")), result{0, "people imported: 0 added, 0 updated, 0 unchanged, 0 left out\n", ""})
}

func TestImportStandardInput(t *testing.T) {
	w := newWorld(t)
	w.write("in", "person\nuser0001\nno<body\n")
	in, err := os.Open(w.path("in"))
	if err != nil {
		t.Fatal(err)
	}
	terminal := os.Stdin
	defer func() { os.Stdin = terminal }()
	os.Stdin = in
	got := w.run("import", "people", "-")
	if want := "people imported: 1 added, 0 updated, 0 unchanged, 1 left out\n0 of 1 people protected: calendars may have the others logged in\n"; got.code != 1 || got.out != want || !strings.HasPrefix(got.errs, `-:3: person "no<body"`) {
		t.Errorf("got %+v", got)
	}
}
