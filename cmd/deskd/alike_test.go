package main

import "testing"

// User ids that answers of the phone system do not tell apart are said where they
// come in, with both ids and the line, and by doctor.
func TestAlikeIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("people.csv", "person\nmax power\nida\nmax+power\n")
	warning := func(line, id, other string) string {
		return "DIR/people.csv:" + line + `: warning: user id "` + id + `" is like "` + other + `": ` + "the phone system's answers need not tell these user ids apart (percent-encoding, case, accents, width): while one of them is on a phone, that phone is unknown and left alone" + "\n"
	}
	const unprotected = "0 of 3 people protected: calendars may have the others logged in\n"
	both := warning("2", "max power", "max+power") + warning("4", "max+power", "max power")
	w.expect(w.run("import", "people", w.path("people.csv"), "--dry-run"), result{0, "max power: new\nida: new\nmax+power: new\npeople would be imported: 3 added, 0 updated, 0 unchanged, 0 left out\n" + unprotected, both})
	w.expect(w.run("import", "people", w.path("people.csv")), result{0, "people imported: 3 added, 0 updated, 0 unchanged, 0 left out\n" + unprotected, both})
	w.write("people.csv", "person\nida\nMax Power\n")
	w.expect(w.run("import", "people", w.path("people.csv")), result{0, "people imported: 0 added, 1 updated, 1 unchanged, 0 left out\n" + unprotected, warning("3", "Max Power", "max+power")})
	w.contains(w.run("doctor"), 1, `like "max+power": `+"the phone system's answers need not tell these user ids apart (percent-encoding, case, accents, width): while one of them is on a phone, that phone is unknown and left alone", `person Max Power`)
}
