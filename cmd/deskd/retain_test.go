package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"deskd/configs"
	"deskd/scheduler"
	"deskd/store"
)

// At night the names go out of what has been over for retention.people, and what
// explains such a day says so. A clock that was set far ahead removes none.
func TestNamesGoAtNight(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("deskd.yaml", w.config()+"retention: {people: 240h}\n")
	w.exec(`INSERT INTO reservations (id, desk, person, starts_at, ends_at, note) VALUES
		('old', 'D1', 'user0001', '2026-01-05T08:00:00Z', '2026-01-05T12:00:00Z', 'window please'),
		('new', 'D1', 'user0001', '2026-01-12T08:00:00Z', '2026-01-12T12:00:00Z', 'window please')`)
	c, err := configs.Load(w.path("deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, c.Database.DSN, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	moved := time.Duration(0)
	a, err := newParts(c, st, slog.New(slog.DiscardHandler), scheduler.MovedClock(func() time.Duration { return moved }))
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(a)
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)
	moved = 25 * time.Hour
	if err := d.retain(ctx, night); err == nil || !strings.Contains(err.Error(), "no names and no old rows are removed: the clock was set forward by 25h0m0s") {
		t.Errorf("retention by a wrong clock: %v", err)
	}
	named := func() string {
		return fmt.Sprint(w.count("SELECT count(*) FROM reservations WHERE person <> ''"), w.count("SELECT count(*) FROM reservations WHERE note <> ''"))
	}
	if named() != "2 2" {
		t.Errorf("by a wrong clock: %s", named())
	}
	s := &server{reread: func() (configs.Config, error) { return c, nil }, output: io.Discard}
	s.current.Store(d)
	reloaded, err := s.rebuild(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := reloaded.retain(ctx, night); err == nil || named() != "2 2" {
		t.Errorf("by a wrong clock after a reload: %s, %v", named(), err)
	}
	moved = time.Hour // summer time, set by hand
	if err := d.retain(ctx, night); err != nil {
		t.Error(err)
	}
	if named() != "1 1" || w.count("SELECT count(*) FROM reservations WHERE anonymised = 1 AND id <> 'old'") != 1 {
		t.Errorf("after the night: %s", named())
	}
	w.contains(w.run("list", "reservations", "--since", "2026-01-01 00:00", "--until", "2026-02-01 00:00"), 0, "(names removed)", "user0001")
	w.contains(w.run("list", "audit"), 0, "anonymise", "database", "names", `"reservations":1`)
}
