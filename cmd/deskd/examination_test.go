package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/store"
)

// slow adds a table of another program whose rows take the check of the database some
// milliseconds each, as many rows of deskd's would: SQLite evaluates the
// CHECK of each.
func (w *world) slow(rows int) {
	w.t.Helper()
	w.exec("CREATE TABLE theirs (n INTEGER CHECK (length(hex(zeroblob(2000000 + n))) > 0))")
	w.exec("PRAGMA ignore_check_constraints = ON; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO theirs SELECT i FROM n", rows)
}

// wound damages a page that nothing but a check of everything looks at closely, and
// returns what heals it: the number of bytes that its header says are free in
// between, at the root of an index.
func wound(t *testing.T, path string, page int) (heal func()) {
	t.Helper()
	flip := func() {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		at := int64(page-1)*4096 + 7
		_, err = f.ReadAt(b[:], at)
		b[0] ^= 0x55
		_, err2 := f.WriteAt(b[:], at)
		if err := errors.Join(err, err2, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	flip()
	return flip
}

const underCheck = "The database check is under way"

// A database whose check takes longer than a start may is driven meanwhile; page, probe
// and metrics say so. A kill in the middle of the check loses nothing: the next start
// begins it again. What is found to be sound is said with its duration.
func TestCheckBeside(t *testing.T) {
	notShort(t, "a kill of a process")
	w := newWorld(t).furnish()
	w.slow(5000)
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	killed := w.start()
	killed.ready()
	eventually(t, 10*time.Second, "the phone is logged in beside the check", func() bool { return w.session("SEP000000000001") == "user0001" })
	killed.has("/readyz", underCheck)
	killed.has("/", underCheck)
	killed.has("/metrics", `deskd_degraded{kind="database_check",of=""} 1`)
	if err := killed.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := killed.stop(); code != -1 || strings.Contains(killed.log.String(), "database checked") {
		t.Fatalf("exit code %d:\n%s", code, killed.log)
	}
	w.exec("DELETE FROM theirs WHERE n > 400")
	d := w.serve()
	eventually(t, 60*time.Second, "the check is through", func() bool { return strings.Contains(d.log.String(), `msg="database checked" took=`) })
	eventually(t, 5*time.Second, "and not shown any more", func() bool {
		_, ready := d.get("/readyz")
		_, metrics := d.get("/metrics")
		return !strings.Contains(ready, underCheck) && strings.Contains(metrics, "\ndeskd_database_check_seconds ")
	})
	if n := w.count("SELECT count(*) FROM attempts WHERE op = 'login'"); n != 1 || w.session("SEP000000000001") != "user0001" {
		t.Errorf("%d logins after the kill", n)
	}
	w.contains(w.run("audit", "verify"), 0, "the audit is whole")
}

// Damage that the check finds beside the daemon ends it as it does at the door, and loses
// nothing.
func TestDamageFoundBeside(t *testing.T) {
	w := newWorld(t).furnish()
	w.slow(400)
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	heal := wound(t, w.path("deskd.db"), w.count("SELECT rootpage FROM sqlite_schema WHERE name = 'reservation_keys_by_use'"))
	d := w.serve()
	eventually(t, 60*time.Second, "the daemon ends by itself", func() bool { return len(d.ended) > 0 })
	if code := d.stop(); code != exitRefuses {
		t.Errorf("exit code %d", code)
	}
	for _, part := range []string{"goes on beside the daemon", `level=ERROR msg="database check found what deskd must not act on: deskd stops"`, "deskd has ended", "deskd: check database: the database is damaged: "} {
		if !strings.Contains(d.log.String(), part) {
			t.Errorf("no %q in\n%s", part, d.log)
		}
	}
	w.contains(w.run("serve"), exitRefuses, "the database is damaged")
	w.contains(w.run("doctor"), 1, "wrong  database")
	heal()
	w.contains(w.run("doctor"), 0, "is sound")
	if n := w.count("SELECT count(*) FROM reservations WHERE desk = 'D1'"); n != 1 {
		t.Errorf("%d reservations", n)
	}
}

// While the requests that are under way are answered, readers of pages are told, and
// nothing more is sent.
func TestDamageStopsPhones(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		h.check = make(chan error)
		h.start()
		h.book(2 * time.Hour)
		time.Sleep(time.Minute)
		if status, body := h.get("/readyz"); status != http.StatusOK || !strings.Contains(body, underCheck) {
			t.Errorf("meanwhile: %d %s", status, body)
		}
		h.freeze() // the sweep's questions are under way from now on
		time.Sleep(6 * time.Minute)
		before := len(h.phones.Stats().Requests)
		h.check <- fmt.Errorf("check database: %w", store.ErrDamaged)
		time.Sleep(time.Second)
		for _, path := range []string{"/", "/readyz", "/metrics", "/healthz"} {
			if status, body := h.get(path); status != http.StatusServiceUnavailable || !strings.Contains(body, "The database is damaged") {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		h.thaw()
		if err := <-h.ended; !errors.Is(err, store.ErrDamaged) || exitCode(err) != exitRefuses {
			t.Errorf("ended with %v", err)
		}
		if after := len(h.phones.Stats().Requests); after > before+1 {
			t.Errorf("%d requests after the damage was found", after-before)
		}
		h.ended <- nil
		h.stop()
	})
}

// A daemon that is to end does not wait for the check, also not for one of a large file.
func TestEndDuringCheck(t *testing.T) {
	w := newWorld(t).furnish()
	w.slow(5000)
	d := w.serve()
	began := time.Now()
	if code := d.stop(); code != 0 || strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("exit code %d after %v:\n%s", code, time.Since(began), d.log)
	}
}

// examination is the check of the house's database, which waits for h.check.
func (h *house) examination(ctx context.Context) *daemon.Examination {
	if h.check == nil {
		return nil
	}
	return daemon.Examine(ctx, func(ctx context.Context) error {
		select {
		case err := <-h.check:
			return errors.Join(err, h.store.Check(ctx))
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}
