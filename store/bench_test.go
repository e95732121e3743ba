package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

const (
	benchDesks = 10_000
	benchRows  = 1_000_000 // 100 a desk: two a day for 50 days, half of them past
)

// benchStore is a store of a million reservations, built by SQL as another
// program would.
func benchStore(b *testing.B) *Store {
	b.Helper()
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	furnish(b, s)
	for _, fill := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO desks (id, site, cluster, device) SELECT 'D' || i, 'berlin', 'main', printf('SEP%%012X', i + 4096) FROM n`, benchDesks),
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO people (id, name) SELECT 'user' || i, 'User ' || i FROM n`, benchDesks),
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)
			INSERT INTO reservations (desk, person, starts_at, ends_at)
			SELECT 'D' || (i %% %d + 1), 'user' || ((i * 7919) %% %d + 1),
				strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', '2026-03-02T00:00:00Z', (i / %d / 2 - 25) || ' days', (8 + i / %d %% 2 * 4) || ' hours'),
				strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', '2026-03-02T00:00:00Z', (i / %d / 2 - 25) || ' days', (12 + i / %d %% 2 * 4) || ' hours')
			FROM n`, benchRows, benchDesks, benchDesks, benchDesks, benchDesks, benchDesks, benchDesks),
	} {
		check(b, writer(s).Exec(fill).Error)
	}
	return s
}

// One million reservations; the figures are those of a query at the middle.
func BenchmarkMillion(b *testing.B) {
	s := benchStore(b)
	day := reservations.Span{Start: at(1, 0), End: at(25, 0)}
	b.Run("NextStart", func(b *testing.B) {
		for b.Loop() {
			if t := must(s.NextStart(ctx, at(1, 0)))(b); !t.Equal(at(4, 0)) {
				b.Fatal(t)
			}
		}
	})
	b.Run("NextEnd", func(b *testing.B) {
		for b.Loop() {
			if t := must(s.NextEnd(ctx, at(1, 0)))(b); !t.Equal(at(4, 0)) {
				b.Fatal(t)
			}
		}
	})
	b.Run("Reservations24h", func(b *testing.B) {
		for b.Loop() {
			if rs := must(s.Reservations(ctx, day))(b); len(rs) != 3*benchDesks {
				b.Fatal(len(rs))
			}
		}
	})
	b.Run("ReservationsNow", func(b *testing.B) {
		for b.Loop() {
			if rs := must(s.Reservations(ctx, reservations.Span{Start: at(1, 0), End: at(1, 1)}))(b); len(rs) != benchDesks {
				b.Fatal(len(rs))
			}
		}
	})
	b.Run("InvalidRows24h", func(b *testing.B) {
		for b.Loop() {
			if rs := must(s.InvalidRows(ctx, day))(b); len(rs) != 0 {
				b.Fatal(len(rs))
			}
		}
	})
	b.Run("ReserveCancel", func(b *testing.B) {
		for b.Loop() {
			r := book(b, s, "D5000", "user1", reservations.Span{Start: at(8, 0), End: at(9, 0)})
			must(s.Cancel(ctx, r.ID, at(0, 0)))(b)
		}
	})
}

// What it costs to open a database of this version, and to close it.
func BenchmarkOpen(b *testing.B) {
	w := newSQLite(b)
	for b.Loop() {
		check(b, w.open(b).Close())
	}
}

func BenchmarkBeginFinish(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	for b.Loop() {
		a := must(s.Begin(ctx, attempt("4.12", at(0, 0))))(b)
		a.Outcome = plan.Done
		check(b, s.Finish(ctx, a, plan.Observation{Device: a.Device, Person: a.Person}))
	}
}

func BenchmarkSee10000(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	seen := make([]plan.Observation, 10_000)
	for i := range seen {
		seen[i] = plan.Observation{
			Device: fmt.Sprintf("SEP%012X", i), Person: fmt.Sprint("user", i), Exists: true, Known: true,
			Since: at(0, 0), At: at(0, 0).Add(time.Duration(i) * time.Millisecond),
		}
	}
	for b.Loop() {
		check(b, s.See(ctx, seen))
	}
}

// BenchmarkApplyFeed adds ten thousand events and withdraws them again.
func BenchmarkApplyFeed(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	events := make([]reservations.Reservation, 10_000)
	for i := range events {
		events[i] = event(fmt.Sprint(i), fmt.Sprint("D", i%500), "jane", i/500*2, i/500*2+2)
	}
	state := reservations.FeedState{Name: "hq", Checked: at(0, 0)}
	for b.Loop() {
		_, err := s.ApplyFeed(ctx, state, reservations.Change{Add: events}, nil)
		check(b, err)
		stored := must(s.FeedReservations(ctx, "feed:hq", span(0, 1000)))(b)
		_, err = s.ApplyFeed(ctx, state, reservations.Change{Drop: stored}, nil)
		check(b, err)
	}
}

// BenchmarkForget takes the names out of a million reservations that are over, as
// many rows of the audit and half as many attempts, while another program books;
// before, it erases a person with 100 bookings.
func BenchmarkForget(b *testing.B) {
	s := benchStore(b)
	must(s.ChainAudit(ctx))(b)
	check(b, writer(s).Exec(`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at,
			cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		SELECT 'main', 'login', desk, 'SEP' || desk, person, '', id, '', '', '', '', 'start', person || ' has booked the desk', '', '', 'done', 0, '',
			replace(starts_at, 'Z', '.000Z'), '', '' FROM reservations WHERE ends_at < '2026-03-02T08:00:00Z'`).Error)
	other := openFile(b, lite(s).Path(), Options{})
	longest, stop, stopped := time.Duration(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			began := time.Now()
			book(b, other, "4.12", "jane", span(i, i+1))
			longest = max(longest, time.Since(began))
		}
	}()
	b.Run("Erase", func(b *testing.B) {
		longest = 0
		n := 0
		for b.Loop() {
			n++
			must(s.Erase(ctx, fmt.Sprint("user", n), time.Hour, at(9, 0)))(b)
		}
		b.ReportMetric(float64(longest.Milliseconds()), "ms-longest-wait")
	})
	b.Run("Anonymise", func(b *testing.B) {
		longest = 0
		for b.Loop() {
			done := must(s.Anonymise(ctx, later(), later()))(b)
			b.ReportMetric(float64(done.Reservations), "reservations")
			b.ReportMetric(float64(done.Attempts), "attempts")
			b.ReportMetric(float64(done.Audit), "redacted")
		}
		b.ReportMetric(float64(longest.Milliseconds()), "ms-longest-wait")
	})
	close(stop)
	<-stopped
}

// A journal of a hundred thousand attempts of the last minute: all of them read
// one by one, as at the start of the daemon, and the newest five hundred.
func BenchmarkLongJournal(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
	furnish(b, s)
	check(b, writer(s).Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000)
		INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, known_at,
			cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
		SELECT 'main', 'login', '4.11', 'SEP000000000011', 'jane', '', 'r', t, t, t, t, t, 'start', 'why', t, t, 'refused', 6, '', t, t, t
		FROM (SELECT i, strftime('%Y-%m-%dT%H:%M:%fZ', '2026-03-02 08:00', (i / 1000.0) || ' seconds') t FROM n)`).Error)
	for name, read := range map[string]func() int{
		"all": func() (n int) {
			check(b, s.EachAttempt(ctx, at(0, 0), func(plan.Attempt) { n++ }))
			return n
		},
		"newest": func() int { return 99_500 + len(must(s.ListAttempts(ctx, plan.AttemptFilter{Limit: 500}))(b)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := read(); n != 100_000 {
					b.Fatal(n)
				}
			}
		})
	}
}
