package postgres

import (
	"os"
	"strings"
	"testing"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// What is compared is what the migrations make.
func TestSchemaMade(t *testing.T) {
	s, _ := opened(t)
	if *update { // the tables are not known yet
		var tables []string
		check(t, s.Read(ctx).Raw("SELECT 'table ' || relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version'").Scan(&tables).Error)
		made = strings.Join(tables, "\n")
	}
	all, err := s.things(ctx)
	check(t, err)
	var text strings.Builder
	for _, thing := range all {
		text.WriteString(thing.line() + "\n")
	}
	if *update {
		made = text.String()
		check(t, os.WriteFile("schema.txt", []byte(made), 0o644))
	}
	same(t, "schema: go test ./store/postgres -update writes it", made, text.String())
}

// What another program has done to the schema is named, with the way back where there is one.
func TestSchemaFaults(t *testing.T) {
	dsn := postgrestest.New(t)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	conn := connected(t, dsn)
	execute(t, conn, "CREATE TABLE songs (title text)", "CREATE FUNCTION sung() RETURNS int LANGUAGE sql AS 'SELECT 1'") // nobody's business
	found, err := s.SchemaFaults(ctx)
	check(t, err)
	same(t, "faults", 0, len(found))
	for statement, want := range map[string]dialect.SchemaFault{
		"ALTER TABLE reservations DISABLE TRIGGER reservations_audit_update":                                   {What: "trigger reservations_audit_update on reservations is not as deskd made it", Fix: "ALTER TABLE reservations ENABLE TRIGGER reservations_audit_update"},
		"DROP TRIGGER audit_is_append_only_delete ON audit":                                                    {What: "trigger audit_is_append_only_delete on audit is missing"},
		"CREATE TRIGGER evil AFTER INSERT ON people EXECUTE FUNCTION deskd_lock()":                             {What: "trigger evil on people is not deskd's", Fix: "DROP TRIGGER evil ON people"},
		"CREATE OR REPLACE FUNCTION deskd_lock() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'": {What: "function deskd_lock is not as deskd made it"},
		`ALTER TABLE reservations DROP CONSTRAINT "the desk is already booked in that time"`:                   {What: `constraint "the desk is already booked in that time" on reservations is missing`},
		"CREATE RULE evil AS ON DELETE TO people DO INSTEAD NOTHING":                                           {What: "rule evil on people is not deskd's", Fix: "DROP RULE evil ON people"},
		"ALTER TABLE person_mail DISABLE TRIGGER ALL":                                                          {What: "references of person_mail are switched off", Fix: "ALTER TABLE person_mail ENABLE TRIGGER ALL"},
		"ALTER TABLE desks ALTER zone DROP NOT NULL":                                                           {What: "column desks.zone is not as deskd made it"},
		"CREATE UNIQUE INDEX tidy ON pauses ((1))":                                                             {What: "index tidy on pauses is not deskd's", Fix: "DROP INDEX tidy"},
		"ALTER TABLE people ENABLE ROW LEVEL SECURITY":                                                         {What: "table people is not as deskd made it"},
		"DROP INDEX reservations_waiting":                                                                      {What: "index reservations_waiting on reservations is missing"},
	} {
		tx, err := conn.Begin(ctx)
		check(t, err)
		if _, err := tx.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		check(t, tx.Commit(ctx))
		found, err := s.SchemaFaults(ctx)
		check(t, err)
		if !contains(found, want) {
			t.Errorf("%s: %+v", statement, found)
		}
		if want.Fix == "" {
			continue
		}
		execute(t, conn, want.Fix)
		found, err = s.SchemaFaults(ctx)
		check(t, err)
		if contains(found, want) {
			t.Errorf("%s did not repair it: %+v", want.Fix, found)
		}
	}
}

func contains(all []dialect.SchemaFault, one dialect.SchemaFault) bool {
	for _, f := range all {
		if f == one {
			return true
		}
	}
	return false
}
