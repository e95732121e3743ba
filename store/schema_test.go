package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What was done to the schema is found at every door, and not acted on.
func TestPlantedSchema(t *testing.T) {
	const audit = "audit_is_append_only_update"
	for name, c := range map[string]struct {
		done  string
		finds string // empty for nothing
	}{
		"a trigger on bookings":          {"CREATE TRIGGER x AFTER INSERT ON reservations BEGIN UPDATE reservations SET person = 'eve' WHERE id = NEW.id; END", `trigger x on reservations is not deskd's (DROP TRIGGER "x")`},
		"a trigger on attempts":          {`CREATE TRIGGER "a""b" BEFORE UPDATE ON attempts BEGIN SELECT RAISE(IGNORE); END`, `(DROP TRIGGER "a""b")`},
		"a trigger on a table of theirs": {"CREATE TABLE theirs (x); CREATE TRIGGER y AFTER INSERT ON theirs BEGIN DELETE FROM audit; END", "trigger y on theirs is not deskd's"},
		"a trigger on a view":            {"CREATE VIEW v AS SELECT 1 AS x; CREATE TRIGGER z INSTEAD OF INSERT ON v BEGIN DELETE FROM people; END", "trigger z on v is not deskd's"},
		"no trigger of the audit":        {"DROP TRIGGER " + audit, "trigger " + audit + " is missing (CREATE TRIGGER " + audit},
		"another one of its name":        {"DROP TRIGGER " + audit + "; CREATE TRIGGER " + audit + " BEFORE UPDATE ON audit BEGIN SELECT 1; END", "trigger " + audit + " is not as deskd made it (DROP TRIGGER"},
		"no index":                       {"DROP INDEX reservations_of_desk", "index reservations_of_desk is missing (CREATE INDEX reservations_of_desk"},
		"one column more":                {"ALTER TABLE people ADD COLUMN salary INTEGER", "table people is not as deskd made it"},
		"no table":                       {"DROP TABLE pauses", "table pauses is missing"},
		"an index of theirs":             {"CREATE INDEX theirs ON reservations (note)", ""},
		"a view of theirs":               {"CREATE VIEW theirs AS SELECT desk, count(*) FROM reservations GROUP BY desk", ""},
		"a table of theirs":              {"CREATE TABLE theirs (x TEXT)", ""},
		"statistics":                     {"ANALYZE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "deskd.db")
			s, err := Open(ctx, path, Options{})
			check(t, err)
			furnish(t, s)
			check(t, s.Close())
			db := must(sql.Open("sqlite", "file:"+path))(t)
			execute(t, db, strings.Split(strings.ReplaceAll(c.done, "; CREATE", ";\nCREATE"), ";\n")...)
			check(t, db.Close())

			finds := func(door string, err error) {
				t.Helper()
				switch {
				case c.finds == "" && err != nil:
					t.Errorf("%s: %v", door, err)
				case c.finds != "" && (!errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), c.finds) || !strings.Contains(err.Error(), path)):
					t.Errorf("%s: %v, want %q", door, err, c.finds)
				}
			}
			s, err = Open(ctx, path, Options{})
			finds("open", err)
			if err == nil {
				check(t, s.Close())
			}
			reader, err := Open(ctx, path, Options{ReadOnly: true})
			check(t, err)
			faults := must(reader.SchemaFaults(ctx))(t)
			if (len(faults) > 0) != (c.finds != "") {
				t.Errorf("faults for a reader: %v", faults)
			}
			check(t, reader.Close())

			other := filepath.Join(t.TempDir(), "other.db")
			_, err = Restore(ctx, other, path, nil, time.Now())
			finds("restore", err)
			if c.finds != "" && exists(other) {
				t.Error("what was restored is there")
			}

			if c.finds != "" && !strings.HasPrefix(c.finds, "table") { // what the error says to run mends it
				db := must(sql.Open("sqlite", "file:"+path))(t)
				for _, f := range faults {
					execute(t, db, f.Mend)
				}
				check(t, db.Close())
				s, err := Open(ctx, path, Options{})
				check(t, err)
				check(t, s.Close())
			}
		})
	}
}
