package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/store"
)

// A daemon whose database was taken away sends nothing more, and ends for its
// supervisor when it has not been put back within a minute.
func TestDaemonOfReplacedDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		h.start()
		time.Sleep(10*time.Minute + time.Second) // it looks every five seconds: in four
		h.book(2 * time.Hour)
		h.ok(os.Rename(h.path("deskd.db"), h.path("deskd.db.away"))) // before a login is sent
		sent := h.phones.Stats().Requests["login"]
		time.Sleep(5500 * time.Millisecond) // probes are told what was so a second ago
		if _, text := h.get("/readyz"); !strings.Contains(text, "not at its place") {
			t.Errorf("within six seconds: %s", text)
		}
		time.Sleep(57500 * time.Millisecond)
		if status, _ := h.get("/healthz"); status != 200 {
			t.Errorf("status %d", status)
		}
		time.Sleep(2 * time.Second)
		select {
		case err := <-h.ended:
			if !errors.Is(err, store.ErrReplaced) || exitCode(err) != exitNotRight {
				t.Errorf("it ended with %v", err)
			}
		default:
			t.Error("it goes on")
		}
		if n := h.phones.Stats().Requests["login"]; n != sent {
			t.Errorf("%d logins were sent", n-sent)
		}
		h.ended <- nil
		h.stop()
	})
}

// What is removed beside the database ends the daemon at once; the next one
// finds everything that was acknowledged.
func TestDaemonWithoutWAL(t *testing.T) {
	notShort(t, "starts daemons")
	t.Parallel()
	w := newWorld(t).furnish()
	d := w.serve()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	const logins = "SELECT count(*) FROM attempts WHERE outcome = 'done'"
	eventually(t, 10*time.Second, "the booking is served", func() bool { return w.count(logins) == 1 })
	if err := os.Remove(w.path("deskd.db-wal")); err != nil {
		t.Fatal(err)
	}
	eventually(t, 15*time.Second, "the daemon ends", func() bool { return strings.Contains(d.log.String(), "deskd has ended") })
	// A reader that the daemon opens after the removal makes another of that name.
	code, log := d.stop(), d.log.String()
	if code != 1 || !strings.Contains(log, "deskd.db-wal: it was removed or moved away") && !strings.Contains(log, "deskd.db-wal: another file has taken its place") {
		t.Errorf("exit code %d\n%s", code, log)
	}
	if n := w.count(logins); n != 1 {
		t.Errorf("%d logins in the journal", n)
	}
	d = w.serve()
	w.must("reconcile")
	d.stop()
	if n := w.phones.Stats().Requests["login"]; n != 1 {
		t.Errorf("%d logins", n)
	}
}
