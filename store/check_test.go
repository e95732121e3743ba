package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func testCheck(t *testing.T, w world) {
	s := w.open(t)
	book(t, s, "4.12", "jane", span(0, 4))
	check(t, s.Check(ctx))
}

// A damaged page is found though nobody has read it yet, and the file is left
// as it is.
func TestCheckFindsDamage(t *testing.T) {
	for _, part := range []string{"reservations", "attempts_of_device"} {
		t.Run(part, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "desk.db")
			s := openFile(t, path, Options{})
			furnish(t, s)
			var page, size int64
			check(t, s.db.Read(ctx).Raw("SELECT rootpage FROM sqlite_schema WHERE name = ?", part).Scan(&page).Error)
			check(t, s.db.Read(ctx).Raw("PRAGMA page_size").Scan(&size).Error)
			check(t, s.Check(ctx))
			check(t, s.Close())

			file, err := os.ReadFile(path)
			check(t, err)
			copy(file[(page-1)*size:page*size], strings.Repeat("\xff", int(size)))
			check(t, os.WriteFile(path, file, 0o600))

			err = openFile(t, path, Options{ReadOnly: true}).Check(ctx)
			if err == nil || !strings.HasPrefix(err.Error(), "check database: ") {
				t.Errorf("check of a damaged file: %v", err)
			}
			after, err := os.ReadFile(path)
			check(t, err)
			if string(after) != string(file) {
				t.Error("the check has changed the file")
			}
		})
	}
}
