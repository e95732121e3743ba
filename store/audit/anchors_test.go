package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplains(t *testing.T) {
	row := Row{ID: 7, At: "2026-03-02T08:00:00.000Z"}
	for name, c := range map[string]struct {
		a    Anchor
		want int64
	}{
		"before it, and gone with it":           {Anchor{at(-1, 0), "d", 9, ""}, 7},
		"before it, of another database":        {Anchor{at(-1, 0), "e", 3, ""}, 7},
		"before it, of a row that it left":      {Anchor{at(-1, 0), "d", 6, ""}, 0},
		"after it":                              {Anchor{at(1, 0), "d", 9, ""}, 0},
		"after it, of another database":         {Anchor{at(1, 0), "e", 9, ""}, 0},
		"the row in whose place the restore is": {Anchor{at(-1, 0), "d", 7, ""}, 7},
	} {
		if got := explains([]Row{row}, c.a, "d"); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// The file of anchors grows and is never changed, torn lines included; no link is
// followed, and nobody else may read it.
func TestAnchorsAreAppended(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "a")
	a := Anchor{eight, "d", 7, strings.Repeat("ab", 32)}
	check(t, AppendAnchor(name, a))
	same(t, "mode", os.FileMode(0o600), must(os.Stat(name))(t).Mode())
	file := must(os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0))(t)
	must(file.WriteString("2026-03-02T09:00"))(t)
	check(t, file.Close())
	a.Row = 8
	check(t, AppendAnchor(name, a))
	all, torn, unreadable, err := readAnchors(name)
	check(t, err)
	same(t, "torn", []int{2}, torn)
	same(t, "unreadable", 0, len(unreadable))
	same(t, "rows", 2, len(all))
	same(t, "last", a, all[1])
	check(t, os.Symlink(name, filepath.Join(folder, "link")))
	check(t, os.Link(name, filepath.Join(folder, "hard")))
	for _, other := range []string{"link", "hard"} {
		if err := AppendAnchor(filepath.Join(folder, other), a); err == nil {
			t.Errorf("%s is followed", other)
		}
	}
}
