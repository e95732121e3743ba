package postgres

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/postgrestest"
)

// Whatever cannot be used is refused, and the error says what to do.
func TestOpenRefused(t *testing.T) {
	made := func(statements ...string) string {
		dsn := postgrestest.New(t)
		s, err := Open(ctx, dsn, Options{})
		check(t, err)
		check(t, s.Close())
		execute(t, connected(t, dsn), statements...)
		return dsn
	}
	empty := func(statements ...string) string {
		dsn := postgrestest.New(t)
		execute(t, connected(t, dsn), statements...)
		return dsn
	}
	like := func(from, to string) string { return strings.Replace(empty(), from, to, 1) }
	for name, c := range map[string]struct {
		dsn  string
		o    Options
		is   error
		says []string
	}{
		"no DSN":            {dsn: "postgres://%zz", says: []string{"postgres://USER@HOST/NAME"}},
		"unknown option":    {dsn: like("?", "?colour=red&"), says: []string{`"colour"`, "check the options of database.dsn"}},
		"nobody there":      {dsn: "postgres://deskd:hush@127.0.0.1:1/deskd", says: []string{"postgres://deskd@127.0.0.1:1/deskd", "check that the server runs"}},
		"no such database":  {dsn: like("/test", "/nothing"), says: []string{"createdb"}},
		"no such role":      {dsn: like("deskd@", "nobody@"), says: []string{"nobody", "pg_hba.conf"}},
		"foreign":           {dsn: empty("CREATE TABLE reservations (x int)"), is: dialect.ErrForeign},
		"foreign, of goose": {dsn: empty("CREATE TABLE goose_db_version (version_id bigint, is_applied boolean)", "INSERT INTO goose_db_version VALUES (7, TRUE)"), is: dialect.ErrForeign},
		"newer":             {dsn: made("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)"), is: dialect.ErrNewerSchema, says: []string{"version 99", "up to 1"}},
		"nothing to read":   {dsn: empty(), o: Options{ReadOnly: true}, is: dialect.ErrNoDatabase},
		"no right":          {dsn: restricted(t, poor(t), "poor"), says: []string{"must own"}},
		"latin":             {dsn: encoded(t, "LATIN1"), says: []string{"LATIN1", "--encoding=UTF8"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(ctx, c.dsn, c.o)
			if err == nil {
				check(t, s.Close())
				t.Fatal("it is opened")
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v", err)
			}
			for _, part := range append(c.says, "open database") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("it says the password: %v", err)
			}
		})
	}
}

// poor is a database in which the role poor may do nothing.
func poor(t *testing.T) string {
	t.Helper()
	dsn := postgrestest.New(t)
	execute(t, connected(t, dsn), "CREATE ROLE poor LOGIN")
	t.Cleanup(func() { dropRole(t, dsn, "poor") })
	return dsn
}

// restricted is dsn for another role.
func restricted(t *testing.T, dsn, role string) string {
	t.Helper()
	return strings.Replace(dsn, "deskd@", role+"@", 1)
}

// encoded is a database in another encoding.
func encoded(t *testing.T, encoding string) string {
	t.Helper()
	dsn := postgrestest.New(t)
	name := "encoded_" + strings.ToLower(encoding)
	execute(t, connected(t, dsn), "CREATE DATABASE "+name+" ENCODING '"+encoding+"' LOCALE 'C' TEMPLATE template0")
	u, err := url.Parse(dsn)
	check(t, err)
	u.Path = "/" + name
	t.Cleanup(func() { execute(t, connected(t, dsn), "DROP DATABASE "+name+" WITH (FORCE)") })
	return u.String()
}

// What the server's defaults weaken, a connection of deskd's does not.
func TestSettings(t *testing.T) {
	dsn := postgrestest.New(t)
	conn := connected(t, dsn)
	u, err := url.Parse(dsn)
	check(t, err)
	of := "ALTER DATABASE " + u.Path[1:] + " SET "
	execute(t, conn, of+"synchronous_commit = off", of+"default_transaction_isolation = serializable", of+"timezone = 'Asia/Tokyo'", of+"default_transaction_read_only = on", of+"statement_timeout = 1", of+"idle_session_timeout = 1")
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	for setting, want := range map[string]string{"synchronous_commit": "on", "transaction_isolation": "read committed", "timezone": "UTC", "lock_timeout": "5s", "transaction_read_only": "off", "statement_timeout": "0", "idle_session_timeout": "0"} {
		for name, db := range map[string]*gorm.DB{"audited": s.writes.audited, "journal": s.writes.journal, "read": s.read} {
			want := want
			if name == "read" && setting == "transaction_read_only" {
				want = "on"
			}
			var is string
			check(t, db.Raw("SELECT current_setting(?)", setting).Row().Scan(&is))
			if is != want {
				t.Errorf("%s of %s is %s", setting, name, is)
			}
		}
	}
}

