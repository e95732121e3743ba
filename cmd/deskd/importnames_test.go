package main

import (
	"strings"
	"testing"
)

// A name that several people have is told where feeds find people by name, with the
// people and the feeds, whether the others are in the file or in the database.
func TestImportTellsSharedNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s", "every: 1s, person: {from: summary, match: name}", 1))
	w.write("people.csv", `person,mail,name,aliases
user0001,one@example.com,Mia Berg,M. Berg
user0002,two@example.com,MIA  berg,
ida,,Ida Ford,
user0004,,Ida,
user0005,,Tom Ford,Tom Ford;Tommy
user0006,nomail,Tommy,
`)
	const feed = `feed "hall" (match: name) finds `
	warnings := `DIR/people.csv:7: person "user0006": mail "nomail" is not an address
DIR/people.csv:2: warning: several people are called "mia berg": "user0001", "user0002": ` + feed + `nobody by it (2 lines: 2, 3)
DIR/people.csv:5: warning: several people are called "ida": "user0004", "ida": ` + feed + `"ida", whose user id or address it is, by it
`
	for _, args := range [][]string{{"--dry-run"}, nil, nil} { // the last changes nothing
		got := w.run(append([]string{"import", "people", w.path("people.csv")}, args...)...)
		if got.code != 1 || got.errs != warnings {
			t.Errorf("%v: exit code %d, said\n%s\nwant\n%s", args, got.code, got.errs, warnings)
		}
	}
	w.write("one.csv", "person,name,aliases\nuser0007,TOMMY,\"Ford, Tom\"\n")
	w.contains(w.run("import", "people", w.path("one.csv"), "--dry-run", "-o", "json"), 0,
		`"text": "several people are called \"tommy\": \"user0005\", \"user0007\": feed \"hall\" (match: name) finds nobody by it"`)
	w.write("deskd.yaml", strings.Replace(w.config(), "every: 1s", "every: 1s, person: {from: summary}", 1))
	if got := w.run("import", "people", w.path("people.csv")); strings.Contains(got.errs, "are called") {
		t.Errorf("no feed finds people by name: said\n%s", got.errs)
	}
}
