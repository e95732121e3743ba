package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/sqlite"
)

// A backup taken while bookings are made holds every one that was acknowledged
// before it was begun, and is a sound database of its own.
func TestBackupBesideDaemon(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	bounded, stop := context.WithCancel(ctx)
	var booking sync.WaitGroup
	var mu sync.Mutex
	var made []string
	booking.Go(func() {
		for i := 0; bounded.Err() == nil; i++ {
			r := book(t, s, "4.12", "jane", span(i, i+1))
			mu.Lock()
			made = append(made, r.ID)
			mu.Unlock()
		}
	})
	for round := range 5 {
		mu.Lock()
		before := len(made)
		mu.Unlock()
		to := filepath.Join(dir, fmt.Sprint("backup", round))
		c, err := Backup(ctx, Copy{From: path, To: to}, sqlite.BackupOptions{}, at(round, 0))
		check(t, err)
		if c.Reservations < int64(before) || c.Desks != 3 || c.People != 3 || c.Schema == 0 || c.Newest.IsZero() {
			t.Errorf("round %d: after %d bookings the backup holds %+v", round, before, c)
		}
		if file, err := os.Stat(to); err != nil || file.Mode().Perm() != 0o600 || file.Size() != c.Bytes {
			t.Errorf("backup: %v, %v", file, err)
		}
		copied := openFile(t, to, Options{ReadOnly: false})
		mu.Lock()
		for _, id := range made[:before] {
			must(copied.Reservation(ctx, id))(t)
		}
		mu.Unlock()
		sound(t, copied)
	}
	stop()
	booking.Wait()
	m, err := markerOf(path)
	check(t, err)
	same(t, "last backup in the marker", filepath.Join(dir, "backup4")+" "+at(4, 0).String(), m.Backup+" "+m.BackedUp.String())
	check(t, s.Close())
	m, err = markerOf(path)
	check(t, err)
	same(t, "and still when the marker is written again", filepath.Join(dir, "backup4"), m.Backup)
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBackupRefused(t *testing.T) {
	path := begun(t)
	in := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	check(t, os.WriteFile(in("there"), []byte("mine"), 0o600))
	check(t, os.WriteFile(in("empty.db"), nil, 0o600))
	execute(t, rawFile(t, in("foreign.db")), "CREATE TABLE songs (title TEXT)")
	for _, c := range []struct {
		path, to string
		is       error
		says     string
	}{
		{path, in("there"), fs.ErrExist, in("there")},
		{path, in("no/where"), fs.ErrNotExist, in("no")},
		{in("none.db"), in("x"), fs.ErrNotExist, "none.db"},
		{in("empty.db"), in("x"), nil, "nothing in it yet"},
		{in("foreign.db"), in("x"), dialect.ErrForeign, "foreign.db"},
		{"", in("x"), nil, "name a file"},
	} {
		_, err := Backup(ctx, Copy{From: c.path, To: c.to}, sqlite.BackupOptions{}, at(0, 0))
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s to %s: %v", c.path, c.to, err)
		}
	}
	if isThere(in("none.db")) || isThere(in("x")) {
		t.Error("a refused backup left a file")
	}
	text, err := os.ReadFile(in("there"))
	check(t, err)
	same(t, "the file in the way", "mine", string(text))
	must(Backup(ctx, Copy{From: path, To: in("there")}, sqlite.BackupOptions{Force: true, EvenSo: true}, at(0, 0)))(t)
	must(Examine(ctx, in("there")))(t)
}

