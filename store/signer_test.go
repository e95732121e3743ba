package store

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/sqlite"
)

// Rows from before the key was lost are told, not taken for forged ones; behind the
// first row of the key there is, no other one counts.
func TestFormerKey(t *testing.T) {
	path := begun(t)
	check(t, os.Remove(markerName(path)))
	s := openFile(t, path, Options{})
	report := sound(t, s)
	if report.Former == 0 || int64(report.Former) >= report.Last {
		t.Errorf("%d of %d rows are of a former key", report.Former, report.Last)
	}
	db := must(sqlite.Wrap(scratch(t, s)))(t)
	err := db.Transaction(func(tx *gorm.DB) error {
		check(t, tx.Exec("INSERT INTO audit (verb, kind, item, what) VALUES ('insert', 'desk', 'x', '{}')").Error)
		return audit.NewSigner().Chain(tx, "cli:eve", "import")
	})
	check(t, err)
	var after audit.Report
	check(t, verifyWithin(db, s.sign, &after))
	if after.Broken != report.Last+1 || !strings.Contains(after.Problem, "another key") {
		t.Errorf("%+v", after)
	}
}

// What says that rows were removed, or redacted, counts where deskd says it.
func TestDeedsOfOthersExcuseNothing(t *testing.T) {
	noRaces(t)
	for name, c := range map[string]struct {
		deed string // done past the triggers
		verb string // of the row that is to excuse it
		is   string
		want string
	}{
		"removed":                    {"DELETE FROM audit WHERE id <= 3", "prune", `{"pruned":3,"hash":"HASH","through":"2026-01-01T00:00:00Z"}`, "no row says that deskd did"},
		"redacted, as by retention":  {"UPDATE audit SET item = '', what = '', salt = '' WHERE id = 3", audit.VerbAnonymise, `{"redacted":1}`, "the first of 1 redacted rows, and deskd has redacted 0"},
		"redacted, as by an erasure": {"UPDATE audit SET item = '', what = '', salt = '' WHERE id = 3", audit.VerbErase, `{"redacted":1}`, "the first of 1 redacted rows, and deskd has redacted 0"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "desk.db")
			s := openFile(t, path, Options{})
			furnish(t, s)
			book(t, s, "4.12", "jane", span(0, 1))
			db := rawFile(t, path)
			db.SetMaxOpenConns(1)
			unguarded(t, db, func() { excused(t, db, c.deed, c.verb, c.is) })
			must(s.ChainAudit(ctx))(t)
			report := must(s.VerifyAudit(ctx))(t)
			if !strings.Contains(report.Problem, c.want) {
				t.Errorf("%+v, want %q", report, c.want)
			}
		})
	}
}

// excused carries out a deed with a row of the audit that looks like deskd's about it.
func excused(t *testing.T, db *sql.DB, deed, verb, is string) {
	t.Helper()
	var hash string
	check(t, db.QueryRow("SELECT hash FROM audit WHERE id = 3").Scan(&hash))
	if verb == "prune" {
		execute(t, db, "UPDATE self SET audit_pruned = 3, audit_hash = '"+hash+"'")
	}
	execute(t, db, deed, fmt.Sprintf(`INSERT INTO audit (verb, kind, item, what) VALUES ('%s', 'database', 'x', '{"is":%s}')`, verb, strings.ReplaceAll(is, "HASH", hash)))
}

// An anchor of rows that retention has removed says nothing; the one where the audit
// begins must be that row; and a restore explains what it took away, and nothing else.
func TestAnchorsBesideRetention(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	anchors := path + ".anchors"
	s := openFile(t, path, Options{})
	furnish(t, s)
	head := func() audit.Anchor { return must(s.Head(ctx, time.Now()))(t) }
	first := head()
	book(t, s, "4.12", "jane", span(0, 1))
	second := head()
	over := ageless(t, s)
	must(s.PruneAudit(ctx, time.Now().Add(time.Hour)))(t)
	over()
	other := second
	other.Hash = strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		anchor  audit.Anchor
		pruned  int
		missing string
	}{
		"removed":                      {first, 1, ""},
		"where it begins":              {second, 0, ""},
		"where it begins, another one": {other, 0, "is another one"},
	} {
		check(t, os.RemoveAll(anchors))
		check(t, audit.AppendAnchor(anchors, c.anchor))
		report := must(s.VerifyAnchors(ctx, anchors))(t)
		why := ""
		if m := report.Unexplained(); m != nil {
			why = m.Why
		}
		if report.Pruned != c.pruned || (why != "") != (c.missing != "") || !strings.Contains(why, c.missing) {
			t.Errorf("%s: %+v", name, report)
		}
	}
}
