package daemon

import (
	"bytes"
	"context"
	"deskd/scheduler/clock"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
)

// A head is written once an hour, if there is a new one; what cannot be written is
// said once and tried again; and a head that the audit does not contain is said.
func TestHeadsEveryHour(t *testing.T) {
	ctx := context.Background()
	c, st := installation(t, "")
	var log bytes.Buffer
	moved := time.Duration(0)
	a, err := NewParts(c, st, slog.New(slog.NewTextHandler(&log, nil)), clock.MovedClock(func() time.Duration { return moved }))
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	name := c.Database.AnchorsPath()
	heads := func(when string, written, told int) {
		t.Helper()
		d.anchor(ctx)
		text, _ := os.ReadFile(name)
		if n := bytes.Count(text, []byte("\n")); n != written {
			t.Errorf("%s: %d heads are written, want %d", when, n, written)
		}
		if n := strings.Count(log.String(), "audit head"); n != told {
			t.Errorf("%s: %d heads are told, want %d", when, n, told)
		}
	}
	change := func() {
		execSQL(t, c, "INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('D1', '2030-01-01T08:00:00Z', '2030-01-01T09:00:00Z')")
		execSQL(t, c, "DELETE FROM reservations")
		if _, err := st.ChainAudit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	heads("at the start", 1, 1)
	change()
	moved = 59 * time.Minute
	heads("within the hour", 1, 1)
	moved = 61 * time.Minute
	heads("after an hour", 2, 2)
	moved = 5 * time.Hour
	heads("nothing is new", 2, 2)

	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Remove(name), os.Mkdir(name, 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	change()
	heads("it cannot be written", 0, 3)
	heads("nor again", 0, 3)
	if n := strings.Count(log.String(), "anchors of the audit cannot be written"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	heads("it can again", 1, 3)

	row := strings.Fields(string(whole))
	row[3] = strings.Repeat("0", 64)
	writeFile(t, name, strings.Join(row[:4], " ")+"\n")
	d.verify(ctx)
	if !strings.Contains(log.String(), "audit does not contain a head that it had") {
		t.Errorf("the log: %s", log.String())
	}
	writeFile(t, name, string(whole))
	d.verify(ctx)
	if !strings.Contains(log.String(), "audit is as it was written again") {
		t.Errorf("the log: %s", log.String())
	}
}