// Examine finds a backup that is not what it should be, and leaves it alone.
func TestExamineRefuses(t *testing.T) {
	path := begun(t)
	good := filepath.Join(t.TempDir(), "good")
	must(Backup(ctx, Copy{From: path, To: good}, sqlite.BackupOptions{}, at(0, 0)))(t)
	text, err := os.ReadFile(good)
	check(t, err)
	for name, c := range map[string]struct {
		text []byte
		is   error
	}{
		"empty":     {nil, dialect.ErrDamaged},
		"garbage":   {[]byte(strings.Repeat("no database ", 1000)), dialect.ErrDamaged},
		"truncated": {text[:len(text)/2], dialect.ErrDamaged},
		"page lost": {append(append(append([]byte{}, text[:8192]...), make([]byte, 4096)...), text[12288:]...), dialect.ErrDamaged},
	} {
		bad := filepath.Join(t.TempDir(), "bad")
		check(t, os.WriteFile(bad, c.text, 0o600))
		if _, err := Examine(ctx, bad); !errors.Is(err, c.is) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.ReadFile(bad)
		check(t, err)
		if string(after) != string(c.text) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := Examine(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

// restored opens what a restore has left and checks what holds of every one.
func restored(t *testing.T, path string, want ...string) *Store {
	t.Helper()
	s := openFile(t, path, Options{})
	same(t, "reservations", want, all(t, s))
	for _, h := range must(s.Seen(ctx))(t) {
		if h.Ours {
			t.Errorf("a session is still thought deskd's own: %+v", h)
		}
	}
	same(t, "unresolved", 0, len(must(s.Unresolved(ctx))(t)))
	last := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
	same(t, "audit", "restore database", last.Verb+" "+last.Kind)
	sound(t, s)
	if left, _ := filepath.Glob(path + ".restoring*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return s
}

func TestRestore(t *testing.T) {
	noRaces(t)
	path := begun(t)
	dir := filepath.Dir(path)
	saved := filepath.Join(dir, "saved")
	was := must(Backup(ctx, Copy{From: path, To: saved}, sqlite.BackupOptions{}, at(0, 0)))(t)
	s := openFile(t, path, Options{})
	late := book(t, s, "5.01", "jane", span(0, 4))
	program := rawFile(t, path) // that has the database open all the time

	done, err := Restore(ctx, Copy{From: saved, To: path}, nil, at(1, 0))
	check(t, err)
	same(t, "restored", sqlite.Restored{Contents: was.Contents, Aside: path + ".before-restore-20260302T090000Z"}, done)
	want := []string{"4.11 jane 02T08:00-02T12:00 confirmed", "4.12 max 02T08:00-02T12:00 confirmed"}
	restored(t, path, want...)
	same(t, "a program that had it open sees", want, all(t, s))
	execute(t, program, `INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('5.01', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')`)
	same(t, "and what it writes is there", 3, len(all(t, openFile(t, path, Options{}))))

	aside := openFile(t, done.Aside, Options{ReadOnly: true})
	same(t, "kept aside", late.ID, must(aside.Reservation(ctx, late.ID))(t).ID)

	// What was there before the restore is no longer what the marker knows.
	check(t, s.Close())
	text, err := os.ReadFile(done.Aside)
	check(t, errors.Join(err, program.Close(), removeFiles(path), os.WriteFile(path, text, 0o600)))
	if _, err := Open(ctx, path, Options{}); !errors.Is(err, dialect.ErrMarker) {
		t.Errorf("the database of before the restore, put back by hand: %v", err)
	}
}

func removeFiles(path string) error {
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Whatever has become of the database, a restore brings one back.
func TestRestoreOver(t *testing.T) {
	noRaces(t)
	want := []string{"4.11 jane 02T08:00-02T12:00 confirmed", "4.12 max 02T08:00-02T12:00 confirmed"}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string)
		aside bool
	}{
		"nothing": {func(t *testing.T, path string) { check(t, unlink(path)) }, false},
		"missing": {func(t *testing.T, path string) { check(t, removeFiles(path)) }, false},
		"empty":   {func(t *testing.T, path string) { check(t, os.Truncate(path, 0)) }, false},
		"garbage": {func(t *testing.T, path string) {
			check(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600))
		}, true},
		"truncated": {func(t *testing.T, path string) { check(t, os.Truncate(path, 40_000)) }, true},
		"another":   {func(t *testing.T, path string) { check(t, os.Rename(begun(t), path)) }, true},
		"interrupted before": {func(t *testing.T, path string) {
			check(t, os.WriteFile(path+".restoring", []byte("half"), 0o600))
			check(t, os.WriteFile(path+".restoring-wal", []byte("half"), 0o600))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := begun(t)
			saved := filepath.Join(t.TempDir(), "saved")
			must(Backup(ctx, Copy{From: path, To: saved}, sqlite.BackupOptions{}, at(0, 0)))(t)
			c.spoil(t, path)
			before, _ := os.ReadFile(path)
			done, err := Restore(ctx, Copy{From: saved, To: path}, nil, at(1, 0))
			check(t, err)
			if (done.Aside != "") != c.aside {
				t.Errorf("kept aside: %q", done.Aside)
			}
			if text, _ := os.ReadFile(done.Aside); (name == "garbage" || name == "truncated") && string(text) != string(before) {
				t.Error("what was there is not kept as it was")
			}
			restored(t, path, want...)
		})
	}
}

func TestRestoreRefused(t *testing.T) {
	noRaces(t)
	path := begun(t)
	in := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	must(Backup(ctx, Copy{From: path, To: in("good")}, sqlite.BackupOptions{}, at(0, 0)))(t)
	must(Backup(ctx, Copy{From: path, To: in("newer")}, sqlite.BackupOptions{}, at(0, 0)))(t)
	execute(t, rawFile(t, in("newer")), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	execute(t, rawFile(t, in("foreign")), "CREATE TABLE songs (title TEXT)")
	check(t, os.WriteFile(in("empty"), nil, 0o600))
	for _, c := range []struct {
		path, from string
		is         error
	}{
		{path, in("newer"), dialect.ErrNewerSchema}, {path, in("foreign"), dialect.ErrForeign}, {path, in("empty"), dialect.ErrDamaged},
		{path, in("none"), fs.ErrNotExist}, {in("foreign"), in("good"), dialect.ErrForeign},
	} {
		before, err := os.ReadFile(c.path)
		check(t, err)
		if _, err := Restore(ctx, Copy{From: c.from, To: c.path}, nil, at(0, 0)); !errors.Is(err, c.is) {
			t.Errorf("%s from %s: %v", c.path, c.from, err)
		}
		after, err := os.ReadFile(c.path)
		check(t, err)
		if string(before) != string(after) {
			t.Errorf("%s from %s: refused and yet changed", c.path, c.from)
		}
	}
	s := openFile(t, path, Options{})
	_, err := s.Reserve(ctx, reservations.Reservation{Desk: "5.01", Person: "jane", Span: span(0, 1)}, at(0, 0))
	check(t, err)
}

// A backup removes what those before it have left that were killed, and not what
// another one may be writing.
func TestBackupRemovesParts(t *testing.T) {
	path := begun(t)
	to := filepath.Join(t.TempDir(), "a[b]*")
	for name, age := range map[string]time.Duration{
		".part-1": 25 * time.Hour, ".part-1-journal": 25 * time.Hour, ".part-2": 23 * time.Hour, "c.part-1": 25 * time.Hour,
	} {
		check(t, os.WriteFile(to+name, []byte("jane"), 0o600))
		made := time.Now().Add(-age)
		check(t, os.Chtimes(to+name, made, made))
	}
	must(Backup(ctx, Copy{From: path, To: to}, sqlite.BackupOptions{}, at(0, 0)))(t)
	entries, err := os.ReadDir(filepath.Dir(to))
	check(t, err)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	same(t, "files", []string{"a[b]*", "a[b]*.part-2", "a[b]*c.part-1"}, left)
}

// The line of a nightly job replaces a good copy by nothing worse, and only by a
// copy of the database that was here.
func TestBackupKeepsGoodCopies(t *testing.T) {
	noRaces(t)
	crowd := func(t *testing.T, path string, n int) {
		s := openFile(t, path, Options{})
		var people []reservations.Person
		for i := range n {
			people = append(people, reservations.Person{ID: fmt.Sprintf("p%02d", i)})
		}
		must(s.ImportPeople(ctx, people, false))(t)
		check(t, s.Close())
	}
	thin := func(t *testing.T, path, sql string) {
		execute(t, rawFile(t, path), sql)
		s := openFile(t, path, Options{}) // what is here now is what was here, and chained
		must(s.ChainAudit(ctx))(t)
		check(t, s.Close())
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path, good string)
		is    error // nil: it is replaced
		says  string
	}{
		"nothing happened": {func(*testing.T, string, string) {}, nil, ""},
		"a little fewer":   {func(t *testing.T, path, _ string) { thin(t, path, "DELETE FROM people WHERE id < 'p12'") }, nil, ""},
		"far fewer":        {func(t *testing.T, path, _ string) { thin(t, path, "DELETE FROM people WHERE id LIKE 'p%'") }, dialect.ErrKept, "it holds far more: 33 people, and this one 3"},
		"older": {func(t *testing.T, path, good string) {
			text, err := os.ReadFile(good + ".first")
			check(t, errors.Join(err, removeFiles(path), os.WriteFile(path, text, 0o600)))
		}, dialect.ErrMarker, "it is an older copy"},
		"older, and no marker": {func(t *testing.T, path, good string) {
			text, err := os.ReadFile(good + ".first")
			check(t, errors.Join(err, unlink(path), os.WriteFile(path, text, 0o600)))
		}, dialect.ErrKept, "it had come further"},
		"emptied": {func(t *testing.T, path, _ string) {
			check(t, errors.Join(removeFiles(path), os.WriteFile(path, nil, 0o600)))
		}, dialect.ErrMarker, "the file is empty"},
		"missing": {func(t *testing.T, path, _ string) { check(t, removeFiles(path)) }, dialect.ErrMarker, "the file is missing"},
		"garbage": {func(t *testing.T, path, _ string) {
			check(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600))
		}, dialect.ErrDamaged, "this is no SQLite file"},
		"a planted trigger": {func(t *testing.T, path, _ string) {
			execute(t, rawFile(t, path), "CREATE TRIGGER theirs AFTER INSERT ON reservations BEGIN DELETE FROM people; END")
		}, dialect.ErrSchema, "trigger theirs on reservations is not deskd's"},
		"no trigger, and no marker": {func(t *testing.T, path, _ string) {
			execute(t, rawFile(t, path), "DROP TRIGGER reservations_no_overlap_insert")
			check(t, os.Remove(path+".marker"))
		}, dialect.ErrSchema, "trigger reservations_no_overlap_insert is missing"},
		"marker damaged": {func(t *testing.T, path, _ string) { check(t, os.WriteFile(path+".marker", []byte("{"), 0o600)) }, dialect.ErrMarker, "is damaged"},
		"another": {func(t *testing.T, path, _ string) {
			check(t, errors.Join(removeFiles(path), os.Rename(begun(t), path)))
		}, dialect.ErrMarker, "it is another database"},
		"another, no marker": {func(t *testing.T, path, _ string) {
			check(t, errors.Join(unlink(path), os.Rename(begun(t), path)))
		}, dialect.ErrKept, "it is of another database, with 3 desks, 33 people"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.is == nil || c.is == dialect.ErrMarker { //nolint:errorlint // it is the table's own
				long(t, "what is kept stands for what is replaced and what is refused")
			}
			path := begun(t)
			good := filepath.Join(t.TempDir(), "good")
			must(Backup(ctx, Copy{From: path, To: good + ".first"}, sqlite.BackupOptions{}, at(0, 0)))(t)
			crowd(t, path, 30)
			must(Backup(ctx, Copy{From: path, To: good}, sqlite.BackupOptions{}, at(0, 0)))(t)
			before, err := os.Stat(good)
			check(t, err)
			c.spoil(t, path, good)
			_, err = Backup(ctx, Copy{From: path, To: good}, sqlite.BackupOptions{Force: true}, at(1, 0))
			if !errors.Is(err, c.is) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			after, err := os.Stat(good)
			check(t, err)
			if os.SameFile(before, after) != (c.is != nil) {
				t.Errorf("the good copy was replaced: %v", c.is == nil)
			}
			if left, _ := filepath.Glob(good + ".part-*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if m, err := markerOf(path); errors.Is(c.is, dialect.ErrMarker) && err == nil && m.BackedUp.After(at(0, 0)) {
				t.Errorf("the refused backup is named the last one: %+v", m)
			}
			if name == "missing" || name == "garbage" || name == "emptied" || c.is == nil {
				return // nothing that could be copied, or nothing to insist on
			}
			made := must(Backup(ctx, Copy{From: path, To: good}, sqlite.BackupOptions{Force: true, EvenSo: true}, at(2, 0)))(t)
			if len(made.Doubts) == 0 {
				t.Error("nothing is said about what was replaced all the same")
			}
			if m, err := markerOf(path); errors.Is(c.is, dialect.ErrMarker) && err == nil && m.BackedUp.After(at(0, 0)) {
				t.Errorf("a copy of what is not the database is named the last backup: %+v", m)
			}
		})
	}
}

