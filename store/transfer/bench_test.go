package transfer

import (
	"path/filepath"
	"testing"

	"deskd/store"
)

// A large installation: as many bookings, attempts and rows of the audit.
const many = 100_000

func largeFile(b *testing.B) string {
	b.Helper()
	path := newFile(b)
	db := raw(b, path)
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
			INSERT INTO reservations (desk, person, starts_at, ends_at, note) SELECT 'D' || (i % 5000), 'user' || (i % 7000),
			strftime('%Y-%m-%dT%H:%M:%SZ', 1772400000 + i / 5000 * 86400, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%SZ', 1772428800 + i / 5000 * 86400, 'unixepoch'), 'by the window' FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
			INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
			SELECT 'main', 'login', 'D' || (i % 5000), 'SEP' || printf('%012d', i % 5000), 'user' || (i % 7000), '', hex(randomblob(16)), t, t, t, '', 'start', 'the booking has started', t, '', 'done', 0, '', t, t, t
			FROM (SELECT i, strftime('%Y-%m-%dT%H:%M:%fZ', 1772400000 + i, 'unixepoch') AS t FROM n)`,
	} {
		_, err := db.Exec(statement)
		check(b, err)
	}
	check(b, db.Close())
	s, err := store.Open(ctx, path, store.Options{})
	check(b, err)
	_, err = s.ChainAudit(ctx)
	check(b, err)
	check(b, s.Close())
	return path
}

// What a move takes, there and back, with its proof.
func BenchmarkMove(b *testing.B) {
	path := largeFile(b)
	for b.Loop() {
		dsn := newServer(b)
		r, err := ToServer(ctx, path, dsn, Options{})
		check(b, err)
		there := b.Elapsed()
		if r.Rows() < 3*many {
			b.Fatalf("%d rows", r.Rows())
		}
		_, err = ToFile(ctx, dsn, filepath.Join(b.TempDir(), "back.db"), Options{})
		check(b, err)
		b.ReportMetric(there.Seconds(), "s/there")
		b.ReportMetric((b.Elapsed() - there).Seconds(), "s/back")
	}
}
