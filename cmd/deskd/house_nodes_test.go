//go:build !race

package main

import (
	"database/sql"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/store/postgrestest"
)

// houseOverNodes are three clusters of one database, and the nodes that share them.
type houseOverNodes struct {
	t       *testing.T
	desks   int // of each cluster
	phones  [3]*emulator.Emulator
	server  *postgrestest.Server
	db      *sql.DB
	nodes   []*world
	running []*process
}

const housePerMinute = 500 // logins that a cluster takes

// Three clusters whose desks are all booked from nine on, beside a history of many days: two
// nodes share them, every cluster is served at its rate, and everybody has their phone in time.
// DESKD_HOUSE says how many desks a cluster has.
func TestHouseOverNodes(t *testing.T) {
	desks, err := strconv.Atoi(os.Getenv("DESKD_HOUSE"))
	if err != nil || desks < 1 {
		t.Skip("make house runs it: a wave of a quarter of an hour")
	}
	verbsOnly(t)
	h := newHouseOverNodes(t, desks)
	began := time.Now()
	h.history()
	t.Logf("%d bookings written in %s", h.number("SELECT count(*) FROM reservations"), time.Since(began).Round(time.Second))
	for _, w := range h.nodes {
		h.running = append(h.running, w.start())
	}
	for i, p := range h.running {
		if p.page == "" {
			t.Fatalf("node %d has ended:\n%s", i, p.log)
		}
	}
	eventually(t, time.Minute, "all clusters are driven", func() bool {
		return h.number("SELECT count(*) FROM duties WHERE name LIKE 'cluster %' AND node <> ''") == len(h.phones)
	})
	nine := h.wave()
	t.Cleanup(h.tells)
	eventually(t, time.Until(nine)+time.Minute, "all phones are logged in", h.allIn)
	h.judge(nine)
	for _, p := range h.running {
		p.stop()
		use := p.cmd.ProcessState
		t.Logf("a node took %s of CPU, and %d MB at most", (use.UserTime() + use.SystemTime()).Round(100*time.Millisecond),
			use.SysUsage().(*syscall.Rusage).Maxrss>>10)
	}
}

// tells what has become of a wave that failed.
func (h *houseOverNodes) tells() {
	if !h.t.Failed() {
		return
	}
	for i, p := range h.running {
		h.t.Logf("node %d:\n%s", i, p.log)
	}
	for c, p := range h.phones {
		h.t.Logf("cluster %d: %d of %d phones logged in, %+v", c+1, len(p.Sessions()), h.desks, p.Stats())
	}
}

func newHouseOverNodes(t *testing.T, desks int) *houseOverNodes {
	t.Helper()
	address := loopback()
	h := &houseOverNodes{t: t, desks: desks, server: postgrestest.Start(t, "listen_addresses="+address)}
	h.server.Execute(t, "postgres", "CREATE DATABASE desks")
	config, err := pgx.ParseConfig(h.server.DSN("desks"))
	if err != nil {
		t.Fatal(err)
	}
	h.db = stdlib.OpenDB(*config)
	t.Cleanup(func() { h.db.Close() })
	clusters := ""
	for c := range h.phones {
		h.phones[c] = emulator.New(emulator.Options{
			AppID: "deskd", Password: testPassword, MaxConcurrent: 10,
			Times: emulator.Times{Login: 400 * time.Millisecond, Logout: 200 * time.Millisecond, Query: 20 * time.Millisecond},
		})
		for n := range desks {
			h.phones[c].AddDevice(emulator.DeviceName(c*desks + n + 1))
			h.phones[c].AddUser(emulator.UserName(c*desks + n + 1))
		}
		server := httptest.NewServer(h.phones[c])
		t.Cleanup(server.Close)
		clusters += fmt.Sprintf("  - {name: c%d, url: %s, app_id: deskd, app_password_file: em-password, max_per_minute: %d, max_concurrent: 10}\n",
			c+1, server.URL+emulator.Path, housePerMinute)
	}
	for _, name := range []string{"a", "b"} {
		h.server.Execute(t, "desks", "CREATE ROLE "+name+" SUPERUSER LOGIN")
		w := &world{t: t, folder: t.TempDir()}
		w.write("em-password", testPassword+"\n")
		w.write("deskd.yaml", fmt.Sprintf(`database: {driver: postgres, dsn: "postgres://%[2]s@%[1]s:5432/desks?sslmode=disable", node: %[2]s}
listen: 127.0.0.1:0
policy: {lead: %[3]s}
sites: [{name: berlin, timezone: Europe/Berlin}]
clusters:
`, address, name, h.lead())+clusters)
		h.nodes = append(h.nodes, w)
	}
	h.furnish()
	return h
}

// lead is how long before nine a wave may begin: what it takes at its rate, and a tenth.
func (h *houseOverNodes) lead() time.Duration {
	return max(time.Minute, time.Duration(h.desks)*time.Minute*11/10/housePerMinute)
}

