package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"deskd/store/dialect"
	"deskd/store/files"
)

// Nothing is written to a database whose files are not at their place any more,
// whatever became of them, and its marker is left to whatever is there now.
func TestReplaced(t *testing.T) {
	noRaces(t)
	move := func(from, to string) func(t *testing.T, folder string) {
		return func(t *testing.T, folder string) {
			check(t, os.Rename(filepath.Join(folder, from), filepath.Join(folder, to)))
		}
	}
	for name, c := range map[string]struct {
		do, undo func(t *testing.T, folder string)
		want     files.ReplacedError
	}{
		"nothing": {},
		"removed": {do: func(t *testing.T, folder string) { check(t, os.Remove(filepath.Join(folder, "deskd.db"))) }, want: files.ReplacedError{Gone: true}},
		"renamed": {do: move("deskd.db", "other.db"), undo: move("other.db", "deskd.db"), want: files.ReplacedError{Gone: true}},
		"folder moved": {
			do:   func(t *testing.T, folder string) { check(t, os.Rename(folder, folder+".old")) },
			undo: func(t *testing.T, folder string) { check(t, os.Rename(folder+".old", folder)) },
			want: files.ReplacedError{Gone: true},
		},
		"another file": {
			do: func(t *testing.T, folder string) {
				move("deskd.db", "other.db")(t, folder)
				check(t, os.WriteFile(filepath.Join(folder, "deskd.db"), nil, 0o600))
			},
			undo: move("other.db", "deskd.db"),
		},
		"a copy of itself": {do: func(t *testing.T, folder string) {
			text := must(os.ReadFile(filepath.Join(folder, "deskd.db")))(t)
			check(t, os.WriteFile(filepath.Join(folder, "copy"), text, 0o600))
			move("copy", "deskd.db")(t, folder)
		}},
		"WAL removed":   {do: func(t *testing.T, folder string) { check(t, os.Remove(filepath.Join(folder, "deskd.db-wal"))) }, want: files.ReplacedError{Gone: true, Beside: true}},
		"index removed": {do: func(t *testing.T, folder string) { check(t, os.Remove(filepath.Join(folder, "deskd.db-shm"))) }, want: files.ReplacedError{Gone: true, Beside: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "data")
			check(t, os.Mkdir(folder, 0o700))
			s := openFile(t, filepath.Join(folder, "deskd.db"), Options{})
			furnish(t, s)
			check(t, s.Mark(ctx))
			if c.do == nil {
				check(t, s.Replaced())
				return
			}
			marker := must(os.ReadFile(filepath.Join(folder, "deskd.db.marker")))(t)
			c.do(t, folder)
			var got *files.ReplacedError
			if err := s.Replaced(); !errors.As(err, &got) || got.Gone != c.want.Gone || got.Beside != c.want.Beside {
				t.Fatalf("replaced: %v", err)
			}
			if _, err := s.Reserve(ctx, event("", "4.12", "jane", 0, 2), at(0, 0)); !errors.Is(err, dialect.ErrReplaced) {
				t.Errorf("a booking: %v", err)
			}
			if err := s.Mark(ctx); !errors.Is(err, dialect.ErrReplaced) {
				t.Errorf("marker: %v", err)
			}
			if c.undo != nil {
				c.undo(t, folder)
				must(s.Reserve(ctx, event("", "4.12", "jane", 0, 2), at(0, 0)))(t)
				return
			}
			check(t, s.Close())
			same(t, "the marker", string(marker), string(must(os.ReadFile(filepath.Join(folder, "deskd.db.marker")))(t)))
		})
	}
}
