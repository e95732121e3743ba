package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// refused reports each statement that is carried out although it should not be, and
// takes it back.
func refused(t *testing.T, db *sql.DB, statements map[string]string) {
	t.Helper()
	for what, statement := range statements {
		execute(t, db, "SAVEPOINT before")
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s: %s is done", what, statement)
		} else if !strings.Contains(err.Error(), "the audit is append-only") && !strings.Contains(err.Error(), "the row of self is deskd's") {
			t.Errorf("%s: %s: %v", what, statement, err)
		}
		execute(t, db, "ROLLBACK TO before", "RELEASE before")
	}
}

// aged is a database whose audit is two days old, but for row 5, and in which
// row 4 was never chained.
func aged(t *testing.T) *sql.DB {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	db.SetMaxOpenConns(1)
	for i := range 6 {
		book(t, s, "4.12", "jane", span(i, i+1))
	}
	unguarded(t, db, func() {
		execute(t, db, "UPDATE audit SET at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 days') WHERE id <> 5", "UPDATE audit SET hash = '' WHERE id = 4")
	})
	return db
}

// begins is the statement that lets the audit begin behind a row.
func begins(row int) string {
	return fmt.Sprintf("UPDATE self SET audit_pruned = %d, audit_hash = (SELECT hash FROM audit WHERE id = %[1]d)", row)
}

// The audit's beginning moves forward alone, with the row's own hash, past nothing
// young, and takes nothing else of self with it: also where rows are old enough.
func TestBeginningOfTheAudit(t *testing.T) {
	db := aged(t)
	execute(t, db, begins(2))
	refused(t, db, map[string]string{
		"another id":              begins(3) + ", id = 'x'",
		"back":                    "UPDATE self SET audit_pruned = 1, audit_hash = (SELECT hash FROM audit WHERE id = 1)",
		"another hash":            "UPDATE self SET audit_pruned = 3, audit_hash = 'x'",
		"the hash of another":     "UPDATE self SET audit_pruned = 3, audit_hash = (SELECT hash FROM audit WHERE id = 2)",
		"a row that waits":        begins(4),
		"past a row of today":     begins(6),
		"a row of today":          begins(5),
		"a row that is not there": "UPDATE self SET audit_pruned = 99, audit_hash = 'x'",
		"a row that stays":        "DELETE FROM audit WHERE id = 3",
	})
	execute(t, db, begins(3), "DELETE FROM audit WHERE id <= 3") // the guard is on the deed, not on who does it
}

// The number of a row that is gone is not given again, though none is left.
func TestNumbersOfTheAuditAreGivenOnce(t *testing.T) {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	db.SetMaxOpenConns(1)
	must(s.ChainAudit(ctx))(t)
	unguarded(t, db, func() { execute(t, db, "UPDATE audit SET at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 days')") })
	var last int
	check(t, db.QueryRow("SELECT max(id) FROM audit").Scan(&last))
	execute(t, db, begins(last), "DELETE FROM audit")
	const row = "INSERT INTO audit (id, verb, kind, item, what) VALUES (%d, 'insert', 'desk', 'x', '{}')"
	refused(t, db, map[string]string{"the first": fmt.Sprintf(row, 1), "the last": fmt.Sprintf(row, last)})
	execute(t, db, fmt.Sprintf(row, last+1))
}

