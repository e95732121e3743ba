//go:build !race

// Processes under the race detector are too slow to be compared with a clock.

package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"deskd/emapi/emulator"
	"deskd/store/postgrestest"
)

const (
	fleetDesks   = 70
	fleetPace    = 100 * time.Millisecond // between two requests: max_per_minute is 600
	fleetTimeout = 4 * time.Second        // after which the server lets go of a silent node
)

// fleet are several nodes on one server, and a phone system that knows which of them has sent
// what.
type fleet struct {
	*world
	server  *postgrestest.Server
	db      *sql.DB
	members []*member
	newer   bool // all are of another version by now

	mu   sync.Mutex
	sent []request
}

// member is one node: its own folder and ways to the database and to the phones.
type member struct {
	*process
	world *world
	name  string
	way   *proxy // to the database
	ended bool   // for good
}

// request is a login or logout that has arrived.
type request struct {
	node, op, device, user string
	at                     time.Time
}

// newFleet starts nodes by their names, the first of which drives the cluster.
func newFleet(t *testing.T, names ...string) *fleet {
	t.Helper()
	address := loopback()
	f := &fleet{world: newWorld(t), server: postgrestest.Start(t, "listen_addresses="+address, "full_page_writes=off")}
	f.phones.Populate(fleetDesks, fleetDesks)
	f.server.Execute(t, "postgres", "CREATE DATABASE desks")
	f.server.Execute(t, "desks", nodesOwnClocks...)
	config, err := pgx.ParseConfig(f.server.DSN("desks"))
	if err != nil {
		t.Fatal(err)
	}
	f.db = stdlib.OpenDB(*config)
	t.Cleanup(func() { f.db.Close() })
	t.Cleanup(func() {
		for _, m := range f.members {
			if t.Failed() && m.process != nil {
				t.Logf("node %s:\n%s", m.name, m.log)
			}
		}
	})
	for i, name := range names {
		f.server.Execute(t, "desks", "CREATE ROLE "+name+" SUPERUSER LOGIN", "ALTER ROLE "+name+" SET search_path = public, clocks, pg_catalog")
		f.join(name, address+":5432")
		if i == 0 {
			f.furnishFleet()
		}
		f.members[i].start()
	}
	return f
}

// nodesOwnClocks have the server tell each node, which has a role of its own, a time that can be
// set wrong: a process cannot be given a clock of its own.
var nodesOwnClocks = []string{
	"CREATE SCHEMA clocks",
	"CREATE TABLE clocks.off (role name PRIMARY KEY, by interval NOT NULL)",
	`CREATE FUNCTION clocks.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
		$$ SELECT pg_catalog.clock_timestamp() + coalesce((SELECT by FROM clocks.off WHERE role = session_user), '0') $$`,
}

// join makes a node, which is not started.
func (f *fleet) join(name, server string) {
	f.t.Helper()
	w := &world{t: f.t, folder: f.t.TempDir(), phones: f.phones}
	phones := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { f.hear(name, rw, r) }))
	f.t.Cleanup(phones.Close)
	w.url = phones.URL + emulator.Path
	m := &member{world: w, name: name, way: newProxy(f.t, server)}
	w.write("em-password", testPassword+"\n")
	w.write("deskd.yaml", fmt.Sprintf("database: {driver: postgres, dsn: \"postgres://%[2]s@%[1]s/desks?sslmode=disable\", node: %[2]s}\n", m.way.at, name)+
		strings.Replace(strings.Split(w.config(), "feeds:")[0], "max_per_minute: 6000", "max_per_minute: 600", 1))
	f.members = append(f.members, m)
}

// hear passes a request to the phone system, and notes who has sent it.
func (f *fleet) hear(node string, rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it has not left as a whole
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	text, _ := url.QueryUnescape(string(body))
	if strings.Contains(text, "<login>") || strings.Contains(text, "<logout>") {
		between := func(tag string) string {
			_, rest, _ := strings.Cut(text, "<"+tag+">")
			value, _, _ := strings.Cut(rest, "<")
			return value
		}
		op := "logout"
		if strings.Contains(text, "<login>") {
			op = "login"
		}
		f.mu.Lock()
		f.sent = append(f.sent, request{node, op, between("deviceName"), between("userID"), time.Now()})
		f.mu.Unlock()
	}
	f.phones.ServeHTTP(rw, r)
}

func (f *fleet) soFar() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}

