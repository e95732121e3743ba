package erasure

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deskd/store/dialect"
	"deskd/store/sqlite"
)

// What is long is searched by an index, however little of it is meant.
func TestQueryPlans(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := s.Writer().DB()
	if err != nil {
		t.Fatal(err)
	}
	plan := func(query string, args ...any) string {
		t.Helper()
		rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var lines []string
		for rows.Next() {
			var id, parent, unused int
			var line string
			if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	scans := regexp.MustCompile(`(?m)^SCAN (r|reservations|a|o|attempts)$`)
	for _, c := range []struct {
		name, plan string
		uses       []string
	}{
		{"reservations that are over", plan(overReservations, sql.Named("before", "x")), []string{"SEARCH reservations USING INDEX reservations_named (ends_at<?)"}},
		{"attempts that are over", plan(overAttempts, sql.Named("before", "x")), []string{"SEARCH a USING INDEX attempts_named (began_at<?)"}},
		{"audit that is over", plan(overAudit, sql.Named("before", "x")), []string{"SEARCH a USING INDEX audit_named (at<?)"}},
		{"audit of a person", plan(strings.NewReplacer("@ids", "('x')", "@folded", "('x')").Replace(personalAudit(dialect.Of(s.Writer()))), sql.Named("from", 1)), []string{
			"SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)", "SEARCH reservations USING INDEX reservations_of_person (person=?)",
		}},
	} {
		for _, use := range c.uses {
			if !strings.Contains(c.plan, use) {
				t.Errorf("%s: the plan lacks %q:\n%s", c.name, use, c.plan)
			}
		}
		if scans.MatchString(c.plan) {
			t.Errorf("%s scans:\n%s", c.name, c.plan)
		}
	}
}
