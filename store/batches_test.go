package store

import (
	"fmt"
	"testing"
	"time"

	"modernc.org/sqlite"

	"deskd/reservations"
)

// transactions counts the rows that each transaction of a store changes, those of
// its triggers included: how long others wait for one follows from that.
type transactions struct {
	rows, largest, count int
}

// watchTransactions counts those of s from now on, where it is a file: how many rows a
// transaction changes is the store's doing, whatever the database.
func watchTransactions(t *testing.T, s *Store) *transactions {
	t.Helper()
	var seen transactions
	if len(filesOf(s)) == 0 {
		return &seen
	}
	db := must(writer(s).DB())(t)
	c := must(db.Conn(ctx))(t)
	defer c.Close()
	check(t, c.Raw(func(driver any) error {
		hooks := driver.(sqlite.HookRegisterer)
		hooks.RegisterPreUpdateHook(func(sqlite.SQLitePreUpdateData) { seen.rows++ })
		hooks.RegisterRollbackHook(func() { seen.rows = 0 })
		hooks.RegisterCommitHook(func() int32 {
			seen.largest, seen.count, seen.rows = max(seen.largest, seen.rows), seen.count+1, 0
			return 0
		})
		return nil
	}))
	return &seen
}

// Whatever has many rows to write or to remove does so in transactions that are as
// small whether they are three thousand or three million, so that the daemon can
// record a login between two of them.
func TestTransactionsStaySmall(t *testing.T) {
	noRaces(t)
	n := orShort(3000, 300)
	var booked []reservations.Reservation
	var desks []reservations.Desk
	var people []reservations.Person
	for i := range n {
		booked = append(booked, reservations.Reservation{Desk: "5.01", Person: "jane", Span: span(i, i+1)})
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("x", i), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012X", i+4096)})
		people = append(people, reservations.Person{ID: fmt.Sprint("x", i)})
	}
	byOthers := func(t *testing.T, s *Store) {
		check(t, writer(s).Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?-1) INSERT INTO reservations (desk, person, starts_at, ends_at)
			SELECT '4.11', 'jane', strftime('%Y-%m-%dT%H:%M:%SZ', '2026-03-02', i || ' minutes'), strftime('%Y-%m-%dT%H:%M:%SZ', '2026-03-02', (i+1) || ' minutes') FROM n`, n).Error)
	}
	attempts := func(t *testing.T, s *Store) {
		check(t, writer(s).Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?-1)
			INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at,
				cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
			SELECT 'main', 'login', '4.11', 'SEP000000000011', 'jane', '', 'r', '', '', '', '', 'start', '', '', '', 'done', 0, '', '2026-03-02T08:00:00.000Z', '', '' FROM n`, n).Error)
	}
	keys := func(t *testing.T, s *Store) {
		check(t, writer(s).Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?-1)
			INSERT INTO reservation_keys SELECT i, 'r', '', '2026-03-02T08:00:00.000Z' FROM n`, n).Error)
	}
	// An imported row is a row of its table, one of the audit, which is chained, and
	// for desks and people their names. The numbers are those of docs/database.md.
	const imported, chained, removed = 3 * 250, 500, 1000
	for _, c := range []struct {
		what   string
		before func(*testing.T, *Store)
		run    func(*Store) (int, error)
		most   int
	}{
		{"import of reservations", nil, func(s *Store) (int, error) {
			im, err := s.ImportReservations(ctx, booked, false, at(0, 0))
			return im.Added, err
		}, imported},
		{"import of desks", nil, func(s *Store) (int, error) {
			im, err := s.ImportDesks(ctx, desks, false)
			return im.Added, err
		}, imported},
		{"import of people", nil, func(s *Store) (int, error) {
			im, err := s.ImportPeople(ctx, people, false)
			return im.Added, err
		}, imported},
		{"a feed's change", nil, func(s *Store) (int, error) {
			_, err := s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(0, 0)}, reservations.Change{Add: manyEvents(n)}, nil)
			return n, err
		}, 3*50 + 10},
		{"import while rows of another program wait", byOthers, func(s *Store) (int, error) {
			im, err := s.ImportReservations(ctx, booked, false, at(0, 0))
			return im.Added, err
		}, imported},
		{"chaining of another program's rows", byOthers, func(s *Store) (int, error) { return s.ChainAudit(ctx) }, chained},
		{"attempts that are too old", attempts, func(s *Store) (int, error) { return s.PruneAttempts(ctx, at(1, 0)) }, removed},
		{"keys that are too old", keys, func(s *Store) (int, error) { return s.PruneKeys(ctx, at(1, 0)) }, removed},
		{"audit that is too old", func(t *testing.T, s *Store) { byOthers(t, s); must(s.ChainAudit(ctx))(t); ageless(t, s) }, func(s *Store) (int, error) {
			return s.PruneAudit(ctx, time.Now().Add(time.Hour))
		}, removed + 3}, // and the row that says so, chained, and where the audit begins
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.what != "a feed's change" {
				long(t, "three thousand rows; a feed's change stands for all")
			}
			s := newSQLite(t).open(t)
			if c.before != nil {
				c.before(t, s)
			}
			seen := watchTransactions(t, s)
			done, err := c.run(s)
			check(t, err)
			if done < n {
				t.Errorf("%d of %d done", done, n)
			}
			t.Logf("%d transactions, the largest of %d rows", seen.count, seen.largest)
			if seen.largest > c.most || seen.count < 3 {
				t.Errorf("%d transactions, the largest of %d rows, allowed are %d", seen.count, seen.largest, c.most)
			}
			sound(t, s)
		})
	}
}
