package store

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// begun is a database in a folder of its own that was used and closed: two
// bookings, a session that is deskd's own, and a login that is under way.
func begun(t *testing.T) string {
	t.Helper()
	return begunIn(t, t.TempDir())
}

func begunIn(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	book(t, s, "4.11", "jane", span(0, 4))
	book(t, s, "4.12", "max", span(0, 4))
	must(s.Begin(ctx, attempt("4.12", at(0, 0))))(t)
	check(t, s.See(ctx, []plan.Observation{{Device: "SEP000000000011", Person: "jane", Exists: true, Known: true, Ours: true, Reservation: "x", Since: at(0, 0), At: at(1, 0)}}))
	check(t, s.Close())
	return path
}

// setAside copies a database that nobody uses, with its WAL.
func setAside(t *testing.T, path string) func() {
	t.Helper()
	files := map[string][]byte{}
	for _, ending := range []string{"", "-wal", "-shm"} {
		files[path+ending], _ = os.ReadFile(path + ending)
	}
	return func() {
		for name, text := range files {
			os.Remove(name)
			if text != nil {
				check(t, os.WriteFile(name, text, 0o600))
			}
		}
	}
}

func TestMarkerRefuses(t *testing.T) {
	noRaces(t)
	another := begun(t)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string)
		says  string
		reads bool // a reading verb can do its work
	}{
		"missing": {func(t *testing.T, path string) { check(t, os.Remove(path)) }, "the file is missing", false},
		"empty":   {func(t *testing.T, path string) { check(t, os.Truncate(path, 0)) }, "the file is empty", false},
		"another": {func(t *testing.T, path string) {
			text, err := os.ReadFile(another)
			check(t, errors.Join(err, os.WriteFile(path, text, 0o600)))
		}, "it is another database", true},
		"older by a booking": {func(t *testing.T, path string) {
			back := setAside(t, path)
			s := openFile(t, path, Options{})
			book(t, s, "5.01", "jane", span(0, 4))
			check(t, s.Close())
			back()
		}, "it is an older copy: it ends with attempt 1 and audit row 11, and had come to 1 and 12", true},
		"older by a login": {func(t *testing.T, path string) {
			back := setAside(t, path)
			s := openFile(t, path, Options{})
			must(s.Begin(ctx, attempt("4.11", at(0, 0))))(t)
			check(t, s.Close())
			back()
		}, "it is an older copy: it ends with attempt 1 and audit row 11, and had come to 2 and 11", true},
		"without its WAL": {func(t *testing.T, path string) {
			s := openFile(t, path, Options{})
			book(t, s, "5.01", "jane", span(0, 4))
			check(t, s.Mark(ctx))
			text, err := os.ReadFile(path) // what a copy of the file alone holds
			check(t, errors.Join(err, s.Close(), os.WriteFile(path, text, 0o600)))
		}, "it is an older copy", true},
		"gone another way": {func(t *testing.T, path string) {
			back := setAside(t, path)
			s := openFile(t, path, Options{})
			book(t, s, "5.01", "jane", span(0, 4))
			check(t, s.Close())
			there, err := os.ReadFile(markerName(path))
			check(t, err)
			back()
			s = openFile(t, path, Options{Accept: true})
			book(t, s, "5.01", "max", span(0, 4))
			check(t, errors.Join(s.Close(), os.WriteFile(markerName(path), there, 0o600)))
		}, "it is a copy that went another way: its audit row 12 is not the one that was there", true},
		"older schema": {func(t *testing.T, path string) {
			text := string(must(os.ReadFile(markerName(path)))(t))
			newer := strings.Replace(text, `"schema":1,`, `"schema":2,`, 1)
			if newer == text {
				t.Fatal(text)
			}
			check(t, os.WriteFile(markerName(path), []byte(newer), 0o600))
		}, "it is an older copy", true},
		"damaged marker": {func(t *testing.T, path string) {
			check(t, os.WriteFile(markerName(path), []byte("{"), 0o600))
		}, "desk.db.marker is damaged", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := begun(t)
			c.spoil(t, path)
			before, _ := os.ReadFile(path)
			marked, err := os.ReadFile(markerName(path))
			check(t, err)
			_, err = Open(ctx, path, Options{})
			if !errors.Is(err, dialect.ErrMarker) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "deskd restore --accept-current") {
				t.Errorf("opened for writing: %v", err)
			}
			var log strings.Builder
			r, err := Open(ctx, path, Options{ReadOnly: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if (err == nil) != c.reads || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("opened for reading: %v", err)
			}
			if err == nil {
				check(t, r.Close())
				if !strings.Contains(log.String(), c.says) {
					t.Errorf("reading says only %q", log.String())
				}
			}
			after, _ := os.ReadFile(path)
			still, _ := os.ReadFile(markerName(path))
			if string(before) != string(after) || string(marked) != string(still) {
				t.Error("what was refused has changed")
			}

			s := openFile(t, path, Options{Accept: true})
			for _, h := range must(s.Seen(ctx))(t) {
				if h.Ours {
					t.Errorf("a session is still thought deskd's own: %+v", h)
				}
			}
			same(t, "unresolved", 0, len(must(s.Unresolved(ctx))(t)))
			last := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
			same(t, "audit", "accept desk.db", last.Verb+" "+last.Item)
			sound(t, s)
			check(t, s.Close())
			check(t, openFile(t, path, Options{}).Close()) // and is known from then on
		})
	}
}

