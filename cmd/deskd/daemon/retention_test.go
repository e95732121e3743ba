package daemon

import (
	"context"
	"deskd/scheduler/clock"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskd/configs"
	"deskd/store"
)

// At night the names go out of what has been over for retention.people. A clock that was set far ahead removes none.
func TestNamesGoAtNight(t *testing.T) {
	ctx := context.Background()
	c, st := installation(t, "retention: {people: 240h}\n")
	execSQL(t, c, `INSERT INTO reservations (id, desk, person, starts_at, ends_at, note) VALUES
		('old', 'D1', 'user0001', '2026-01-05T08:00:00Z', '2026-01-05T12:00:00Z', 'window please'),
		('new', 'D1', 'user0001', '2026-01-12T08:00:00Z', '2026-01-12T12:00:00Z', 'window please')`)
	moved := time.Duration(0)
	a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.MovedClock(func() time.Duration { return moved }))
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)
	moved = 25 * time.Hour
	if err := d.retain(ctx, night); err == nil || !strings.Contains(err.Error(), "no names and no old rows are removed: the clock was set forward by 25h0m0s") {
		t.Errorf("retention by a wrong clock: %v", err)
	}
	named := func() string {
		return fmt.Sprint(countSQL(t, c, "SELECT count(*) FROM reservations WHERE person <> ''"), countSQL(t, c, "SELECT count(*) FROM reservations WHERE note <> ''"))
	}
	if named() != "2 2" {
		t.Errorf("by a wrong clock: %s", named())
	}
	s := &Server{Reread: func() (configs.Config, error) { return c, nil }, Output: io.Discard}
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
	if named() != "1 1" || countSQL(t, c, "SELECT count(*) FROM reservations WHERE anonymised = 1 AND id <> 'old'") != 1 {
		t.Errorf("after the night: %s", named())
	}
}

// Nothing is removed before the database was read from end to end, and nothing of one
// that is damaged.
func TestNamesStayDuringCheck(t *testing.T) {
	c, st := installation(t, "retention: {people: 240h}\n")
	execSQL(t, c, `INSERT INTO reservations (id, desk, person, starts_at, ends_at, note) VALUES
		('old', 'D1', 'user0001', '2026-01-05T08:00:00Z', '2026-01-05T12:00:00Z', 'window please')`)
	a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 1, 20, 2, 0, 0, 0, time.UTC)
	named := func() int { return countSQL(t, c, "SELECT count(*) FROM reservations WHERE person <> ''") }
	found := make(chan error, 1)
	begin := func() {
		d.examination = Examine(t.Context(), func(context.Context) error { return <-found })
	}
	begin()
	soon, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	const stays = "no names and no old rows are removed: the database was not read from end to end: "
	if err := d.retain(soon, night); err == nil || !strings.HasPrefix(err.Error(), stays) || named() != 1 {
		t.Errorf("during the check: %v, %d with their names", err, named())
	}
	found <- store.ErrDamaged
	if err := d.retain(t.Context(), night); !errors.Is(err, store.ErrDamaged) || named() != 1 {
		t.Errorf("of a damaged database: %v, %d with their names", err, named())
	}
	begin()
	found <- nil
	if err := d.retain(t.Context(), night); err != nil || named() != 0 {
		t.Errorf("after the check: %v, %d with their names", err, named())
	}
}

// What was over long ago is removed at night, and told by log and metric; its counts stay.
func TestReservationsGoAtNight(t *testing.T) {
	c, st := installation(t, "retention: {people: 240h, reservations: 480h}\n")
	execSQL(t, c, `INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES
		('oldest', 'D1', 'user0001', '2026-01-05T08:00:00Z', '2026-01-05T12:00:00Z'),
		('named', 'D1', 'user0001', '2026-02-12T08:00:00Z', '2026-02-12T12:00:00Z')`)
	var told strings.Builder
	a, err := NewParts(c, st, slog.New(slog.NewTextHandler(&told, nil)), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 2, 20, 2, 0, 0, 0, time.UTC)
	for range 2 { // names go in the first
		if err := d.retain(t.Context(), night); err != nil {
			t.Fatal(err)
		}
	}
	if n := countSQL(t, c, "SELECT count(*) FROM reservations"); n != 1 || strings.Count(told.String(), `msg="reservations removed, their counts kept" count=1`) != 1 {
		t.Errorf("%d reservations are left\n%s", n, told.String())
	}
	if n := countSQL(t, c, "SELECT sum(bookings) FROM desk_usage WHERE period = '2026-01-05' AND site = 'berlin' AND minutes = 240"); n != 1 {
		t.Errorf("%d bookings are counted", n)
	}
	answer := httptest.NewRecorder()
	d.metrics.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", http.NoBody))
	if text := answer.Body.String(); !strings.Contains(text, `deskd_retention_removed_total{table="reservations"} 1`) {
		t.Errorf("the metric is missing:\n%s", text)
	}
}

// A phone of no desk is forgotten after 30 days; one of a desk never.
func TestPhonesGoAtNight(t *testing.T) {
	c, st := installation(t, "")
	execSQL(t, c, `INSERT INTO phones (cluster, device, source, seen_at) SELECT 'main', device, 'csv', '2025-01-01T08:00:00.000Z' FROM desks WHERE id = 'D1'`)
	execSQL(t, c, `INSERT INTO phones (cluster, device, source, seen_at) VALUES ('main', 'SEPOLD', 'csv', '2026-01-20T08:00:00.000Z'), ('main', 'SEPNEW', 'csv', '2026-01-22T08:00:00.000Z')`)
	a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.retain(t.Context(), time.Date(2026, 2, 20, 2, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if countSQL(t, c, "SELECT count(*) FROM phones") != 2 || countSQL(t, c, "SELECT count(*) FROM phones WHERE device = 'SEPOLD'") != 0 {
		t.Error("the wrong phones are forgotten")
	}
}
