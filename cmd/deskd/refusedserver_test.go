package main

import (
	"crypto/tls"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskd/store/postgrestest"
)

// rowsBelow are the first cells of the table below a heading of a document.
func rowsBelow(t *testing.T, document, heading string) (rows []string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", document, heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	for line := range strings.Lines(below) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| deskd says") {
			rows = append(rows, strings.TrimSpace(strings.Split(line, "|")[1]))
		}
	}
	return rows
}

// executes runs statements in a server's database.
func executes(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Every row of the table says what the verbs say of a server in that state, and what the exit
// code is: 2 for what has to be corrected, which systemd does not try again, 78 for what
// deskd does not act on, and 1 for what may pass.
func TestRefusedServers(t *testing.T) {
	notShort(t, "starts a server for each state")
	postgrestest.New(t) // or skip
	states := map[string]struct {
		code int
		dsn  func(t *testing.T) string
	}{
		"check that the server runs, and can be reached": {1, func(*testing.T) string { return "postgres://deskd@127.0.0.1:1/desks" }},
		"switch TLS on in the server": {2, func(t *testing.T) string {
			address := loopback()
			postgrestest.Start(t, "listen_addresses="+address)
			return "postgres://deskd@" + address + "/postgres?sslmode=require"
		}},
		"the server's certificate is not accepted": {2, selfSigned},
		"check the user and password": {2, func(t *testing.T) string {
			s := postgrestest.Start(t)
			s.Execute(t, "postgres", "CREATE ROLE jane LOGIN PASSWORD 'right'")
			s.Admit(t, "local all jane scram-sha-256")
			name := t.TempDir() + "/pass"
			if err := os.WriteFile(name, []byte("*:*:*:jane:wrong\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return strings.Replace(s.DSN("postgres"), "deskd@", "jane@", 1) + "&passfile=" + name
		}},
		"create it first":              {2, func(t *testing.T) string { return strings.Replace(postgrestest.New(t), "/test", "/nothing", 1) }},
		"has the option …":             {2, func(t *testing.T) string { return postgrestest.New(t) + "&colour=red" }},
		"holds a password":             {2, func(t *testing.T) string { return strings.Replace(postgrestest.New(t), "deskd@", "deskd:hush@", 1) }},
		"the database is encoded in …": {2, func(t *testing.T) string { return another(t, "ENCODING 'LATIN1' LOCALE 'C'") }},
		"the database's locale makes another letter of I than i": {2, func(t *testing.T) string {
			return another(t, "LOCALE_PROVIDER icu ICU_LOCALE 'tr' LOCALE 'C'")
		}},
		"install the server's contrib package": {2, func(t *testing.T) string { return postgrestest.StartWithout(t, "citext").DSN("postgres") }},
		"deskd's role must own what it uses": {2, func(t *testing.T) string {
			s := postgrestest.Start(t)
			s.Execute(t, "postgres", "CREATE ROLE poor LOGIN")
			return strings.Replace(s.DSN("postgres"), "deskd@", "poor@", 1)
		}},
		"the server is a replica": {1, func(t *testing.T) string {
			s := postgrestest.Start(t)
			return s.Replica(t).DSN("postgres")
		}},
		"has tables of another program": {78, func(t *testing.T) string {
			dsn := postgrestest.New(t)
			executes(t, dsn, "CREATE TABLE reservations (x int)")
			return dsn
		}},
		"which has deskd's tables": {78, func(t *testing.T) string {
			dsn := postgrestest.New(t)
			executes(t, dsn, "CREATE TABLE self (x int)", "CREATE SCHEMA deskd")
			return dsn
		}},
		"none of the schemas is there that are looked into": {2, func(t *testing.T) string { return postgrestest.New(t) + "&search_path=nowhere" }},
		"the extension citext is in the schema …": {2, func(t *testing.T) string {
			dsn := postgrestest.New(t)
			executes(t, dsn, "CREATE EXTENSION citext", "CREATE SCHEMA own")
			return dsn + "&search_path=own"
		}},
		"the database belongs to a newer deskd": {78, func(t *testing.T) string {
			dsn := postgrestest.New(t)
			executes(t, dsn, "CREATE TABLE goose_db_version (version_id bigint, is_applied boolean)", "INSERT INTO goose_db_version VALUES (99, TRUE)", "CREATE TABLE self (x int)")
			return dsn
		}},
		"leads to a pooler": {2, func(t *testing.T) string { return postgrestest.Pooler(t, postgrestest.New(t)) }},
	}
	const elsewhere = "the server is PostgreSQL …" // TestOldServer (store/postgres): there is none to ask
	const apart = "database.driving_dsn leads to another database than database.dsn"
	said := map[string]bool{elsewhere: true, apart: true}
	w := newWorld(t)
	for says, state := range states {
		said[says] = true
		t.Run(says, func(t *testing.T) {
			w := w.in(t)
			dsn := state.dsn(t)
			w.write("server.yaml", "database: {driver: postgres, dsn: \""+dsn+"\"}\n"+w.config())
			got := w.run("migrate", "--config", w.path("server.yaml"))
			w.contains(got, state.code, strings.TrimSuffix(says, "…"))
			if strings.Contains(got.errs, "hush") {
				t.Errorf("it says the password: %s", got.errs)
			}
		})
	}
	t.Run(apart, func(t *testing.T) {
		w := w.in(t)
		w.write("server.yaml", fmt.Sprintf("database: {driver: postgres, dsn: %q, driving_dsn: %q}\n", postgrestest.New(t), postgrestest.New(t))+w.config())
		w.contains(w.run("serve", "--config", w.path("server.yaml")), 2, apart, "name the same one, on the same server, in both")
		doctor := w.run("doctor", "--config", w.path("server.yaml"))
		w.contains(doctor, doctor.code, "wrong  server", apart)
	})
	for _, row := range rowsBelow(t, "../../docs/postgres.md", "## What deskd says when it cannot use the server") {
		if !said[row] {
			t.Errorf("the document says %q, and no server here is in that state", row)
		}
		delete(said, row)
	}
	for row := range said {
		t.Errorf("deskd says %q, and the document does not", row)
	}
}

// loopback is an address of this machine at which nobody listens.
func loopback() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250)) // its port is the usual one
}

// selfSigned is a server whose certificate nobody has vouched for.
func selfSigned(t *testing.T) string {
	of := httptest.NewTLSServer(nil)
	t.Cleanup(of.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Read(make([]byte, 8)) // asks for TLS
			_, _ = conn.Write([]byte("S"))
			_ = tls.Server(conn, of.TLS).Handshake()
			_ = conn.Close()
		}
	}()
	return "postgres://deskd@" + l.Addr().String() + "/desks?sslmode=verify-full"
}

// another is one more database of the server.
func another(t *testing.T, how string) string {
	t.Helper()
	dsn := postgrestest.New(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := config.Database + "x"
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { dropped(t, db, name) })
	if _, err := db.Exec("CREATE DATABASE " + name + " TEMPLATE template0 " + how); err != nil {
		t.Skip(err) // an older server, or one without ICU
	}
	return strings.Replace(dsn, "/"+config.Database+"?", "/"+name+"?", 1)
}

func dropped(t *testing.T, db *sql.DB, name string) {
	t.Helper()
	if _, err := db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
		t.Error(err)
	}
	db.Close()
}
