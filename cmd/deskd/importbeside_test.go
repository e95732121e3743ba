package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Logins do not wait for an import of a large file, nor for the audit of what
// another program has written. With DESKD_IMPORT it imports so many rows, and
// logs the lateness of the logins beside it; with DESKD_SQL another program writes
// so many.
func TestImportBesideDaemon(t *testing.T) {
	notShort(t, "imports thousands of rows beside a daemon")
	rows, others := rowsOf(t, "DESKD_IMPORT", 3000), rowsOf(t, "DESKD_SQL", 5000)
	w := newWorld(t).furnish()
	var file strings.Builder
	file.WriteString("desk,person,start,end\n")
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range rows {
		from := start.Add(time.Duration(n/2) * time.Hour)
		fmt.Fprintf(&file, "D%d,user0002,%s,%s\n", 2+n%2, from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339))
	}
	w.write("many.csv", file.String())
	d := w.serve()
	d.ready()
	for _, load := range []struct {
		what        string
		before, run func()
	}{
		{"nothing", func() {}, func() {}},
		{fmt.Sprintf("import of %d rows", rows), func() {}, func() {
			w.contains(w.run("import", "reservations", w.path("many.csv")), 0, fmt.Sprintf("%d added", rows))
		}},
		{fmt.Sprintf("the chaining of %d rows of another program", others), func() {
			// How long its own transaction holds the database is that program's affair.
			w.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?1-1)
				INSERT INTO reservations (desk, starts_at, ends_at) SELECT 'D3',
				strftime('%Y-%m-%dT%H:%M:%SZ', '2060-01-01', '+' || i || ' minutes'), strftime('%Y-%m-%dT%H:%M:%SZ', '2060-01-01', '+' || (i+1) || ' minutes') FROM n`, others)
		}, func() {
			eventually(t, 5*time.Minute+time.Duration(others)*time.Millisecond, "it is all chained", func() bool { return w.count("SELECT count(*) FROM audit WHERE hash = ''") == 0 })
		}},
	} {
		load.before()
		done := make(chan time.Duration, 1)
		began := time.Now()
		go func() { load.run(); done <- time.Since(began) }()
		var late []time.Duration
		for took := time.Duration(0); took == 0; {
			late = append(late, w.lateness())
			select {
			case took = <-done:
				t.Logf("beside %s, which took %v: %d logins, the latest after %v", load.what, took.Round(time.Millisecond), len(late), longest(late))
			default:
			}
		}
		if longest(late) > 10*time.Second {
			t.Errorf("beside %s a login came after %v", load.what, longest(late))
		}
	}
	d.stop()
}

// lateness books a desk for now, and says when its phone was logged in.
func (w *world) lateness() time.Duration {
	w.t.Helper()
	began := time.Now()
	id := w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(w.t, 2*time.Minute, "the login", func() bool { return w.session("SEP000000000001") == "user0001" })
	took := time.Since(began)
	w.must("cancel", id)
	eventually(w.t, 2*time.Minute, "the logout", func() bool { return w.session("SEP000000000001") == "" })
	return took
}

func longest(all []time.Duration) (most time.Duration) {
	for _, d := range all {
		most = max(most, d)
	}
	return most
}

func rowsOf(t *testing.T, name string, usual int) int {
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	return usual
}
