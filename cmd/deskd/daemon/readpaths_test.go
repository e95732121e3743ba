package daemon

import (
	"database/sql"
	"deskd/scheduler/clock"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"deskd/configs"
	"deskd/store"
)

// benchHouse is the daemon of a building of so many desks and people, with so many
// reservations: at each desk two a day, half of them over. Every phone was seen, and every
// desk has an attempt in the journal. Its rounds do not run.
type benchHouse struct {
	*Instance
	db    *sql.DB // of another program
	ahead time.Duration
}

func newBenchHouse(b *testing.B, desks, rows int) *benchHouse {
	b.Helper()
	folder := b.TempDir()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	writeFile(b, filepath.Join(folder, "em-password"), "only-for-tests\n")
	writeFile(b, filepath.Join(folder, "deskd.yaml"), `sites: [{name: berlin, timezone: Europe/Berlin}]
clusters: [{name: main, url: "http://127.0.0.1:9/emservice/EMServiceServlet", app_id: deskd, app_password_file: em-password}]
`)
	c, err := configs.Load(filepath.Join(folder, "deskd.yaml"))
	must(err)
	st, err := store.Open(b.Context(), c.Database.DSN, store.Options{})
	must(err)
	b.Cleanup(func() { st.Close() })
	h := &benchHouse{}
	a, err := NewParts(c, st, slog.New(slog.DiscardHandler), clock.MovedClock(func() time.Duration { return h.ahead }))
	must(err)
	must(a.Configure(b.Context()))
	h.db, err = sql.Open("sqlite", "file:"+c.Database.DSN+"?_pragma=busy_timeout(5000)")
	must(err)
	b.Cleanup(func() { h.db.Close() })
	for _, fill := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)
			INSERT INTO desks (id, site, cluster, device, floor) SELECT printf('D%%05d', i), 'berlin', 'main', printf('SEP%%012X', i), i / 50 FROM n`, desks),
		`INSERT INTO people (id, name) SELECT 'user' || substr(id, 2), 'User Number ' || substr(id, 2) FROM desks`,
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %[2]d), t(i, d) AS (SELECT i, i / %[1]d FROM n)
			INSERT INTO reservations (desk, person, starts_at, ends_at)
			SELECT printf('D%%05d', i %% %[1]d), printf('user%%05d', i * 7919 %% %[1]d),
				strftime('%%Y-%%m-%%dT%%H:00:00Z', 'now', (d / 2 - %[3]d) || ' days', (d %% 2 * 12 - 1) || ' hours'),
				strftime('%%Y-%%m-%%dT%%H:00:00Z', 'now', (d / 2 - %[3]d) || ' days', (d %% 2 * 12 + 8) || ' hours')
			FROM t`, desks, rows, rows/desks/4),
		`INSERT INTO observations (device, person, present, known, doubt, ours, reservation, since_at, seen_at)
			SELECT device, 'user' || substr(id, 2), 1, 1, '', 1, '', t, t FROM desks, (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') t)`,
		`INSERT INTO attempts (cluster, op, desk, device, person, profile, reservation, from_at, until_at, through_at, release_at, known_at,
			cause, why, due_at, not_before, outcome, code, error, began_at, ended_at, verified_at)
			SELECT 'main', 'login', id, device, 'user' || substr(id, 2), '', 'r', t, t, t, t, t, 'start', 'why', t, t, 'done', 0, '', t, t, t
			FROM desks, (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') t)`,
	} {
		_, err := h.db.ExecContext(b.Context(), fill)
		must(err)
	}
	_, err = st.ChainAudit(b.Context())
	must(err)
	h.Instance, err = New(a)
	must(err)
	_, err = h.board.Look(b.Context()) // at first, all is read
	must(err)
	return h
}

// get asks as a browser does that has seen the answer with this tag, and returns the tag
// of the answer.
func (h *benchHouse) get(b *testing.B, path, tag string) string {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:50000", "127.0.0.1:8484"
	r.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	h.page.ServeHTTP(w, r)
	if w.Code != http.StatusOK && w.Code != http.StatusNotModified && path != "/readyz" { // it is not swept
		b.Fatalf("%s: status %d %s", path, w.Code, w.Body)
	}
	return w.Header().Get("ETag")
}

// book gives the running booking of the first desk to another person, as another program
// does: every page has to show it.
func (h *benchHouse) book(b *testing.B, n int) {
	b.Helper()
	done, err := h.db.ExecContext(b.Context(), `UPDATE reservations SET person = ?
		WHERE desk = 'D00000' AND status = 'confirmed' AND starts_at <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') AND ends_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now')`,
		fmt.Sprintf("user%05d", n%100))
	if err != nil {
		b.Fatal(err)
	}
	if rows, _ := done.RowsAffected(); rows != 1 {
		b.Fatalf("%d rows changed", rows)
	}
}

// measureCPU reports the CPU time of the loop's turns: the wall clock shows the rests between
// reads, too.
func measureCPU(b *testing.B, turn func()) {
	b.Helper()
	b.ReportAllocs()
	began := cpuTime()
	for b.Loop() {
		turn()
	}
	b.ReportMetric(float64((cpuTime()-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReads is what one answer costs by the size of the building: nothing has changed
// since the one before, or another program has
// changed a booking.
func BenchmarkReads(b *testing.B) {
	for _, desks := range []int{500, 5_000, 50_000} {
		h := newBenchHouse(b, desks, desks*4)
		for name, path := range map[string]string{"page": "/", "readyz": "/readyz", "metrics": "/metrics", "desk": "/?q=D00321"} {
			h.get(b, path, "")
			b.Run(fmt.Sprintf("%s/desks=%d", name, desks), func(b *testing.B) { measureCPU(b, func() { h.get(b, path, "") }) })
		}
		n := 0
		for name, path := range map[string]string{"page": "/", "metrics": "/metrics"} {
			b.Run(fmt.Sprintf("%s-after-a-change/desks=%d", name, desks), func(b *testing.B) {
				measureCPU(b, func() {
					n++
					h.book(b, n)
					h.get(b, path, "")
				})
			})
		}
	}
}

// BenchmarkReadsByRows is what one page of 2,000 desks costs by the number of reservations,
// and what a minute costs in which 30 browsers show it and another program changes a
// booking every ten seconds.
func BenchmarkReadsByRows(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		h := newBenchHouse(b, 2_000, rows)
		h.get(b, "/", "")
		n := 0
		b.Run(fmt.Sprintf("page/rows=%d", rows), func(b *testing.B) {
			measureCPU(b, func() {
				n++
				h.book(b, n)
				h.get(b, "/", "")
			})
		})
		b.Run(fmt.Sprintf("browsers/rows=%d", rows), func(b *testing.B) {
			var tags [30]string
			measureCPU(b, func() {
				for request := range 120 {
					if request%20 == 0 {
						n++
						h.book(b, n)
					}
					h.ahead += 500 * time.Millisecond
					tags[request%30] = h.get(b, "/", tags[request%30])
				}
			})
		})
	}
}