// What a marker does not speak against is opened, and its sessions are as they
// were.
func TestMarkerAccepts(t *testing.T) {
	noRaces(t)
	ours := func(t *testing.T, s *Store) bool { return must(s.Seen(ctx))(t)[0].Ours }
	t.Run("as it was", func(t *testing.T) {
		path := begun(t)
		before, err := os.Stat(markerName(path))
		check(t, err)
		s := openFile(t, path, Options{})
		same(t, "ours", true, ours(t, s))
		same(t, "unresolved", 1, len(must(s.Unresolved(ctx))(t)))
		check(t, s.Close())
		after, err := os.Stat(markerName(path))
		check(t, err)
		if !os.SameFile(before, after) {
			t.Error("the marker was written though nothing changed")
		}
	})
	t.Run("ahead of its marker", func(t *testing.T) { // killed before the marker was written
		path := begun(t)
		old, err := os.ReadFile(markerName(path))
		check(t, err)
		s := openFile(t, path, Options{})
		book(t, s, "5.01", "jane", span(0, 4))
		check(t, errors.Join(s.Close(), os.WriteFile(markerName(path), old, 0o600)))
		same(t, "ours", true, ours(t, openFile(t, path, Options{})))
	})
	t.Run("pruned beyond its marker", func(t *testing.T) {
		path := begun(t)
		old, err := os.ReadFile(markerName(path))
		check(t, err)
		s := openFile(t, path, Options{})
		book(t, s, "5.01", "jane", span(0, 4))
		over := ageless(t, s)
		must(s.PruneAudit(ctx, time.Now().Add(time.Hour)))(t)
		over()
		check(t, errors.Join(s.Close(), os.WriteFile(markerName(path), old, 0o600)))
		check(t, openFile(t, path, Options{}).Close())
	})
	t.Run("without a marker", func(t *testing.T) { // of unknown age
		path := begun(t)
		check(t, os.Remove(markerName(path)))
		var log strings.Builder
		s := openFile(t, path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		same(t, "ours", false, ours(t, s))
		last := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
		same(t, "audit", "adopt desk.db", last.Verb+" "+last.Item)
		if !strings.Contains(log.String(), "the database has no marker") {
			t.Errorf("log: %q", log.String())
		}
	})
	t.Run("first start", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "desk.db")
		s := openFile(t, path, Options{})
		same(t, "audit", 0, len(must(s.Audit(ctx, reservations.AuditFilter{}))(t)))
		if file, err := os.Stat(markerName(path)); err != nil || file.Mode().Perm() != 0o600 {
			t.Errorf("marker after the first start: %v, %v", file, err)
		}
	})
	t.Run("a file made by hand", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "desk.db")
		check(t, os.WriteFile(path, nil, 0o600))
		openFile(t, path, Options{})
	})
}

// A daemon that is killed, wherever it is between its commits and its marker,
// leaves a database that opens and holds what was acknowledged.
func TestMarkerOfKilled(t *testing.T) {
	noRaces(t)
	if path := os.Getenv("DESKD_TEST_MARKER"); path != "" {
		s := openFile(t, path, Options{})
		for i := 0; ; i++ {
			r := book(t, s, "5.01", "jane", span(i, i+1))
			fmt.Println(r.ID)
			check(t, s.Mark(ctx))
			_, err := s.Cancel(ctx, r.ID, at(0, 0))
			check(t, err)
		}
	}
	path := begun(t)
	for round := range orShort(8, 1) {
		child := exec.Command(os.Args[0], "-test.run=^TestMarkerOfKilled$", "-test.timeout=1m")
		child.Env = append(os.Environ(), "DESKD_TEST_MARKER="+path)
		out, err := child.StdoutPipe()
		check(t, err)
		check(t, child.Start())
		lines := bufio.NewScanner(out)
		var acknowledged []string
		for range 1 + rand.IntN(20) {
			if !lines.Scan() {
				t.Fatal("the child has ended")
			}
			acknowledged = append(acknowledged, lines.Text())
		}
		check(t, child.Process.Kill())
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
		}
		child.Wait()
		s := openFile(t, path, Options{})
		for _, id := range acknowledged {
			if _, err := s.Reservation(ctx, id); err != nil && len(id) == 32 {
				t.Errorf("round %d: acknowledged and lost: %v", round, err)
			}
		}
		sound(t, s)
		rs := must(s.ListReservations(ctx, reservations.Filter{Desk: "5.01", Source: reservations.SourceCLI}))(t)
		for _, r := range rs {
			if _, err := s.Cancel(ctx, r.ID, at(0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		check(t, s.Close())
	}
}