// What is no backup is not replaced by one, above all not the database itself.
func TestBackupReplacesBackupsAlone(t *testing.T) {
	noRaces(t)
	path := begun(t)
	in := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	execute(t, rawFile(t, in("foreign.db")), "CREATE TABLE songs (title TEXT)")
	check(t, os.WriteFile(in("letter"), []byte("dear all"), 0o600))
	check(t, os.WriteFile(in("empty"), nil, 0o600))
	check(t, os.Mkdir(in("folder"), 0o700))
	check(t, os.Symlink(path, in("link")))
	check(t, os.Link(path, in("hard")))
	must(Backup(ctx, Copy{From: path, To: in("saved")}, sqlite.BackupOptions{}, at(0, 0)))(t)
	check(t, os.Symlink(in("saved"), in("latest")))
	for to, says := range map[string]string{
		path: "part of the database itself", in("link"): "part of the database itself", in("hard"): "part of the database itself",
		path + ".marker": "part of the database itself", path + "-wal": "part of the database itself",
		in("folder"): "is a folder", os.DevNull: "no regular file", in("letter"): "no sound backup", in("foreign.db"): "another program",
	} {
		before, _ := os.ReadFile(to)
		_, err := Backup(ctx, Copy{From: path, To: to}, sqlite.BackupOptions{Force: true}, at(0, 0))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", to, err)
		}
		if after, _ := os.ReadFile(to); string(after) != string(before) {
			t.Errorf("%s was changed", to)
		}
	}
	for _, to := range []string{"saved", "empty", "latest"} {
		must(Backup(ctx, Copy{From: path, To: in(to)}, sqlite.BackupOptions{Force: true}, at(0, 0)))(t)
	}
	if info, err := os.Lstat(in("latest")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link to the copy was replaced: %v", err)
	}
	if _, err := Restore(ctx, Copy{From: path, To: path}, nil, at(0, 0)); err == nil || !strings.Contains(err.Error(), "the database itself") {
		t.Errorf("restore of the database over itself: %v", err)
	}
}

