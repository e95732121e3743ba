package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
)

// A program that writes in a tight loop, and frees the lock for moments only, keeps
// nobody from writing for as long as a booking waits.
func TestBesideTightLoop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	other := openFile(t, path, Options{})
	db := must(writer(other).DB())(t)
	stop, stopped := context.WithCancel(ctx)
	ended := make(chan int)
	go func() {
		n := 0
		for stop.Err() == nil {
			if tx, err := db.BeginTx(ctx, nil); err == nil {
				_, _ = tx.Exec("UPDATE people SET name = name || 'x' WHERE id = 'max'")
				_ = tx.Commit()
				n++
			}
		}
		ended <- n
	}()
	longest := time.Duration(0)
	for i := range 20 {
		began := time.Now()
		book(t, s, "4.12", "jane", span(i, i+1)) // fails after five seconds
		longest = max(longest, time.Since(began))
	}
	stopped()
	t.Logf("the longest of 20 bookings took %v; the loop had %d transactions meanwhile", longest, <-ended)
	sound(t, s)
}

// A program that has the lock for longer than five seconds is named, and all statements
// but the first of a transaction wait as SQLite does.
func TestBusyForTooLong(t *testing.T) {
	long(t, "waits for a lock for five seconds")
	path := filepath.Join(t.TempDir(), "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	hold := writer(openFile(t, path, Options{})).Begin()
	check(t, hold.Error)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.db.Change(gone, func(*gorm.DB) error { return nil }); err == nil {
		t.Error("a booking whose caller has gone was made")
	}
	began := time.Now()
	_, err := s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 1)}, at(0, 0))
	if err == nil || !strings.Contains(err.Error(), "another process has been writing") || time.Since(began) < 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	check(t, hold.Rollback().Error)
	book(t, s, "4.12", "jane", span(0, 1))
	var timeout string
	check(t, writer(s).Raw("PRAGMA busy_timeout").Scan(&timeout).Error)
	same(t, "busy_timeout", "5000", timeout)
}