func (f *fleet) furnishFleet() {
	f.t.Helper()
	desks, people := "id,site,cluster,device,name,floor,zone\n", "person,mail,name,profile,protected\n"
	for n := 1; n <= fleetDesks; n++ {
		desks += fmt.Sprintf("D%d,berlin,main,%s,,,\n", n, emulator.DeviceName(n))
		people += emulator.UserName(n) + ",,,,\n"
	}
	w := f.members[0].world
	w.write("desks.csv", desks)
	w.write("people.csv", people)
	w.must("import", "desks", w.path("desks.csv"))
	w.must("import", "people", w.path("people.csv"))
}

// start starts the node as a process.
func (m *member) start() {
	m.world.t.Helper()
	m.process = m.world.start()
	if m.page == "" {
		m.world.t.Fatalf("node %s has ended:\n%s", m.name, m.log)
	}
}

// signal sends a signal to the node's process.
func (m *member) signal(s syscall.Signal) {
	m.world.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.world.t.Fatal(err)
	}
}

// driver waits until a node drives the cluster, and returns its name.
func (f *fleet) driver() string {
	f.t.Helper()
	var node string
	eventually(f.t, 15*time.Second, "a node drives", func() bool {
		return f.db.QueryRow("SELECT node FROM duties WHERE name = 'cluster main'").Scan(&node) == nil && node != ""
	})
	return node
}

// bookAll books every desk from now on.
func (f *fleet) bookAll() {
	f.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	_, err := f.db.Exec(`INSERT INTO reservations (desk, person, starts_at, ends_at)
		SELECT 'D' || n, 'user' || lpad(n::text, 4, '0'), $1, $2 FROM generate_series(1, $3::int) n`, now, now.Add(time.Hour), fleetDesks)
	if err != nil {
		f.t.Fatal(err)
	}
}

// midWave waits until a part of the wave was sent, and returns when that was.
func (f *fleet) midWave() time.Time {
	f.t.Helper()
	eventually(f.t, 20*time.Second, "a wave is under way", func() bool { return len(f.soFar()) >= fleetDesks/4 })
	return time.Now()
}

// arrives waits until every phone shows whom its desk is booked for.
func (f *fleet) arrives() {
	f.t.Helper()
	eventually(f.t, time.Minute, "all phones are logged in", func() bool {
		sessions := make(map[string]string)
		for _, s := range f.phones.Sessions() {
			sessions[s.Device] = s.User
		}
		for n := 1; n <= fleetDesks; n++ {
			if sessions[emulator.DeviceName(n)] != emulator.UserName(n) {
				return false
			}
		}
		return true
	})
}

// spares is an error when a node has more connections than one for each of its clusters, and eleven.
func (f *fleet) spares() {
	f.t.Helper()
	for _, m := range f.members {
		var n int
		if err := f.db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE usename = $1", m.name).Scan(&n); err != nil {
			f.t.Fatal(err)
		}
		if n > 11+1 {
			f.t.Errorf("node %s has %d connections", m.name, n)
		}
	}
}

// judge holds what was sent against what one daemon that never fails would have: nothing
// wrong, nothing twice but what was under way at the fault, and no more in any stretch of time
// than one may send. It returns for how long at most nothing came after the fault.
func (f *fleet) judge(fault time.Time, inFlight int) (silence time.Duration) {
	f.t.Helper()
	sent := f.soFar()
	count := make(map[string]int)
	twice := 0
	for _, r := range sent {
		want := ""
		for n := 1; n <= fleetDesks; n++ {
			if emulator.DeviceName(n) == r.device {
				want = emulator.UserName(n)
			}
		}
		if r.op != "login" || r.user != want {
			f.t.Errorf("wrong: %+v", r)
		}
		if count[r.device]++; count[r.device] > 1 {
			twice++
		}
	}
	if twice > inFlight {
		f.t.Errorf("%d were sent twice, and %d were under way", twice, inFlight)
	}
	const stretch = 20 // requests
	for i := stretch; i < len(sent); i++ {
		if took := sent[i].at.Sub(sent[i-stretch].at); took < stretch*fleetPace*8/10 {
			f.t.Errorf("%d requests in %s, which is more than 600 a minute", stretch, took)
			break
		}
	}
	last := fault
	for _, r := range sent {
		if r.at.After(fault) {
			silence, last = max(silence, r.at.Sub(last)), r.at
		}
	}
	return silence
}

