package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Readers aside wait for each other, not the others for them.
func TestAside(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "deskd.db"), Options{})
	furnish(t, s)
	aside := must(s.Aside())(t)
	if again := must(s.Aside())(t); again != aside || must(again.Aside())(t) != aside {
		t.Error("another one at the second call")
	}
	db := must(aside.db.Read(ctx).DB())(t)
	for range db.Stats().MaxOpenConnections { // all of them are at work
		conn := must(db.Conn(ctx))(t)
		defer conn.Close() //nolint:errcheck // with the store
	}
	short, stop := context.WithTimeout(ctx, 10*time.Millisecond)
	defer stop()
	if _, err := aside.People(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more reader aside: %v", err)
	}
	same(t, "people", 3, len(must(s.People(ctx))(t)))
	book(t, s, "4.11", "jane", span(1, 2))
	if _, err := aside.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(3, 4)}, at(-1, 0)); !errors.Is(err, dialect.ErrReadOnly) {
		t.Errorf("a change aside: %v", err)
	}
}
