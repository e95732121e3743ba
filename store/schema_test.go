package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskd/store/dialect"
)

// planted is the statements that write a row of the schema as it is, and have
// every program read it. The columns may hold what SQLite would not write there.
func planted(kind, name, of, by string) string {
	return fmt.Sprintf("PRAGMA writable_schema=ON; INSERT INTO sqlite_master VALUES (CAST(x'%x' AS TEXT), '%s', '%s', 0, '%s'); PRAGMA schema_version = 300; PRAGMA writable_schema=OFF",
		kind, name, of, strings.ReplaceAll(by, "'", "''"))
}

// What was done to the schema is found at every door, and not acted on.
func TestPlantedSchema(t *testing.T) {
	noRaces(t)
	const audit = "audit_is_append_only_update"
	whole := begun(t)
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
		"a table of theirs, indexed":     {"CREATE TABLE theirs (x TEXT, y REFERENCES theirs (x)); CREATE UNIQUE INDEX some ON theirs (lower(x)) WHERE y > 0", ""},
		"an index of theirs, descending": {"CREATE INDEX theirs ON reservations (note COLLATE NOCASE DESC, person)", ""},
		"a virtual table of theirs":      {"CREATE VIRTUAL TABLE theirs USING fts5(x)", ""},
		"a trigger that ends with them":  {"CREATE TEMP TRIGGER t AFTER INSERT ON main.pauses BEGIN DELETE FROM people; END", ""},

		"a trigger that passes for SQLite's": {planted("trigger", "sqlite_evil", "reservations", "CREATE TRIGGER sqlite_evil AFTER INSERT ON reservations BEGIN DELETE FROM people; END"),
			`trigger sqlite_evil on reservations is not deskd's (DROP TRIGGER "sqlite_evil")`},
		"a trigger that passes for an index": {planted("trigger", "sqlite_autoindex_people_9", "people", "CREATE TRIGGER sqlite_autoindex_people_9 AFTER INSERT ON people BEGIN DELETE FROM audit; END"),
			"trigger sqlite_autoindex_people_9 on people is not deskd's"},
		"a trigger in capitals": {planted("TRIGGER", "evil", "people", "CREATE TRIGGER evil AFTER INSERT ON people BEGIN DELETE FROM audit; END"),
			`row of kind "TRIGGER" evil on people is not deskd's`},
		"a trigger behind a NUL": {planted("trigger\x00", "evil", "people", "CREATE TRIGGER evil AFTER INSERT ON people BEGIN DELETE FROM audit; END"),
			`row of kind "trigger\x00" evil on people is not deskd's`},
		"a table that passes for SQLite's": {"CREATE TABLE x (p REFERENCES people (id));\nPRAGMA writable_schema=ON; UPDATE sqlite_master SET name = 'sqlite_x', tbl_name = 'sqlite_x', sql = 'CREATE TABLE sqlite_x (p REFERENCES people (id))' WHERE name = 'x'; PRAGMA schema_version = 301; PRAGMA writable_schema=OFF",
			"table sqlite_x is not deskd's"},
		"a check rewritten": {"PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, '<= 34560000', '<= 34560') WHERE name = 'reservations'; PRAGMA schema_version = 301; PRAGMA writable_schema=OFF",
			"table reservations is not as deskd made it"},

		"an index that fails": {"CREATE UNIQUE INDEX tidy ON pauses ((abs(-9223372036854775807 - (cluster <> ''))))",
			`index tidy on pauses is not deskd's, and may refuse what deskd writes (DROP INDEX "tidy")`},
		"an index that fails, not unique":    {"CREATE INDEX tidy ON pauses ((abs(-9223372036854775807 - (cluster <> ''))))", "index tidy on pauses is not deskd's"},
		"an index of some rows":              {"CREATE UNIQUE INDEX tidy ON audit (verb) WHERE verb = 'cancel'", "index tidy on audit is not deskd's"},
		"an index whose condition fails":     {"CREATE INDEX tidy ON pauses (since) WHERE abs(-9223372036854775807 - (cluster <> '')) > 0", "index tidy on pauses is not deskd's"},
		"an index of one person":             {"CREATE UNIQUE INDEX tidy ON held_logouts (cluster)", "index tidy on held_logouts is not deskd's"},
		"an index that passes for SQLite's":  {"CREATE UNIQUE INDEX tidy ON pauses ((1));\nPRAGMA writable_schema=ON; UPDATE sqlite_master SET name = 'sqlite_tidy', sql = 'CREATE UNIQUE INDEX sqlite_tidy ON pauses ((1))' WHERE name = 'tidy'; PRAGMA schema_version = 301; PRAGMA writable_schema=OFF", "index sqlite_tidy on pauses is not deskd's"},
		"a table that keeps people":          {"CREATE TABLE notes (p TEXT REFERENCES people (id) ON DELETE RESTRICT)", `table notes refers to people, which deskd can no longer remove rows from (CREATE TABLE "notes without references" AS SELECT * FROM "notes"; DROP TABLE "notes")`},
		"a table that keeps people, shouted": {"CREATE TABLE notes (p TEXT, FOREIGN KEY (p) REFERENCES PEOPLE (id))", "table notes refers to PEOPLE"},
		"a table that keeps people, aside": {"CREATE TABLE pragma_foreign_key_list (x); CREATE TABLE notes (p TEXT REFERENCES people)",
			"table notes refers to people"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "a trigger on bookings" {
				long(t, "one of many things to plant; a trigger on bookings stands for them")
			}
			t.Parallel()
			path := filepath.Join(t.TempDir(), "deskd.db")
			for _, ending := range []string{"", ".marker"} {
				text, err := os.ReadFile(whole + ending)
				check(t, errors.Join(err, os.WriteFile(path+ending, text, 0o600)))
			}
			db := must(sql.Open("sqlite", "file:"+path))(t)
			execute(t, db, strings.Split(strings.ReplaceAll(c.done, "; CREATE", ";\nCREATE"), ";\n")...)
			check(t, db.Close())

			finds := func(door string, err error) {
				t.Helper()
				switch {
				case c.finds == "" && err != nil:
					t.Errorf("%s: %v", door, err)
				case c.finds != "" && (!errors.Is(err, dialect.ErrSchema) || !strings.Contains(err.Error(), c.finds) || !strings.Contains(err.Error(), path)):
					t.Errorf("%s: %v, want %q", door, err, c.finds)
				}
			}
			s, err := Open(ctx, path, Options{})
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
			_, err = Restore(ctx, Copy{From: path, To: other}, nil, time.Now())
			if copied := !strings.HasPrefix(c.finds, "row of kind"); copied || err != nil { // by VACUUM
				finds("restore", err)
			}
			if c.finds != "" && isThere(other) {
				s, err := Open(ctx, other, Options{}) // without it
				check(t, err)
				check(t, s.Close())
			}

			if len(faults) > 0 && faults[0].Fix != "" { // what the error says to run fixes it
				db := must(sql.Open("sqlite", "file:"+path))(t)
				for _, f := range faults {
					execute(t, db, f.Fix)
				}
				check(t, db.Close())
				s, err := Open(ctx, path, Options{})
				check(t, err)
				check(t, s.Close())
			}
		})
	}
}

