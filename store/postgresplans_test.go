package store

import (
	"database/sql"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// grown fills the tables that grow, by some years: Postgres plans by how much there is.
func grown(t *testing.T, w world) *sql.DB {
	t.Helper()
	db := must(writer(w.open(t)).DB())(t)
	execute(t, db,
		`INSERT INTO desks (id, site, cluster, device) SELECT 'D' || i, 'berlin', 'main', 'DEV' || i FROM generate_series(1, 100) AS i`,
		`INSERT INTO people (id) SELECT 'p' || i FROM generate_series(1, 200) AS i`,
		// Each desk of the hundred is booked on two hundred days, the last of them around the suite's.
		`INSERT INTO reservations (id, desk, person, starts_at, ends_at, source, updated_at, seen_at, status)
			SELECT 'g' || n, 'D' || (n % 100 + 1), 'p' || (n % 200 + 1), day, day + interval '9 hours', CASE n % 3 WHEN 0 THEN 'sql' ELSE 'feed:f' || n % 7 END,
				day - interval '2 days', day - interval '2 days', CASE n % 1000 WHEN 0 THEN 'conflict' WHEN 1 THEN 'withdrawn' WHEN 2 THEN 'cancelled' ELSE 'confirmed' END
			FROM (SELECT n, '2026-03-04T08:00:00Z'::timestamptz - (n / 100) * interval '1 day' AS day FROM generate_series(0, 19999) AS n) AS days`,
		`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, cause, why, due_at, not_before,
				outcome, code, error, began_at, ended_at, verified_at)
			SELECT CASE n % 3 WHEN 0 THEN 'main' ELSE 'annex' END, CASE n % 2 WHEN 0 THEN 'login' ELSE 'logout' END, 'D' || (n % 100 + 1), 'DEV' || (n % 100 + 1), 'p' || (n % 200 + 1), '', 'g' || n / 2,
				at, at, at, at, 'start', '', at, at, CASE n % 5000 WHEN 0 THEN 'unknown' WHEN 1 THEN 'held' ELSE 'done' END, 0, '', at, at, at
			FROM (SELECT n, '2026-03-04T08:00:00Z'::timestamptz - (20000 - n) * interval '5 minutes' AS at FROM generate_series(1, 20000) AS n) AS all_of_them`,
		`INSERT INTO observations (device, person, present, known, doubt, ours, reservation, since_at, seen_at) SELECT 'DEV' || i, 'p' || i, TRUE, TRUE, '', i % 2 = 0, '', now(), now() FROM generate_series(1, 100) AS i`,
		`INSERT INTO reservation_keys (key, reservation, fingerprint, used_at) SELECT 'k' || n, 'g' || n, 'f', '2026-03-04T08:00:00Z'::timestamptz - n * interval '1 minute' FROM generate_series(1, 5000) AS n`,
		`INSERT INTO requests (verb, arg, asked_at, answered_at) SELECT 'poll', 'hq', at, at FROM (SELECT '2026-03-04T08:00:00Z'::timestamptz - n * interval '1 minute' AS at FROM generate_series(1, 5000) AS n) AS those`,
		`ALTER TABLE audit DISABLE TRIGGER USER`, // of which nearly all is chained, and was made in those years
		`UPDATE audit SET hash = 'h' || id, at = '2026-03-04T08:00:00Z'::timestamptz - (26000 - id) * interval '10 minutes' WHERE id < 25500`,
		`ALTER TABLE audit ENABLE TRIGGER USER`,
		`VACUUM ANALYZE`,
		`SET enable_seqscan = off`) // what is scanned all the same cannot be sought
	return db
}

// allowedOnServer are the scans that are meant of Postgres alone.
var allowedOnServer = map[*regexp.Regexp]string{
	like("SELECT row_to_json"): "the check of the whole database reads all of it",
}

// step is a step of a plan of Postgres.
type step struct {
	Type   string `json:"Node Type"`
	Table  string `json:"Relation Name"`
	Index  string `json:"Index Name"`
	Cond   string `json:"Index Cond"`
	Filter string `json:"Filter"`
	Plans  []step `json:"Plans"`
}

// goesOn finds the parameter that says from where on a statement reads the audit. Where that is its
// first row, all rows are read, by whichever index costs least: plans are asked for with latest.
var goesOn = regexp.MustCompile(`\baudit WHERE id >= \$(\d+)`)

const latest = int64(25_400) // of some 26,000

// scannedByServer are the growing tables that Postgres's plan of a statement scans: from end to
// end, or by an index without saying where in it. One that is gone through in its order for
// the first rows of it is not.
func scannedByServer(t *testing.T, db *sql.DB, text string, vars []any) (tables, plan []string) {
	t.Helper()
	if strings.Contains(text, "$2") && !strings.Contains(text, "$1") {
		return nil, nil // a part of another statement
	}
	vars = slices.Clone(vars)
	for _, m := range goesOn.FindAllStringSubmatch(text, -1) {
		n := must(strconv.Atoi(m[1]))(t)
		vars[n-1] = latest
	}
	var told string
	if err := db.QueryRowContext(t.Context(), "EXPLAIN (FORMAT JSON) "+text, vars...).Scan(&told); err != nil {
		t.Errorf("%v: %s", err, text)
		return nil, nil
	}
	var plans []struct{ Plan step }
	check(t, json.Unmarshal([]byte(told), &plans))
	tables = plans[0].Plan.scans("", false)
	return slices.Compact(slices.Sorted(slices.Values(tables))), []string{told}
}

// scans are the growing tables that s and the steps below it scan. of is the table of a
// bitmap of one of its indexes, first says that no more than the first rows are wanted.
func (s step) scans(of string, first bool) (tables []string) {
	if s.Table == "" {
		s.Table = of
	}
	whole := s.Type == "Seq Scan" || s.Index != "" && s.Cond == "" && !slices.Contains(fewRows, s.Index) && (!first || s.Filter != "")
	if whole && slices.Contains(growing, s.Table) {
		tables = append(tables, s.Table)
	}
	first = s.Type == "Limit" || first && (s.Type == "Subquery Scan" || s.Type == "LockRows" || s.Type == "Append" || s.Type == "Merge Append" || s.Type == "Result")
	for _, p := range s.Plans {
		tables = append(tables, p.scans(s.Table, first)...)
	}
	return tables
}
