package daemon

import (
	"database/sql"
	"deskd/scheduler/clock"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the other program that writes bookings

	"deskd/configs"
	"deskd/reservations"
	"deskd/store"
)

// installation is a configuration of one cluster, ended by more, and its database with
// the desk D1 and the person user0001. No phone system answers.
func installation(t *testing.T, more string) (configs.Config, *store.Store) {
	t.Helper()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "em-password"), "only-for-tests\n")
	writeFile(t, filepath.Join(folder, "deskd.yaml"), `sites: [{name: berlin, timezone: Europe/Berlin}]
clusters: [{name: main, url: "http://127.0.0.1:9/emservice/EMServiceServlet", app_id: deskd, app_password_file: em-password}]
`+more)
	c, err := configs.Load(filepath.Join(folder, "deskd.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), c.Database.DSN, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	p, err := NewParts(c, nil, nil, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	p.Store = st
	if err := p.Configure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.ImportDesks(t.Context(), []reservations.Desk{{ID: "D1", Site: "berlin", Cluster: "main", Device: "SEP000000000001"}}, false); err != nil {
		t.Fatal(err)
	}
	if _, err := st.ImportPeople(t.Context(), []reservations.Person{{ID: "user0001"}}, false); err != nil {
		t.Fatal(err)
	}
	return c, st
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// open opens the database as another program would.
func openSQL(t *testing.T, c configs.Config) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+c.Database.DSN+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func execSQL(t *testing.T, c configs.Config, query string) {
	t.Helper()
	db := openSQL(t, c)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func countSQL(t *testing.T, c configs.Config, query string) (n int) {
	t.Helper()
	db := openSQL(t, c)
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A daemon that is to begin again and cannot, for a database that is away, say, tries until it can.
func TestBeginsAgain(t *testing.T) {
	c, st := installation(t, "")
	told := make(lines, 100)
	a, err := NewParts(c, st, slog.New(slog.NewTextHandler(told, nil)), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Output: io.Discard}
	s.current.Store(d)
	password := c.Clusters[0].AppPasswordFile
	if err := os.Rename(password, password+".away"); err != nil {
		t.Fatal(err)
	}
	next := make(chan *Instance, 1)
	d.renew <- struct{}{}
	go func() { next <- s.next(t.Context()) }()
	for !strings.Contains(<-told, "cannot begin again") {
	}
	if err := os.Rename(password+".away", password); err != nil {
		t.Fatal(err)
	}
	select {
	case began := <-next:
		if began == nil || began == d || len(told) > 0 {
			t.Errorf("%v, and %d lines more", began, len(told))
		}
	case <-time.After(20 * time.Second):
		t.Error("it did not begin again")
	}
}

// lines are those of a log.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}