// A row of the audit that is signed, chained or redacted is changed in nothing else,
// and begins with nothing that only deskd gives.
func TestRowsOfTheAuditKeepTheirColumns(t *testing.T) {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	db.SetMaxOpenConns(1)
	book(t, s, "4.12", "jane", span(0, 1))
	execute(t, db, `INSERT INTO reservations (desk, starts_at, ends_at) VALUES ('4.11', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z')`)
	const (
		sign   = "UPDATE audit SET actor = 'cli:max', verb = 'import', proof = 'x'"
		chain  = "UPDATE audit SET hash = 'x', digest = 'x', proof = 'x'"
		redact = "UPDATE audit SET item = '', what = '', salt = ''"
		waits  = " WHERE hash = ''"
		first  = " WHERE id = 1"
	)
	wrong := map[string]string{
		"signed as nobody":            "UPDATE audit SET actor = 'sql', verb = 'import', proof = 'x'" + waits,
		"signed with a plain verb":    "UPDATE audit SET actor = 'cli:max', verb = 'insert', proof = 'x'" + waits,
		"signed with a digest":        sign + ", digest = 'x'" + waits,
		"signed without a proof":      "UPDATE audit SET actor = 'cli:max', verb = 'import'" + waits,
		"chained without a proof":     "UPDATE audit SET hash = 'x', digest = 'x'" + waits,
		"signed when it is chained":   sign + first,
		"chained when it is chained":  chain + first,
		"redacted while it waits":     redact + waits,
		"redacted, but for its item":  "UPDATE audit SET what = '', salt = ''" + first,
		"redacted, but for its what":  "UPDATE audit SET item = '', salt = ''" + first,
		"redacted, but for its salt":  "UPDATE audit SET item = '', what = ''" + first,
		"redacted, but for all three": "UPDATE audit SET id = id" + first,
	}
	for _, column := range []string{"id", "at", "kind", "item", "what", "salt"} {
		wrong["signed with another "+column] = sign + ", " + column + " = 77" + waits
		wrong["chained with another "+column] = chain + ", " + column + " = 77" + waits
	}
	for _, column := range []string{"id", "at", "actor", "verb", "kind", "digest", "hash", "proof"} {
		wrong["redacted with another "+column] = redact + ", " + column + " = 77" + first
	}
	for _, column := range []string{"actor", "digest", "hash", "proof"} {
		wrong["made with "+column] = "INSERT INTO audit (verb, kind, item, what, " + column + ") VALUES ('insert', 'desk', 'x', '{}', 'x')"
	}
	wrong["made with a verb"] = "INSERT INTO audit (verb, kind, item, what) VALUES ('import', 'desk', 'x', '{}')"
	refused(t, db, wrong)

	execute(t, db, sign+waits)
	refused(t, db, map[string]string{"signed twice": "UPDATE audit SET actor = 'cli:eve', verb = 'cancel', proof = 'y'" + waits})
	execute(t, db, redact+first, chain+waits) // and these are the deeds that there are
}

// Every change of a booking is in the audit; the one that is not is to take the name,
// and nothing else, out of one that is over.
func TestAuditSeesEveryColumn(t *testing.T) {
	w := newSQLite(t)
	s, db := w.open(t), w.raw(t)
	db.SetMaxOpenConns(1)
	book(t, s, "4.12", "jane", span(-100_000, -99_999)) // over, whatever the clock says
	const empty = "person = '', note = '', uid = '', why = '', anonymised = 1"
	seen := func(what, set string, want int) {
		t.Helper()
		var before, after int
		const count = "SELECT count(*) FROM audit"
		check(t, db.QueryRow(count).Scan(&before))
		execute(t, db, "SAVEPOINT before", "UPDATE reservations SET "+set)
		check(t, db.QueryRow(count).Scan(&after))
		execute(t, db, "ROLLBACK TO before", "RELEASE before")
		if after-before != want {
			t.Errorf("%s: %d rows, want %d", what, after-before, want)
		}
	}
	columns := map[string]string{
		"desk": "desk = '4.11'", "starts_at": "starts_at = strftime('%Y-%m-%dT%H:%M:%SZ', starts_at, '-1 minute')",
		"ends_at": "ends_at = strftime('%Y-%m-%dT%H:%M:%SZ', ends_at, '+1 minute')", "status": "status = 'cancelled'",
	}
	for column, set := range columns {
		seen(column, set, 1)
		seen(column+", as its name goes", set+", "+empty, 1)
	}
	for _, set := range []string{"id = 'other'", "person = 'max'", "person = 'JANE'", "source = 'import'", "note = 'x'"} {
		seen(set, set, 1)
	}
	seen("line and uid", "line = 7, uid = 'x'", 0)
	seen("the name", empty, 0)
	execute(t, db, "UPDATE reservations SET "+empty)
	seen("the source of one without a name", "source = 'import'", 1)
}
