package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store"
	"deskd/store/postgres"
	"deskd/store/postgrestest"
	"deskd/store/sqlite"
)

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what was wanted with what there is.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// says checks what an error is, and what it tells.
func says(t testing.TB, err, is error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want %v", is)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%v is no %v", err, is)
	}
}

// made is a database that has deskd's schema.
var made struct {
	sync.Mutex
	tables []table
}

// newServer is an empty database of a server with deskd's schema.
func newServer(t testing.TB) string {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	const name = "schema"
	if made.tables == nil {
		dsn := postgrestest.Keep(t, name)
		check(t, prepareServer(ctx, dsn, Options{}))
		s, err := connect(ctx, dsn)
		check(t, err)
		made.tables, err = serverTables(s.tx)
		check(t, err)
		check(t, s.close())
	}
	return postgrestest.Copy(t, name)
}

// furnished are the files of a database with desks and people, a booking, and an audit that
// deskd has chained.
var furnished = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "deskd-transfer")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "desk.db")
	if err := furnish(path); err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, ending := range []string{"", ".marker"} {
		if files[ending], err = os.ReadFile(path + ending); err != nil {
			return nil, err
		}
	}
	return files, nil
})

func furnish(path string) error {
	s, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	at := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	err = s.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main", URL: "http://cucm"}})
	_, desks := s.ImportDesks(ctx, []reservations.Desk{{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP001122334455", Name: "Window"}}, false)
	_, people := s.ImportPeople(ctx, []reservations.Person{{ID: "Jane", Name: "Jäne", Mail: []string{"Jane@example.com"}}}, false)
	r, reserved := s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "Jane", Span: reservations.Span{Start: at.Add(time.Hour), End: at.Add(2 * time.Hour)}}, at)
	_, cancelled := s.Cancel(ctx, r.ID, at)
	return errors.Join(err, desks, people, reserved, cancelled, s.Close())
}

// newFile is a file of its own like [furnished].
func newFile(t testing.TB) string {
	t.Helper()
	files, err := furnished()
	check(t, err)
	path := filepath.Join(t.TempDir(), "desk.db")
	for ending, text := range files {
		check(t, os.WriteFile(path+ending, text, 0o600))
	}
	return path
}

// newDatabase is a database of a server in which there is nothing.
func newDatabase(t testing.TB) string {
	t.Helper()
	return postgrestest.New(t)
}

func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(ON)&_txlock=immediate")
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func rawServer(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	check(t, err)
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return db
}

// chosen are the values of columns that do not take any.
var chosen = map[string][]any{
	"desks.site":               {"berlin"},
	"desks.cluster":            {"main"},
	"desk_names.desk":          {"4.12"},
	"person_mail.person":       {"JANE", "jane"},
	"person_aliases.person":    {"Jane", "jANE"},
	"reservations.status":      {"cancelled", "withdrawn", "conflict"},
	"reservations.vouched":     {"", "organizer", "invited"},
	"reservations.anonymised":  {int64(0)},
	"reservations.starts_at":   {"2026-03-02T08:00:00Z", "2026-03-29T00:30:00Z"},
	"reservations.ends_at":     {"2026-03-29T01:30:00Z", "2026-04-02T08:00:00Z"},
	"feed_held.answer":         {"", "accepted", "rejected"},
	"feed_problems.feed":       {"hall"},
	"attempts.op":              {"login", "logout", "hold"},
	"attempts.outcome":         {"open", "done", "refused", "unknown", "not-sent", "no-effect", "abandoned", "held"},
	"attempts.began_at":        {"2026-03-02T08:00:00.123Z"},
	"reservations.updated_at":  {"2026-03-02T08:00:00.999Z"},
	"reservations.seen_at":     {"2026-03-02T08:00:00.001Z"},
	"reservation_keys.used_at": {"2026-03-02T08:00:00.000Z"},
	"phone_links.used_at":      {"2026-03-02T08:00:00.000Z"},
	"closures.starts_at":       {"2026-03-02T08:00:00Z", "2026-03-29T00:30:00Z"},
	"closures.ends_at":         {"2026-03-29T01:30:00Z", "2026-04-02T08:00:00Z"},
	"evidence.at":              {"2026-03-02T08:00:00.010Z"},
	"series.created_at":        {"2026-03-02T08:00:00.010Z"},
	"absences.person":          {"Jane", "jANE"},
	"absences.created_at":      {"2026-03-02T08:00:00.010Z"},
	"absences.first_day":       {"2026-03-02", "0001-01-01"},
	"absences.last_day":        {"2026-03-02", "9999-12-31"},
	"absence_releases.absence": {"away"},
	"people.role":              {"", "auditor"},
	"tokens.kind":              {"api", "calendar"},
	"phones.source":            {"", "csv", "ris"},
	"pauses.since":             {"2026-03-02T08:00:00.010Z"},
}

// Letters that need care in one of the formats, and such as sort in another way.
var letters = []string{"", "a", "Z", "ä", "Ä", "ß", "\t", "\n", "\r", `\`, `\N`, `\.`, `"`, "'", ";", "{\"a\":1}", "日本", "🙂", " ", "0", "\u0301", "\ufffd", "NULL", "-infinity"}

// random is a value for a column.
func random(rnd *rand.Rand, of string, c column) any {
	if all, ok := chosen[of+"."+c.name]; ok {
		return all[rnd.IntN(len(all))]
	}
	switch c.kind {
	case kindText, kindFoldable:
		text := ""
		for range rnd.IntN(4) {
			text += letters[rnd.IntN(len(letters))]
		}
		if c.key > 0 || c.name == "id" || c.name == "device" || c.name == "desk" || c.name == "source" || of == "tokens" && c.name == "hash" || of == "phones" && c.name == "address" {
			text += fmt.Sprintf("%d", rnd.IntN(1e9)) // not empty, and nobody else's
		}
		return text
	case kindTruth:
		return rnd.Int64N(2)
	case kindBytes:
		return [][]byte{nil, {}, {0, 1, 255}, []byte(`\x`)}[rnd.IntN(4)]
	case kindSecond:
		return []string{"2026-03-02T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}[rnd.IntN(3)]
	case kindMilli:
		return []string{"", "2026-03-02T08:00:00.000Z", "2026-03-02T08:00:00.999Z", "1969-12-31T23:59:59.001Z"}[rnd.IntN(4)]
	}
	return []int64{0, 1, -1, 1 << 53, rnd.Int64(), rnd.Int64N(1e6)}[rnd.IntN(6)]
}

// fillRandom writes rows of a random kind into every table, as another program would.
func fillRandom(t testing.TB, path string, rnd *rand.Rand, rows int) {
	t.Helper()
	db := raw(t, path)
	defer db.Close()
	_, err := db.Exec("INSERT OR IGNORE INTO feeds (name) VALUES ('hall')")
	check(t, err)
	_, err = db.Exec("INSERT OR IGNORE INTO absences (id, person, first_day, last_day, created_at) VALUES ('away', 'jane', '2026-03-02', '2026-03-03', '2026-03-02T08:00:00.000Z')")
	check(t, err)
	for _, of := range inOrder(made.tables) {
		if serverOnly[of.name] != "" || of.name == "self" || of.name == "audit" { // which the others' triggers write
			continue
		}
		insert := "INSERT INTO " + of.name + " (" + of.names() + ") VALUES (" + strings.TrimSuffix(strings.Repeat("?, ", len(of.columns)), ", ") + ")"
		for range 1 + rnd.IntN(rows) {
			row := make([]any, len(of.columns))
			for i, c := range of.columns {
				row[i] = random(rnd, of.name, c)
				if c.key > 0 && c.kind == kindNumber {
					row[i] = rnd.Int64N(1e12) + 1
				}
			}
			if _, err := db.Exec(insert, row...); err != nil {
				t.Fatalf("%s: %v\n%v", of.name, err, row)
			}
		}
	}
	for _, statement := range []string{
		"UPDATE reservations SET note = 'moved'", "DELETE FROM requests WHERE id = (SELECT max(id) FROM requests)", // whose number is not given again
		"DELETE FROM attempts WHERE id = (SELECT max(id) FROM attempts)",
	} {
		_, err := db.Exec(statement)
		check(t, err)
	}
}

// dump is a database in the canonical form: all tables that both kinds have, the numbers
// given, and the key.
func dump(t testing.TB, b base, key string) string {
	t.Helper()
	var out strings.Builder
	tables := slices.Clone(made.tables)
	for _, of := range tables {
		if serverOnly[of.name] != "" {
			continue
		}
		check(t, b.each(ctx, of, func(row []any) error {
			out.WriteString(of.name)
			for _, v := range row {
				out.WriteString(" " + spelled(v))
			}
			out.WriteString("\n")
			return nil
		}))
	}
	for _, name := range []string{"attempts", "requests", "audit"} {
		n, err := numberedIn(b.tx, name)
		check(t, err)
		fmt.Fprintf(&out, "%s %d\n", name, n)
	}
	return out.String() + "key " + key
}

func dumpFile(t testing.TB, path string) (text string) {
	t.Helper()
	s, err := sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	check(t, err)
	check(t, s.Snapshot(ctx, func(tx *gorm.DB) error { text = dump(t, base{tx: tx}, s.Key()); return nil }))
	check(t, s.Close())
	return text
}

func dumpServer(t testing.TB, dsn string) (text string) {
	t.Helper()
	s, err := postgres.Open(ctx, dsn, postgres.Options{ReadOnly: true})
	check(t, err)
	check(t, s.Snapshot(ctx, func(tx *gorm.DB) error { text = dump(t, base{tx: tx, server: true}, s.Key()); return nil }))
	check(t, s.Close())
	return text
}

// bytesOf are the files of a database, and what they hold.
func bytesOf(t testing.TB, path string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	names, err := filepath.Glob(path + "*")
	check(t, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		check(t, err)
		if len(text) > 0 && !strings.HasSuffix(name, "-shm") { // what SQLite makes for every reader
			all[strings.TrimPrefix(name, path)] = string(text)
		}
	}
	return all
}