func (h *houseOverNodes) furnish() {
	h.t.Helper()
	var desks, people strings.Builder
	desks.WriteString("id,site,cluster,device,name,floor,zone\n")
	people.WriteString("person,mail,name,profile,protected\n")
	for n := 1; n <= h.all(); n++ {
		fmt.Fprintf(&desks, "D%d,berlin,c%d,%s,,%d,\n", n, 1+(n-1)/h.desks, emulator.DeviceName(n), n/200)
		people.WriteString(emulator.UserName(n) + ",,,,\n")
	}
	w := h.nodes[0]
	w.write("desks.csv", desks.String())
	w.write("people.csv", people.String())
	w.must("import", "desks", w.path("desks.csv"))
	w.must("import", "people", w.path("people.csv"))
}

// all is how many desks there are.
func (h *houseOverNodes) all() int { return len(h.phones) * h.desks }

// history books each desk for an hour of each of a week before and after today: over 200,000
// bookings where there are 15,000 desks.
func (h *houseOverNodes) history() {
	h.book(1, h.all(), "date_trunc('day', now()) + make_interval(days => day, hours => 12), date_trunc('day', now()) + make_interval(days => day, hours => 13)",
		"CROSS JOIN generate_series(-7, 7) day WHERE day <> 0")
}

// wave books each desk from nine on, a few hundred in a transaction, and returns when nine is.
func (h *houseOverNodes) wave() time.Time {
	const together = 500
	nine := time.Now().UTC().Add(h.lead() + 30*time.Second).Truncate(time.Second)
	for first := 1; first <= h.all(); first += together {
		h.book(first, min(first+together-1, h.all()), "$3::timestamptz, $3::timestamptz + interval '2 hours'", "", nine)
	}
	return nine
}

// book books desks by their numbers from an instant to another, for each row of a join.
func (h *houseOverNodes) book(first, last int, fromTo, join string, args ...any) {
	h.t.Helper()
	query := "INSERT INTO reservations (desk, person, starts_at, ends_at) SELECT 'D' || n, 'user' || lpad(n::text, greatest(4, length(n::text)), '0'), " +
		fromTo + " FROM generate_series($1::int, $2::int) n " + join
	if _, err := h.db.Exec(query, append([]any{first, last}, args...)...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *houseOverNodes) number(query string) (n int) {
	h.t.Helper()
	if err := h.db.QueryRow(query).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// allIn looks once a second: each question about sessions keeps the phone systems from answering.
func (h *houseOverNodes) allIn() bool {
	<-time.After(time.Second)
	for _, p := range h.phones {
		if len(p.Sessions()) < h.desks {
			return false
		}
	}
	return true
}

// judge holds what each cluster was sent against its rate, and who is on which phone since
// when against what is booked.
func (h *houseOverNodes) judge(nine time.Time) {
	h.t.Helper()
	person := make(map[string]string)
	for n := 1; n <= h.all(); n++ {
		person[emulator.DeviceName(n)] = emulator.UserName(n)
	}
	for c, p := range h.phones {
		all := p.Events()
		late := 0
		for _, e := range all {
			if e.Kind != emulator.Login || e.User != person[e.Device] {
				h.t.Errorf("cluster %d: wrong: %+v", c+1, e)
			}
			delete(person, e.Device) // a second login is wrong, too
			if e.At.After(nine) {
				late++
			}
		}
		learnt := slices.IndexFunc(all, func(e emulator.Event) bool { return e.At.Sub(all[0].At) > houseLearns })
		whole, share := houseShare(all), houseShare(all[max(0, learnt):])
		stats, last := p.Stats(), all[len(all)-1].At
		h.t.Logf("cluster %d, driven by %s: %d logins in %s, %.3f of its rate, and %.3f once it has learnt; %d after nine; %d at once, %d busy answers; the last one %s before nine",
			c+1, h.driver(c), len(all), last.Sub(all[0].At).Round(time.Second), whole, share, late, stats.Peak, stats.Codes[emapi.CodeBusy], nine.Sub(last).Round(time.Second))
		if share < 0.95 || share > 1.01 || late > 0 {
			h.t.Errorf("cluster %d: %.3f of its rate, and %d are late", c+1, share, late)
		}
	}
}

// houseLearns is how long a node may take to learn how many requests at once a cluster takes.
const houseLearns = 30 * time.Second

// houseShare is the rate of logins as a part of that of a cluster.
func houseShare(all []emulator.Event) float64 {
	return float64(len(all)-1) * float64(time.Minute) / housePerMinute / float64(all[len(all)-1].At.Sub(all[0].At))
}

// driver is the node that drives a cluster.
func (h *houseOverNodes) driver(c int) (node string) {
	h.t.Helper()
	if err := h.db.QueryRow("SELECT node FROM duties WHERE name = $1", fmt.Sprintf("cluster c%d", c+1)).Scan(&node); err != nil {
		h.t.Fatal(err)
	}
	return node
}