// overlaps counts the requests of a node that came after another's first behind the fault.
func (f *fleet) overlaps(node string, fault time.Time) (n int) {
	f.t.Helper()
	others := false
	for _, r := range f.soFar() {
		if r.at.Before(fault) {
			continue
		}
		if r.node != node {
			others = true
		} else if others {
			n++
		}
	}
	return n
}

func (f *fleet) member(name string) *member {
	for _, m := range f.members {
		if m.name == name {
			return m
		}
	}
	f.t.Fatalf("no node %s", name)
	return nil
}

// nodeFault is what happens to the node that drives, in the middle of a wave.
type nodeFault struct {
	does    func(f *fleet, driver *member)
	undoes  func(f *fleet, driver *member)
	nodes   []string      // nil for two
	small   bool          // the server's disk is
	within  time.Duration // the longest silence
	flying  int           // how many may be under way, 0 for one
	returns bool          // the driver is there again afterwards, and must have sent nothing meanwhile
}

const takeOver = time.Second // of a node that hears of it at once

var swallowed = toxics{up: toxic{swallow: true}, down: toxic{swallow: true}}

var nodeFaults = map[string]nodeFault{
	"killed": {
		does:   func(_ *fleet, d *member) { d.finish(syscall.SIGKILL) },
		within: takeOver,
	},
	"killed, and the next as well": {
		nodes: []string{"a", "b", "c"},
		does: func(f *fleet, d *member) {
			d.finish(syscall.SIGKILL)
			sent := len(f.soFar())
			eventually(f.t, 10*time.Second, "another has taken over", func() bool { return f.driver() != d.name && len(f.soFar()) > sent+5 })
			f.member(f.driver()).finish(syscall.SIGKILL)
		},
		within: takeOver, flying: 2,
	},
	"told to end": {
		does:   func(_ *fleet, d *member) { d.finish(syscall.SIGTERM) },
		within: takeOver,
	},
	"paused": {
		does: func(_ *fleet, d *member) { d.signal(syscall.SIGSTOP) },
		undoes: func(_ *fleet, d *member) {
			time.Sleep(2 * fleetTimeout)
			d.signal(syscall.SIGCONT)
		},
		within: fleetTimeout + takeOver, returns: true,
	},
	"paused for a moment": { // shorter than the time-out: it goes on itself
		does: func(_ *fleet, d *member) { d.signal(syscall.SIGSTOP) },
		undoes: func(_ *fleet, d *member) {
			time.Sleep(fleetTimeout * 3 / 4)
			d.signal(syscall.SIGCONT)
		},
		within: fleetTimeout + takeOver,
	},
	"cut off from the database": {
		does: func(f *fleet, d *member) { d.way.set(f.t, swallowed) },
		undoes: func(f *fleet, d *member) {
			time.Sleep(2 * fleetTimeout)
			d.way.set(f.t, toxics{})
		},
		within: fleetTimeout + takeOver, returns: true,
	},
	"paused for five minutes": {
		does: func(_ *fleet, d *member) { d.signal(syscall.SIGSTOP) },
		undoes: func(_ *fleet, d *member) {
			time.Sleep(5 * time.Minute)
			d.signal(syscall.SIGCONT)
		},
		within: fleetTimeout + takeOver, returns: true,
	},
	"its clock a minute off": {
		does: func(f *fleet, d *member) {
			if _, err := f.db.Exec("INSERT INTO clocks.off VALUES ($1, '-1 minute')", d.name); err != nil {
				f.t.Fatal(err)
			}
		},
		undoes: func(f *fleet, d *member) {
			eventually(f.t, 10*time.Second, "another drives", func() bool { return f.driver() != d.name })
			eventually(f.t, 10*time.Second, "the node says why it does not", func() bool {
				return strings.Contains(d.log.String(), "set it right (chrony, systemd-timesyncd)")
			})
			if _, err := f.db.Exec("DELETE FROM clocks.off"); err != nil {
				f.t.Fatal(err)
			}
		},
		within: 2 * takeOver, returns: true,
	},
	"server's disk full": {
		small: true,
		does: func(f *fleet, _ *member) {
			fillDisk(f.t, os.Getenv("TMPDIR"))
			for range 5 { // the segments that stand ready are used up
				if _, err := f.db.Exec("SELECT pg_switch_wal()"); err != nil {
					f.t.Log(err)
				}
				_, _ = f.db.Exec("CREATE TABLE IF NOT EXISTS clocks.room AS SELECT generate_series(1, 100000)")
				_, _ = f.db.Exec("DROP TABLE IF EXISTS clocks.room")
			}
		},
		undoes: func(f *fleet, _ *member) {
			time.Sleep(3 * time.Second)
			sent := len(f.soFar())
			time.Sleep(2 * time.Second)
			if n := len(f.soFar()) - sent; n > 0 {
				f.t.Errorf("%d requests were sent that could not be written down", n)
			}
			freeDisk(f.t, os.Getenv("TMPDIR"))
			f.server.Again(f.t)
		},
		within: 20 * time.Second,
	},
	"upgraded one after another": {
		does: func(f *fleet, d *member) {
			next := nextVersion(f.t)
			var other *member
			for _, m := range f.members {
				if m != d {
					other = m
				}
			}
			other.replace(next)
			eventually(f.t, 20*time.Second, "the newer one drives", func() bool { return f.driver() == other.name })
			eventually(f.t, 10*time.Second, "the older one says why it does not", func() bool {
				return strings.Contains(d.log.String(), "newer")
			})
			for _, path := range []string{"/", "/readyz"} {
				if status, body := d.get(path); status != http.StatusServiceUnavailable || !strings.Contains(body, "A newer deskd has taken the database over") {
					f.t.Errorf("GET %s of the older node: %d %s\n%s", path, status, body, d.log)
				}
			}
			d.replace(next)
			f.newer = true
		},
		within: 5 * time.Second,
	},
	"its connections ended": {
		does: func(f *fleet, _ *member) {
			f.server.Execute(f.t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'desks'")
		},
		within: 2 * takeOver,
	},
	"server restarted": {
		does:   func(f *fleet, _ *member) { f.server.Restart(f.t, syscall.SIGINT) },
		within: 10 * time.Second,
	},
	"server crashed": {
		does:   func(f *fleet, _ *member) { f.server.Restart(f.t, syscall.SIGQUIT) },
		within: 10 * time.Second,
	},
}

// finish ends the node for good.
func (m *member) finish(s syscall.Signal) {
	m.world.t.Helper()
	m.signal(s)
	m.ended = true
}

// replace ends the node in order, and starts another version of it.
func (m *member) replace(program string) {
	m.world.t.Helper()
	m.stop()
	m.world.program = program
	m.start()
}

// asOther runs a verb as the version that the nodes are.
func (w *world) asOther(args ...string) result {
	w.t.Helper()
	var out, log bytes.Buffer
	cmd := w.command(nil, args...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		w.t.Log(err)
	}
	return result{out: out.String(), errs: log.String(), code: cmd.ProcessState.ExitCode()}
}

// nextVersion builds deskd as it may be one day: with a migration more.
func nextVersion(t *testing.T) (program string) {
	t.Helper()
	folder := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, "next.sql")
	overlay := filepath.Join(folder, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(here, "../../migrations/postgres/99999_next.sql"): script,
	}})
	err = errors.Join(err, os.WriteFile(overlay, text, 0o600),
		os.WriteFile(script, []byte("-- +goose Up\nALTER TABLE desks ADD COLUMN next text;\n-- +goose Down\nALTER TABLE desks DROP COLUMN next;\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(folder, "deskd-next")
	if out, err := exec.Command("go", "test", "-c", "-overlay", overlay, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// smallDisk mounts a disk of 150 MB, which the server's user may enter.
func smallDisk(t *testing.T) (folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "deskd-small") //nolint:usetesting // that of a test is shut to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(folder) })
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // as said
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=150m,mode=1777"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// fillDisk leaves no room on a disk.
func fillDisk(t *testing.T, folder string) {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "full"))
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func freeDisk(t *testing.T, folder string) {
	t.Helper()
	if err := os.Remove(filepath.Join(folder, "full")); err != nil {
		t.Fatal(err)
	}
}

// nodeWords are the faults that nodes are disturbed by: DESKD_NODES. Without it no node is
// started.
func nodeWords(t *testing.T) string {
	t.Helper()
	words := os.Getenv("DESKD_NODES")
	if words == "" {
		t.Skip("make nodes runs it, and .ci/run: it starts daemons and a server, and waits for their time-outs")
	}
	return words
}

// TestNodes lets two nodes share a database and disturbs the one that drives in the middle of
// a wave: nothing wrong is sent, nothing twice but what was under way, and the wave goes on.
// DESKD_NODES=all has it disturbed in every way, other words in some.
func TestNodes(t *testing.T) {
	words := nodeWords(t)
	for name, fault := range nodeFaults {
		if words != "all" && !slices.ContainsFunc(strings.Split(words, "|"), func(word string) bool { return strings.Contains(name, word) && !strings.Contains(name, word+" for") }) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if fault.small {
				_ = t.TempDir() // the nodes' folders are where there is room
				t.Setenv("TMPDIR", smallDisk(t))
			}
			names := fault.nodes
			if names == nil {
				names = []string{"a", "b"}
			}
			f := newFleet(t, names...)
			driver := f.member(f.driver())
			f.bookAll()
			at := f.midWave()
			f.spares()
			fault.does(f, driver)
			if fault.undoes != nil {
				fault.undoes(f, driver)
			}
			f.arrives()
			for _, m := range f.members {
				if !m.ended {
					now := f.driver()
					m.has("/", "driven by <bdi>"+now+"</bdi>")
					m.has("/metrics", fmt.Sprintf(`deskd_cluster_driven{cluster="main"} %d`, map[bool]int{true: 1}[now == m.name]), `deskd_cluster_takeovers{cluster="main"} `)
				}
			}
			silence := f.judge(at, max(1, fault.flying))
			asked := f.members[0].world.run
			if f.newer {
				asked = f.members[0].world.asOther
			}
			f.contains(asked("list", "nodes"), 0, "NODE  STATE", "cluster main")
			f.contains(asked("list", "nodes", "-o", "json"), 0, `"clock_ahead_seconds": `, `"duty": "cluster main"`, `"takeovers": `)
			t.Logf("silence %s, then %s drives", silence.Round(10*time.Millisecond), f.driver())
			if silence > fault.within {
				t.Errorf("nothing was sent for %s, more than %s", silence, fault.within)
			}
			if n := f.overlaps(driver.name, at); fault.returns && n > 0 {
				t.Errorf("%d requests of the node that was let go came after another's", n)
			}
			for _, m := range f.members {
				if !m.ended {
					m.ready()
				}
			}
		})
	}
}

// TestPromotion ends the server in the middle of a wave and has a replica take its place. What
// the replica has is gone on from; one that lacks the last commits is treated as a restored
// backup: nobody is logged out for bookings that are gone.
func TestPromotion(t *testing.T) {
	nodeWords(t)
	for name, lost := range map[string]bool{"nothing lost": false, "commits lost": true} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, "a", "b")
			address := loopback()
			replica := f.server.Replica(t, "listen_addresses="+address, "full_page_writes=off")
			f.driver()
			f.await(replica)
			if lost {
				replica.Execute(t, "postgres", "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
				eventually(t, 10*time.Second, "the replica is cut off", func() bool {
					var n int
					return f.db.QueryRow("SELECT count(*) FROM pg_stat_replication").Scan(&n) == nil && n == 0
				})
			}
			f.bookAll()
			at := f.midWave()
			if !lost {
				f.await(replica)
			}
			f.server.End(t, syscall.SIGQUIT)
			replica.Execute(t, "postgres", "SELECT pg_promote()")
			for _, m := range f.members {
				m.way.lead(address + ":5432")
			}
			for _, m := range f.members {
				m.ready()
			}
			if !lost {
				f.arrives()
				f.judge(at, 1)
				return
			}
			logins := len(f.phones.Sessions())
			for _, m := range f.members {
				eventually(t, 30*time.Second, "the page says so", func() bool {
					_, page := m.get("/")
					return strings.Contains(page, "The database lacked what deskd had last written")
				})
			}
			f.contains(f.members[0].world.run("list", "audit"), 0, "promoted")
			time.Sleep(3 * time.Second) // rounds have been
			for _, r := range f.soFar() {
				if r.op == "logout" {
					t.Errorf("logged out for a booking that is gone: %+v", r)
				}
			}
			if n := len(f.phones.Sessions()); n != logins {
				t.Errorf("%d sessions of %d", n, logins)
			}
		})
	}
}

// await waits until a replica has what the server has now.
func (f *fleet) await(replica *postgrestest.Server) {
	f.t.Helper()
	var now string
	if err := f.db.QueryRow("SELECT pg_current_wal_lsn()").Scan(&now); err != nil {
		f.t.Fatal(err)
	}
	config, err := pgx.ParseConfig(replica.DSN("desks"))
	if err != nil {
		f.t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	eventually(f.t, 10*time.Second, "the replica has caught up", func() bool {
		var there bool
		return db.QueryRow("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", now).Scan(&there) == nil && there
	})
}
