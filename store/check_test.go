package store

import (
	"errors"
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

// A glance finds a file that was cut short, and damage in any table but those that grow:
// of each, whatever the schema will have, one of the two is so.
func TestGlance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	check(t, s.Glance(ctx))
	var tables []struct {
		Name     string
		Rootpage int64
	}
	check(t, s.db.Read(ctx).Raw("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'goose%'").Scan(&tables).Error)
	check(t, s.Close())
	sound, err := os.ReadFile(path)
	check(t, err)
	seen := func(file []byte) (glance, all error) {
		damaged := filepath.Join(t.TempDir(), "desk.db")
		check(t, os.WriteFile(damaged, file, 0o600))
		s, err := Open(ctx, damaged, Options{ReadOnly: true})
		if err != nil {
			return err, err
		}
		defer s.Close()
		return s.Glance(ctx), s.Check(ctx)
	}
	grows := map[string]bool{"reservations": true, "reservation_keys": true, "attempts": true, "audit": true}
	for _, table := range tables {
		file := append([]byte(nil), sound...)
		file[(table.Rootpage-1)*4096+7] ^= 0x55 // how many bytes of the page are free in between
		glance, all := seen(file)
		if !errors.Is(all, ErrDamaged) || errors.Is(glance, ErrDamaged) == grows[table.Name] {
			t.Errorf("damage in %s: a glance finds %v, a check %v", table.Name, glance, all)
		}
	}
	if len(tables) < 15 {
		t.Errorf("%d tables", len(tables))
	}
	if glance, _ := seen(sound[:len(sound)-8192]); !errors.Is(glance, ErrDamaged) {
		t.Errorf("of a file that was cut short: %v", glance)
	}
}