// A token that was revoked since a backup was made opens nothing when that is restored; where
// nothing says what was revoked, no token does.
func TestRestoreRevokes(t *testing.T) {
	noRaces(t)
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, path string)
		counts string // those of the tokens that open something afterwards
	}{
		"as it was":     {func(*testing.T, string) {}, "kept"},
		"missing":       {func(t *testing.T, path string) { check(t, removeFiles(path)) }, ""},
		"damaged":       {func(t *testing.T, path string) { check(t, os.Truncate(path, 40_000)) }, ""},
		"no marker":     {func(t *testing.T, path string) { check(t, unlink(path)) }, ""},
		"an older copy": {func(t *testing.T, path string) { olderCopy(t, path) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := begun(t)
			saved := filepath.Join(filepath.Dir(path), "saved")
			s := openFile(t, path, Options{})
			secrets := make(map[string]string)
			token := func(name string) (made reservations.Token) {
				var err error
				made, secrets[name], err = s.Tokens().Create(ctx, reservations.Token{Kind: reservations.TokenAPI, Scopes: reservations.Scopes, Role: reservations.RoleAuditor}, at(0, 0))
				check(t, err)
				return made
			}
			token("kept")
			lost := token("revoked")
			must(Backup(ctx, Copy{From: path, To: saved}, sqlite.BackupOptions{}, at(0, 0)))(t)
			must(s.Tokens().Revoke(ctx, lost.ID, at(0, 30)))(t)
			token("made since")
			check(t, s.Close())
			c.spoil(t, path)
			done, err := Restore(ctx, Copy{From: saved, To: path}, nil, at(1, 0))
			check(t, err)
			s = openFile(t, path, Options{})
			var counts []string
			for name, secret := range secrets {
				if _, err := s.Tokens().Find(ctx, reservations.TokenAPI, secret, at(2, 0)); err == nil {
					counts = append(counts, name)
				}
			}
			same(t, "count", c.counts, strings.Join(counts, " "))
			same(t, "revoked", 2-len(counts), done.Revoked)
			sound(t, s)
		})
	}
}

// olderCopy puts the database at path back to what it was in its folder's backup.
func olderCopy(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "saved"))
	check(t, errors.Join(err, removeFiles(path), os.WriteFile(path, text, 0o600)))
}

// Who takes a database as it is knows as little what was revoked.
func TestAcceptRevokes(t *testing.T) {
	noRaces(t)
	path := begun(t)
	saved := filepath.Join(filepath.Dir(path), "saved")
	s := openFile(t, path, Options{})
	made, secret, err := s.Tokens().Create(ctx, reservations.Token{Kind: reservations.TokenAPI, Scopes: reservations.Scopes, Role: reservations.RoleAuditor}, at(0, 0))
	check(t, err)
	must(Backup(ctx, Copy{From: path, To: saved}, sqlite.BackupOptions{}, at(0, 0)))(t)
	must(s.Tokens().Revoke(ctx, made.ID, at(0, 30)))(t)
	check(t, s.Close())
	olderCopy(t, path)
	s = openFile(t, path, Options{Accept: true})
	if _, err := s.Tokens().Find(ctx, reservations.TokenAPI, secret, at(1, 0)); !errors.Is(err, reservations.ErrToken) {
		t.Errorf("it counts: %v", err)
	}
}
