package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// The daemon writes the marker once a minute, as long as there is something new to
// say: no copy that lacks more is taken for the database.
func TestMarkerEveryMinute(t *testing.T) {
	notShort(t, "lives through minutes of a daemon")
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		h.start()
		read := func() string {
			text, err := os.ReadFile(h.path("deskd.db.marker"))
			h.ok(err)
			return string(text)
		}
		var written []int
		last := read()
		for second := range 290 {
			if second%20 == 0 {
				h.exec("INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('D1', ?1, ?2)",
					time.Date(2060, 1, 1, second, 0, 0, 0, time.UTC).Format(time.RFC3339), time.Date(2060, 1, 1, second+1, 0, 0, 0, time.UTC).Format(time.RFC3339))
			}
			time.Sleep(time.Second)
			if now := read(); now != last {
				written, last = append(written, second), now
			}
		}
		if len(written) < 4 {
			t.Errorf("written in seconds %v", written)
		}
		for i := 1; i < len(written); i++ {
			if apart := written[i] - written[i-1]; apart < 59 || apart > 61 { // it may be read in the same instant
				t.Errorf("written in seconds %v", written)
			}
		}
		h.stop()
	})
}

// The key of a booking is known for 30 days after its use, and forgotten by the
// first nightly job after that: here at half past every hour.
func TestKeysAreKeptForDays(t *testing.T) {
	notShort(t, "lives through days of a daemon")
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir)
		used := func(key string, at time.Time) {
			h.exec("INSERT INTO reservation_keys VALUES (?, 'r', '', ?)", key, at.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		job := time.Now().Truncate(time.Hour).Add(90 * time.Minute)
		used("older", job.AddDate(0, 0, -30).Add(-time.Second))
		used("younger", job.AddDate(0, 0, -30).Add(time.Minute))
		h.start()
		time.Sleep(time.Until(job.Add(10 * time.Second)))
		w := &world{t: t, folder: dir}
		if n := w.count("SELECT count(*) FROM reservation_keys WHERE key = 'older'"); n != 0 {
			t.Error("a key is known for more than 30 days")
		}
		if n := w.count("SELECT count(*) FROM reservation_keys WHERE key = 'younger'"); n != 1 {
			t.Error("a key is known for less than 30 days")
		}
		h.stop()
	})
}