// A trigger that was planted, read by the connections that are open, and taken away
// again in secret does not go on to act in them once the schema is looked at.
func TestPlantedSchemaIsForgotten(t *testing.T) {
	path := begun(t)
	s := openFile(t, path, Options{})
	if must(s.SchemaWritten(ctx))(t) {
		t.Error("the schema was written at the start")
	}
	pause := func(cluster, want string) {
		t.Helper()
		must(s.PauseClusters(ctx, []string{cluster}, "works", at(0, 0)))(t)
		if p := must(s.Pause(ctx, cluster))(t); p.Why != want {
			t.Errorf("%s is paused with the reason %q, want %q", cluster, p.Why, want)
		}
	}
	db := rawFile(t, path)
	db.SetMaxOpenConns(1)
	execute(t, db, planted("trigger", "evil", "pauses", "CREATE TRIGGER evil AFTER INSERT ON pauses BEGIN UPDATE pauses SET why = 'evil' WHERE cluster = NEW.cluster; END"))
	pause("a", "evil") // it acts
	execute(t, db, "PRAGMA writable_schema=ON; DELETE FROM sqlite_master WHERE name = 'evil'; PRAGMA writable_schema=OFF")
	pause("b", "evil") // still, and nothing is found
	if faults := must(s.SchemaFaults(ctx))(t); len(faults) > 0 {
		t.Error(faults)
	}
	if !must(s.SchemaWritten(ctx))(t) {
		t.Error("it goes unnoticed that the schema was written")
	}
	pause("c", "works")
	if must(s.SchemaWritten(ctx))(t) {
		t.Error("the schema was written once more")
	}
}
