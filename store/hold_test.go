package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// longestHold is how long nobody else could write, at the longest, while do ran:
// another program asks for the lock all the time.
func longestHold(t testing.TB, path string, do func()) (longest time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite", rawName(path, "0"))
	check(t, err)
	defer db.Close()
	conn, err := db.Conn(ctx)
	check(t, err)
	defer conn.Close()
	over := make(chan struct{})
	go func() { defer close(over); do() }()
	free := time.Now()
	for {
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err == nil {
			longest = max(longest, time.Since(free))
			_, err = conn.ExecContext(ctx, "ROLLBACK")
			check(t, err)
			free = time.Now()
		} else if !strings.Contains(err.Error(), "database is locked") {
			t.Fatal(err)
		}
		select {
		case <-over:
			return longest
		default:
			time.Sleep(200 * time.Microsecond) //nolint:forbidigo // another program's pace
		}
	}
}

// manyEvents are n bookings of a feed at two desks, each an hour.
func manyEvents(n int) []reservations.Reservation {
	all := make([]reservations.Reservation, n)
	for i := range all {
		all[i] = event(fmt.Sprint("e", i), []string{"4.11", "4.12"}[i%2], "jane", i/2, i/2+1)
	}
	return all
}

// How long the daemon's own large changes keep others from writing: the longest of
// each, in milliseconds.
func BenchmarkLongestHold(b *testing.B) {
	const n = 10_000
	state := reservations.FeedState{Name: "hq", Checked: at(0, 0)}
	far := at(10*n, 0)
	feedOf := func(b *testing.B, s *Store) []reservations.Reservation {
		return must(s.FeedReservations(ctx, "feed:hq", reservations.Span{Start: at(0, 0), End: far}))(b)
	}
	apply := func(s *Store, c reservations.Change) error {
		_, err := s.ApplyFeed(ctx, state, c, nil)
		return err
	}
	for name, run := range map[string]func(b *testing.B, s *Store) error{
		"feed adds": func(_ *testing.B, s *Store) error { return apply(s, reservations.Change{Add: manyEvents(n)}) },
		"feed updates": func(b *testing.B, s *Store) error {
			return apply(s, reservations.Change{Update: renoted(feedOf(b, s))})
		},
		"feed moves in time": func(b *testing.B, s *Store) error {
			return apply(s, reservations.Change{Update: later30(feedOf(b, s))})
		},
		"feed moves to desks": func(b *testing.B, s *Store) error {
			all := feedOf(b, s)
			for i := range all {
				all[i].Desk = fmt.Sprint("elsewhere ", i%2)
			}
			return apply(s, reservations.Change{Update: all})
		},
		"feed adds in one": func(_ *testing.B, s *Store) error { // as before
			a := feedChange{source: "feed:hq", now: at(0, 0)}
			return s.audit.Change(ctx, "apply", func(tx *gorm.DB) error { return a.apply(tx, reservations.Change{Add: manyEvents(n)}) })
		},
		"feed has problems": func(_ *testing.B, s *Store) error {
			c := reservations.Change{Wait: make([]reservations.Waiting, n)}
			for i := range c.Wait {
				c.Wait[i] = reservations.Waiting{Event: fmt.Sprint(i), Span: span(0, 1)}
			}
			_, err := s.ApplyFeed(ctx, state, c, make([]reservations.Problem, n))
			return err
		},
		"feed is held": func(b *testing.B, s *Store) error {
			h := reservations.NewHeld(reservations.Change{Drop: feedOf(b, s)}, at(1, 0))
			return errors.Join(s.HoldChange(ctx, "hq", h), s.HoldChange(ctx, "hq", h))
		},
		"what waits gets desks": func(b *testing.B, s *Store) error {
			_, err := s.Cancel(ctx, feedOf(b, s)[0].ID, at(0, 0))
			return err
		},
		"person erased": func(_ *testing.B, s *Store) error {
			_, err := s.Erase(ctx, "jane", 0, at(0, 0).AddDate(-1, 0, 0))
			return ignoreLingers(err)
		},
		"ends held and accepted": func(_ *testing.B, s *Store) error {
			held, over := manyEnds(n)
			if err := s.KeepLogouts(ctx, "main", held, nil); err != nil {
				return err
			}
			_, err := s.ReleaseLogouts(ctx, "main", "", at(0, 1))
			return errors.Join(err, s.KeepLogouts(ctx, "main", nil, over))
		},
		"import": func(b *testing.B, s *Store) error {
			im, err := s.ImportReservations(ctx, bookingsOf(n, 100), false, at(0, 0))
			same(b, "added", n, im.Added)
			return err
		},
		"feed drops":      func(b *testing.B, s *Store) error { return apply(s, reservations.Change{Drop: feedOf(b, s)}) },
		"feed is dropped": func(_ *testing.B, s *Store) error { _, err := s.DropFeed(ctx, "hq", true, at(0, 0)); return err },
		"names removed":   func(_ *testing.B, s *Store) error { _, err := s.Anonymise(ctx, far, far); return ignoreLingers(err) },
		"attempts removed": func(_ *testing.B, s *Store) error {
			_, err := s.PruneAttempts(ctx, far)
			return err
		},
		"reservations removed": func(b *testing.B, s *Store) error {
			check(b, ignoreLingers(errOf(s.Anonymise(ctx, far, far))))
			gone, err := s.Retire(ctx, far)
			same(b, "removed", n, gone)
			return err
		},
		"space given back": func(b *testing.B, s *Store) error {
			freed, err := s.Shrink(ctx)
			if freed == 0 {
				b.Error("nothing was given back")
			}
			return err
		},
		"audit chained": func(_ *testing.B, s *Store) error { _, err := s.ChainAudit(ctx); return err },
		"audit removed": func(_ *testing.B, s *Store) error { _, err := s.PruneAudit(ctx, time.Now().Add(time.Hour)); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				path := filepath.Join(b.TempDir(), "desk.db")
				s := openFile(b, path, Options{})
				furnish(b, s)
				if name == "import" {
					s, path = house(b, 100)
				}
				if name != "import" && name != "feed adds" && name != "feed adds in one" {
					check(b, apply(s, reservations.Change{Add: manyEvents(n)}))
				}
				switch name {
				case "audit removed":
					check(b, writer(s).Exec("DROP TRIGGER IF EXISTS self_follows_the_audit").Error)
				case "audit chained":
					check(b, writer(s).Exec("UPDATE reservations SET note = note || '!'").Error)
				case "space given back":
					for _, text := range []string{
						"CREATE TABLE much (x)",
						"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO much SELECT zeroblob(4000) FROM n",
						"DELETE FROM much WHERE rowid % 10 > 0", // what stays has to be moved
					} {
						check(b, writer(s).Exec(text).Error)
					}
				case "what waits gets desks":
					state := reservations.FeedState{Name: "other", Checked: at(0, 0)}
					must(s.ApplyFeed(ctx, state, reservations.Change{Add: manyEvents(n)}, nil))(b)
					check(b, writer(s).Exec("UPDATE reservations SET status = 'cancelled' WHERE source = 'feed:hq' AND id <> (SELECT id FROM reservations WHERE source = 'feed:hq' ORDER BY starts_at, desk LIMIT 1)").Error)
				case "attempts removed", "ends held and accepted":
					manyAttempts(b, s, n)
				}
				b.StartTimer()
				b.ReportMetric(float64(longestHold(b, path, func() { check(b, run(b, s)) }).Milliseconds()), "ms-held")
			}
		})
	}
}

func ignoreLingers(err error) error {
	if errors.Is(err, dialect.ErrLingers) {
		return nil
	}
	return err
}

func errOf[T any](_ T, err error) error { return err }

// later30 are rs begun half an hour later.
func later30(rs []reservations.Reservation) []reservations.Reservation {
	for i := range rs {
		rs[i].Start = rs[i].Start.Add(30 * time.Minute)
	}
	return rs
}

// renoted are rs with another note.
func renoted(rs []reservations.Reservation) []reservations.Reservation {
	for i := range rs {
		rs[i].Note += " later"
	}
	return rs
}

func manyAttempts(t testing.TB, s *Store, n int) {
	row := tables.AttemptOf(attempt("4.11", at(0, 0)))
	row.Device, row.Profile, row.Reservation, row.Outcome = "SEP000000000011", "", "r", plan.Done
	rows := make([]tables.Attempt, n)
	for i := range rows {
		rows[i] = row
	}
	check(t, s.db.Change(ctx, func(tx *gorm.DB) error { return tx.CreateInBatches(&rows, 500).Error }))
}
