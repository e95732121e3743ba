package postgres

import (
	"context"
	"testing"
	"time"
)

// A node hears of what others commit as soon as they have, also after its connection was
// ended, and stops to listen when it is told.
func TestListen(t *testing.T) {
	t.Parallel()
	a, _, conn := twoNodes(t)
	hearing, stop := context.WithCancel(ctx)
	defer stop()
	hints := a.Listen(hearing)
	hears := func(what string, within time.Duration) {
		t.Helper()
		select {
		case <-hints:
		case <-time.After(within):
			t.Fatalf("not told of %s", what)
		}
	}
	quiet := func() {
		t.Helper()
		for {
			select {
			case <-hints:
			case <-time.After(300 * time.Millisecond):
				return
			}
		}
	}
	const book = "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.12', 'jane', date_trunc('second', now()), date_trunc('second', now()) + interval '1 hour')"
	hears("the beginning", 10*time.Second)
	quiet()
	execute(t, conn, book)
	hears("a booking", 10*time.Second)
	if changed, err := a.Changed(ctx); err != nil || !changed {
		t.Errorf("changed: %v, %v", changed, err)
	}
	quiet()

	execute(t, conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'deskd listens'")
	hears("a new beginning", 10*listenAgain)
	quiet()
	execute(t, conn, "UPDATE reservations SET status = 'cancelled'")
	hears("a cancellation", 10*time.Second)

	stop()
	left := 1
	for range 100 {
		if check(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'deskd listens'").Scan(&left)); left == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	same(t, "connections that listen", 0, left)
}
