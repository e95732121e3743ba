package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/imports"
)

// plainInsert is a booking as another program writes it.
const plainInsert = `INSERT INTO reservations (desk, person, starts_at, ends_at, source) VALUES (?, ?, ?, ?, 'import')`

// plainly inserts rows as the plainest program would: one statement, compiled once, in one
// transaction. The database has deskd's schema, so that its triggers check each row and
// write its row of the audit; nobody chains that.
func plainly(b *testing.B, path string, rows []reservations.Reservation) {
	b.Helper()
	db := must(sql.Open("sqlite", rawName(path, "5000")+"&_pragma=secure_delete(ON)&_pragma=synchronous(FULL)"))(b)
	defer db.Close()
	tx := must(db.BeginTx(ctx, nil))(b)
	insert := must(tx.PrepareContext(ctx, plainInsert))(b)
	defer insert.Close()
	for _, r := range rows {
		_, err := insert.ExecContext(ctx, r.Desk, r.Person, r.Start.Format(dialect.SecondForm), r.End.Format(dialect.SecondForm))
		check(b, err)
	}
	check(b, tx.Commit())
}

// chained is the same with the audit signed and chained, in one transaction as well: what an
// import would be that checks nothing and lets nobody else write.
func chained(b *testing.B, s *Store, rows []reservations.Reservation) {
	b.Helper()
	check(b, s.audit.Change(ctx, "import", func(tx *gorm.DB) error {
		for _, r := range rows {
			if err := dialect.ExecEach(tx, plainInsert, r.Desk, r.Person, dialect.Second{Time: r.Start}, dialect.Second{Time: r.End}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// house is an empty database with so many desks and two people a desk.
func house(b *testing.B, desks int) (*Store, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "desk.db")
	s := openFile(b, path, Options{})
	furnish(b, s)
	for _, fill := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
			INSERT INTO desks (id, site, cluster, device) SELECT 'D' || i, 'berlin', 'main', printf('SEP%012X', i + 4096) FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 2 * ?)
			INSERT INTO people (id, name) SELECT 'user' || i, 'User ' || i FROM n`,
	} {
		check(b, writer(s).Exec(fill, desks).Error)
	}
	must(s.ChainAudit(ctx))(b)
	return s, path
}

// bookingsOf are n bookings of as many desks, a day after the other.
func bookingsOf(n, desks int) []reservations.Reservation {
	rows := make([]reservations.Reservation, n)
	for i := range rows {
		day := i / desks
		rows[i] = reservations.Reservation{Desk: fmt.Sprint("D", i%desks), Person: fmt.Sprint("user", i*7919%(2*desks)), Span: span(24*day, 24*day+9)}
	}
	return rows
}

// cost is what something took, by the clock and of the processor.
type cost struct{ wall, cpu time.Duration }

func costOf(do func()) cost {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before) // it knows itself
	began := time.Now()
	do()
	wall := time.Since(began)
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	return cost{wall, time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())}
}

// BenchmarkImport imports a hundred thousand bookings of a thousand desks, and the same file
// again, beside two peers that write the same rows in one transaction each: plain INSERTs,
// and INSERTs whose audit is chained. The ratios are to these. How long others wait for an
// import is a part of BenchmarkLongestHold.
func BenchmarkImport(b *testing.B) {
	const n, desks = 100_000, 1000
	rows := bookingsOf(n, desks)
	for b.Loop() {
		_, path := house(b, desks)
		plain := costOf(func() { plainly(b, path, rows) })
		s, _ := house(b, desks)
		withAudit := costOf(func() { chained(b, s, rows) })
		s, _ = house(b, desks)
		run := func() imports.Imported { return must(s.ImportReservations(ctx, rows, false, at(0, 0)))(b) }
		var imported, again cost
		heap := peakHeap(func() {
			imported = costOf(func() { same(b, "added", n, run().Added) })
			again = costOf(func() { same(b, "unchanged", n, run().Unchanged) })
		})
		for unit, c := range map[string]cost{"plain": plain, "chained": withAudit, "import": imported, "again": again} {
			b.ReportMetric(c.wall.Seconds(), "s-"+unit)
			b.ReportMetric(c.cpu.Seconds(), "cpu-s-"+unit)
		}
		b.ReportMetric(imported.wall.Seconds()/plain.wall.Seconds(), "x-plain")
		b.ReportMetric(imported.cpu.Seconds()/plain.cpu.Seconds(), "cpu-x-plain")
		b.ReportMetric(imported.cpu.Seconds()/withAudit.cpu.Seconds(), "cpu-x-chained")
		b.ReportMetric(float64(heap)/(1<<20), "MB-heap")
		b.ReportMetric(0, "ns/op")
	}
}

// peakHeap samples the heap while do runs, and returns by how much it was larger than
// before, in bytes.
func peakHeap(do func()) uint64 {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	before, peak := now.HeapInuse, now.HeapInuse
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapInuse)
			}
		}
	}()
	do()
	close(over)
	<-ended
	return peak - before
}
