package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/store/audit"
)

// What a file of anchors says when heads were taken out of it, or other
// lines put in: that it proves nothing, and which lines are not deskd's.
func TestAnchorsThatProveNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	first := must(s.Head(ctx, eight))(t)
	book(t, s, "4.12", "jane", span(0, 1))
	last := must(s.Head(ctx, eight.Add(time.Hour)))(t)
	check(t, writer(s).Exec("DROP TRIGGER self_follows_the_audit").Error)
	check(t, writer(s).Exec("UPDATE self SET audit_pruned = 3, audit_hash = (SELECT hash FROM audit WHERE id = 3)").Error)
	check(t, writer(s).Exec("DELETE FROM audit WHERE id <= 3").Error)
	pruned := audit.Anchor{At: eight, Database: first.Database, Row: 2, Hash: strings.Repeat("ab", 32)}
	whole := last.String()
	name := path + ".anchors"
	for what, c := range map[string]struct {
		text             string
		silent, behind   bool
		torn, unreadable int
	}{
		"both heads":              {first.String() + "\n" + whole + "\n", false, false, 0, 0},
		"the newest":              {whole + "\n", false, false, 0, 0},
		"the oldest":              {first.String() + "\n", false, true, 0, 0},
		"nothing":                 {"", true, true, 0, 0},
		"blanks":                  {"\n \n\t\n", true, true, 0, 0},
		"rows that are gone":      {pruned.String() + "\n", true, true, 0, 0},
		"garbage":                 {"garbage\n", true, true, 0, 1},
		"a head and garbage":      {whole + "\n# a comment\n", false, false, 0, 1},
		"half a line":             {whole[:40] + "\n" + whole + "\n", false, false, 1, 0},
		"all but the last letter": {whole + "\n" + whole[:len(whole)-1], false, false, 1, 0},
		"zeros of a power cut":    {whole + "\n" + whole[:30] + strings.Repeat("\x00", 40) + "\n" + strings.Repeat("\x00", 9), false, false, 2, 0},
		"a line and more":         {whole + " and more\n" + whole + "\n", false, false, 0, 1},
		"no hexadecimal":          {whole[:len(whole)-2] + "xy\n" + whole + "\n", false, false, 0, 1},
	} {
		check(t, os.WriteFile(name, []byte(c.text), 0o600))
		r := must(s.VerifyAnchors(ctx, name))(t)
		now := time.Now()
		if r.Silent(now) || r.Behind(now, audit.AnchorEvery) {
			t.Errorf("%s: rows of this minute want a head already", what)
		}
		now = now.Add(audit.AnchorEvery + time.Minute)
		if r.Silent(now) != c.silent || r.Behind(now, audit.AnchorEvery) != c.behind || len(r.Torn) != c.torn || len(r.Unreadable) != c.unreadable || len(r.Missing) > 0 {
			t.Errorf("%s: silent %v, behind %v, %+v", what, r.Silent(now), r.Behind(now, audit.AnchorEvery), r)
		}
	}
}