// Two nodes that start on an empty database migrate it once, and sign with one key.
func TestTwoFirstStarts(t *testing.T) {
	dsn := postgrestest.New(t)
	type node struct {
		s   *DB
		err error
	}
	started := make(chan node)
	for range 2 {
		go func() {
			s, err := Open(ctx, dsn, Options{})
			started <- node{s, err}
		}()
	}
	a, b := <-started, <-started
	check(t, errors.Join(a.err, b.err))
	same(t, "key", a.s.Key(), b.s.Key())
	same(t, "length of the key", 64, len(a.s.Key()))
	check(t, errors.Join(a.s.Close(), b.s.Close()))
}

// Another program needs rights on reservations alone: what it does is in the audit, and the
// key is not for it.
func TestAnotherProgram(t *testing.T) {
	dsn := postgrestest.New(t)
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	execute(t, connected(t, dsn), "CREATE ROLE program LOGIN", "GRANT SELECT, INSERT, UPDATE, DELETE ON reservations TO program")
	t.Cleanup(func() {
		dropRole(t, dsn, "program")
	})
	program := connected(t, restricted(t, dsn, "program"))
	execute(t, program, "CREATE TEMP TABLE audit (id int, verb text, kind text, item text, what text)", // which deskd's functions must not take for its own
		"INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.12', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T12:00:00Z')",
		"UPDATE reservations SET person = 'max'", "UPDATE reservations SET status = 'cancelled'")
	var n int
	check(t, s.Read(ctx).Raw("SELECT count(*) FROM audit WHERE actor = 'sql' AND kind = 'reservation'").Row().Scan(&n))
	same(t, "rows of the audit", 3, n)
	for _, statement := range []string{
		"SELECT key FROM signing", "UPDATE public.audit SET actor = 'cli:jane', verb = 'reserve', proof = 'x'", "DELETE FROM public.audit", "TRUNCATE reservations",
		"UPDATE audit_numbered SET last = 7", "DELETE FROM self", "ALTER TABLE reservations DISABLE TRIGGER ALL", "INSERT INTO people (id) VALUES ('eve')",
	} {
		if _, err := program.Exec(ctx, statement); err == nil {
			t.Errorf("%s is done", statement)
		}
	}
	if _, err := connected(t, dsn).Exec(ctx, "TRUNCATE reservations"); err == nil || !strings.Contains(err.Error(), "use DELETE") {
		t.Errorf("TRUNCATE by deskd's own role: %v", err)
	}
	if changed, err := s.Changed(ctx); !changed || err != nil {
		t.Errorf("another program's change is not told: %v", err)
	}
}

// A name has no password in it.
func TestName(t *testing.T) {
	config, err := pgx.ParseConfig("postgres://deskd:hush@db.example.com/desks?sslmode=disable")
	check(t, err)
	same(t, "name", "postgres://deskd@db.example.com:5432/desks", Name(config))
}

// Deskd's schema may be called as it likes, and may lie beside an extension that was there first:
// in which case user ids are still compared without regard to case.
func TestSchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	conn := connected(t, dsn)
	execute(t, conn, "CREATE EXTENSION citext", `CREATE SCHEMA prod`, `CREATE TABLE prod.people (id text)`, `CREATE SCHEMA "Prod"`, `CREATE SCHEMA "desk d"`, "CREATE SCHEMA own")
	refusedTo(t, dsn+"&search_path=own", `the extension citext is in the schema public, where database.dsn does not look: name it behind deskd's own schema: ?search_path=own,public`)
	refusedTo(t, dsn+"&search_path=%22desk%20d%22", `?search_path=%22desk%20d%22,public`)
	for _, name := range []string{`"Prod"`, `"desk d"`, "own"} {
		s, err := Open(ctx, dsn+"&search_path="+written.Replace(url.QueryEscape(name+",public")), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var in string
		check(t, s.Read(ctx).Raw("SELECT quote_ident(current_schema())").Scan(&in).Error)
		same(t, "schema", strings.Trim(name, `"`), strings.Trim(in, `"`))
		things, err := s.things(ctx)
		check(t, err)
		var lines []string
		for _, thing := range things {
			lines = append(lines, thing.line())
		}
		same(t, "schema "+name, strings.TrimSpace(made), strings.Join(lines, "\n"))
		check(t, s.Change(ctx, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO people (id, name) VALUES ('Jane', 'Jane Doe')").Error
		}))
		var n int
		check(t, s.Read(ctx).Raw("SELECT count(*) FROM people WHERE id = 'JANE'").Scan(&n).Error)
		same(t, "people of "+name, 1, n)
		check(t, s.Read(ctx).Raw("SELECT count(*) FROM audit").Scan(&n).Error)
		if n == 0 {
			t.Errorf("%s: no row in the audit", name)
		}
		check(t, s.Close())
	}
}

// Settings of a role that would have the schema told in other words do not reach deskd.
func TestQuotedIdentifiers(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.New(t)
	execute(t, connected(t, dsn), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET quote_all_identifiers = on', current_database()); END $$")
	s, err := Open(ctx, dsn, Options{})
	check(t, err)
	defer s.Close()
	things, err := s.things(ctx)
	check(t, err)
	for _, thing := range things {
		if !strings.Contains(made, thing.line()+"\n") {
			t.Errorf("%s is not as it is elsewhere", thing.line())
		}
	}
}
