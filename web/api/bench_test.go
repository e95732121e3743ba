package api

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for the rows of another program

	"deskd/reservations"
	"deskd/store"
	"deskd/store/postgrestest"
	"deskd/web/view"
)

// office fills a world with 500 desks on ten floors, 1,000 people and so many bookings: two a
// day at each desk, all but those of the next 14 days past.
func (w *world) office(b *testing.B, dsn string, rows int) {
	b.Helper()
	const desks, ahead = 500, 14
	var ds []reservations.Desk
	for i := range desks {
		ds = append(ds, reservations.Desk{ID: fmt.Sprint("O", i), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012X", i+4096), Floor: fmt.Sprint("f", i/50)})
	}
	_, err := w.store.ImportDesks(ctx, ds, false)
	check(b, err)
	var ps []reservations.Person
	for i := range 2 * desks {
		ps = append(ps, reservations.Person{ID: fmt.Sprint("user", i)})
	}
	_, err = w.store.ImportPeople(ctx, ps, false)
	check(b, err)
	db := w.open(dsn)
	began := time.Now()
	for day := ahead - rows/desks/2; day < ahead; day++ {
		var part []string
		for i := range 2 * desks {
			from := at(float64(24*day + i%2*4))
			part = append(part, fmt.Sprintf("('O%d', 'user%d', '%s', '%s')", i/2, i, from.Format(time.RFC3339), from.Add(3*time.Hour).Format(time.RFC3339)))
		}
		_, err := db.ExecContext(ctx, "INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES "+strings.Join(part, ", "))
		check(b, err)
	}
	if store.IsServer(dsn) {
		_, err = db.ExecContext(ctx, "ANALYZE") // as it does by itself
		check(b, err)
	}
	b.Logf("%d bookings in %s", rows, time.Since(began).Round(time.Second))
}

// open opens the database of the world as another program does.
func (w *world) open(dsn string) *sql.DB {
	w.t.Helper()
	driver := "sqlite"
	if store.IsServer(dsn) {
		driver = "pgx"
	} else {
		dsn = "file:" + dsn + "?_pragma=busy_timeout(5000)&_pragma=synchronous(0)&_txlock=immediate"
	}
	db, err := sql.Open(driver, dsn)
	check(w.t, err)
	w.t.Cleanup(func() { check(w.t, db.Close()) })
	return db
}

// processorTime is what this process has used of the processors so far.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkRequests is the CPU of a request for what is free on a floor on a day, and of one
// that books: parsing, looking up the token and writing the answer included. That of a
// PostgreSQL server is its own.
func BenchmarkRequests(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		for _, rows := range rowsOf(b) {
			b.Run(fmt.Sprint(name, "/", rows), func(b *testing.B) {
				dsn := filepath.Join(b.TempDir(), "desk.db")
				if name == "postgres" {
					dsn = postgrestest.New(b)
				}
				benchRequests(b, dsn, rows)
			})
		}
	}
}

// rowsOf are how many bookings there are: DESKD_ROWS, such as 20000,200000,2000000.
func rowsOf(b *testing.B) (all []int) {
	for _, text := range strings.Split(cmp.Or(os.Getenv("DESKD_ROWS"), "200000"), ",") {
		n, err := strconv.Atoi(text)
		check(b, err)
		all = append(all, n)
	}
	return all
}

func benchRequests(b *testing.B, dsn string, rows int) {
	w := newWorld(b, dsn)
	w.office(b, dsn, rows)
	deps, asked := w.deps(), 0
	shown, err := deps.Board(ctx)
	check(b, err)
	deps.Board = func(context.Context) (view.Snapshot, error) { return shown, nil }                // in memory, as the daemon has it
	deps.Now = func() time.Time { return eight.Add(time.Duration(asked) * 20 * time.Millisecond) } // no faster than one may ask
	handler, err := Handler(deps)
	check(b, err)
	ask := func(method, path, body string, status int) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.secrets[reservations.RoleFacilities])
		r.Header.Set("Content-Type", "application/json")
		asked++
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, r)
		if got.Code != status {
			b.Fatalf("%d %s", got.Code, got.Body)
		}
	}
	measure := func(what string, do func(i int)) {
		b.Run(what, func(b *testing.B) {
			began, n := processorTime(b), 0
			for b.Loop() {
				do(n)
				n++
			}
			b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(n)/1000, "cpu-ms/op")
		})
	}
	measure("search", func(int) {
		ask(http.MethodGet, "/api/v1/desks?site=berlin&floor=f3&free_from=2026-03-05T16:00:00Z&free_to=2026-03-05T18:00:00Z", "", http.StatusOK)
	})
	// Nothing is free all day: what is in the way is read for every desk.
	measure("day", func(int) {
		ask(http.MethodGet, "/api/v1/desks?site=berlin&floor=f3&free_from=2026-03-05T00:00:00Z&free_to=2026-03-06T00:00:00Z", "", http.StatusOK)
	})
	for what, path := range map[string]string{
		"statistics":      "/api/v1/statistics?site=berlin&from=2026-01-30&to=2026-03-01",
		"reports":         "/api/v1/reports?site=berlin&from=2025-12-01&to=2026-03-01&limit=500",
		"reports-by-desk": "/api/v1/reports?site=berlin&by=desk&from=2025-12-01&to=2026-03-01&limit=500",
	} {
		measure(what, func(int) { ask(http.MethodGet, path, "", http.StatusOK) })
	}
	booked := 0
	measure("book", func(int) {
		from := at(float64(24*20 + booked*2))
		booked++
		ask(http.MethodPost, "/api/v1/reservations", fmt.Sprintf(`{"desk":"O9","person":"user%d","start":%q,"end":%q}`, booked%1000, from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339)), http.StatusCreated)
	})
}
