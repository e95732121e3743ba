package main

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler/clock"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/doors"
	"deskd/cmd/deskd/logs"
	"deskd/configs"
	"deskd/configs/certificate/certificatetest"
	"deskd/emapi"
	"deskd/emapi/emulator"
	census "deskd/phone/inventory/emulator"
	"deskd/reservations"
	"deskd/store"
)

// house is the whole daemon in simulated time: its configuration, database and
// calendar are files, its phone system of two nodes answers over TLS, and its
// page over HTTP. Only the wires are pipes.
type house struct {
	t        *testing.T
	dir      string
	config   string
	phones   *emulator.Emulator
	lines    map[string]*line              // by host and port
	services *census.Cluster               // what it tells of its phones
	frozen   atomic.Pointer[chan struct{}] // closed while questions are carried; see freeze
	moved    atomic.Int64                  // a duration: the daemon's clock is ahead

	store  *store.Store
	log    *journal
	pipe   *logs.Pipe    // before the log; nil for none
	unread chan struct{} // closed when the log's reader reads; see hungReader
	reload chan os.Signal
	page   *http.Client
	check  chan error // what the check of the database waits for and finds; nil for none
	back   func()     // brings back what was taken from the database
	end    context.CancelFunc
	ended  chan error
	ways   []*http.Transport // of the daemon, to the phone system
}

// houseDesks is the number of desks, phones and people.
const houseDesks = 6

const houseConfig = `database: {dsn: DIR/deskd.db}
listen: 127.0.0.1:0
tls: {listen: "127.0.0.1:0", cert_file: page.pem, key_file: page.key}
hosts: [deskd]
sites: [{name: berlin, timezone: Europe/Berlin}]
clusters:
  - name: main
    url: https://cucm1:8443/emservice/EMServiceServlet
    failover_urls: [https://cucm2:8443/emservice/EMServiceServlet]
    app_id: deskd
    app_password_file: em-password
    ca_file: cucm.pem
jobs: {nightly: "30 * * * *"}
feeds:
  - {name: hall, url: "file:DIR/hall.ics", site: berlin}
`

// newHouse builds a house in a bubble. Its daemon does not run yet.
func newHouse(t *testing.T, dir string) *house {
	h := &house{t: t, dir: dir, log: &journal{}, reload: make(chan os.Signal, 1), lines: make(map[string]*line)}
	h.freeze()
	h.thaw()
	h.phones = emulator.New(emulator.Options{AppID: "deskd", Password: testPassword})
	h.phones.Populate(houseDesks, houseDesks)
	h.services = census.New("deskd", testPassword)
	identity, err := emulator.NewIdentity(nil, []string{"cucm1", "cucm2", "services"}, time.Now())
	h.ok(err)
	for host, handler := range map[string]http.Handler{"cucm1:8443": h.phones, "cucm2:8443": h.phones, "services:8443": h.services} {
		l := newLine(host)
		h.lines[host] = l
		server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = server.Serve(tls.NewListener(l, h.phones.TLSConfig(identity))) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	h.config = strings.ReplaceAll(houseConfig, "DIR", dir)
	h.write("cucm.pem", string(identity.Authority()))
	h.certify(365 * day)
	h.write("em-password", testPassword)
	h.write("hall.ics", h.calendar(10))
	h.write("deskd.yaml", h.config)
	h.open()
	h.furnish()
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) write(name, text string) {
	h.t.Helper()
	h.ok(os.WriteFile(h.path(name), []byte(text), 0o600))
}

// certify has the pages' certificate renewed, to end after so long.
func (h *house) certify(lasts time.Duration) {
	h.t.Helper()
	made := certificatetest.NewAuthority(h.t).Sign(h.t, time.Now(), time.Now().Add(lasts), "deskd")
	h.write("page.pem", made.Cert)
	h.write("page.key", made.Key)
}

// calendar books D1 for so many hours of the day after tomorrow, none of which
// begins or ends while the tests look.
func (h *house) calendar(hours int) string {
	var events []booking
	for n := range hours {
		events = append(events, booking{uid: fmt.Sprint("e", n), location: "D1", attendee: "user0001@example.com",
			start: time.Now().AddDate(0, 0, 5).Format(":20060102T") + fmt.Sprintf("%02d0000Z", n)})
	}
	return calendar(events...)
}

// open opens the database, as the daemon does.
func (h *house) open() {
	h.t.Helper()
	c, err := configs.Check(h.path("deskd.yaml"))
	h.ok(err)
	h.store, err = store.Open(h.t.Context(), c.Database.DSN, store.Options{Logger: logs.New(h.log, c.Log)})
	h.ok(err)
}

func (h *house) furnish() {
	h.t.Helper()
	ctx := h.t.Context()
	h.ok(h.store.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	var desks []reservations.Desk
	var people []reservations.Person
	for n := 1; n <= houseDesks; n++ {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", n), Site: "berlin", Cluster: "main", Device: fmt.Sprintf("SEP%012d", n)})
		id := fmt.Sprintf("user%04d", n)
		people = append(people, reservations.Person{ID: id, Mail: []string{id + "@example.com"}})
	}
	_, err := h.store.ImportDesks(ctx, desks, false)
	h.ok(err)
	_, err = h.store.ImportPeople(ctx, people, false)
	h.ok(err)
}

// start runs the daemon by its configuration.
func (h *house) start() {
	h.t.Helper()
	c, err := configs.Check(h.path("deskd.yaml"))
	h.ok(err)
	a, err := daemon.NewParts(c, h.store, logs.New(h.log, c.Log), clock.MovedClock(func() time.Duration { return time.Duration(h.moved.Load()) }))
	h.ok(err)
	a.Transport = h.wire
	if h.pipe != nil {
		a.Pipe, a.Log = h.pipe, logs.New(h.pipe, c.Log)
	}
	a.Identity, err = doors.Open(c)
	h.ok(err)
	h.ok(a.Configure(h.t.Context()))
	d, err := daemon.New(a)
	h.ok(err)
	pages := newLine("deskd")
	h.page = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return pages.dial(ctx) }}}
	ctx, end := context.WithCancel(context.Background())
	h.end, h.ended = end, make(chan error, 1)
	s := &daemon.Server{Reload: h.reload, Reread: func() (configs.Config, error) { return configs.Check(h.path("deskd.yaml")) }, Output: h.log}
	s.Examination = h.examination(ctx)
	go func() { h.ended <- s.Serve(ctx, d, pages) }()
}

// stop ends the daemon, and everything that is open with it.
func (h *house) stop() {
	h.page.CloseIdleConnections()
	h.end()
	h.ok(<-h.ended)
	if h.pipe != nil {
		h.pipe.Close(time.Minute)
	}
	for _, w := range h.ways {
		w.CloseIdleConnections()
	}
	h.ok(h.store.Close())
	time.Sleep(time.Minute) // connections that were idle end
	synctest.Wait()
}

// wire makes the daemon's way to the phone system.
func (h *house) wire(secure *tls.Config) http.RoundTripper {
	way := emapi.NewTransport(secure)
	way.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) { return h.lines[address].dial(ctx) }
	h.ways = append(h.ways, way)
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		<-*h.frozen.Load()
		return way.RoundTrip(r)
	})
}

// freeze lets nothing through to the phone system until [house.thaw].
func (h *house) freeze() {
	c := make(chan struct{})
	h.frozen.Store(&c)
}

func (h *house) thaw() { close(*h.frozen.Load()) }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// as lets another process change the database.
func (h *house) as(do func(ctx context.Context, st *store.Store) error) {
	h.t.Helper()
	st, err := store.Open(h.t.Context(), h.path("deskd.db"), store.Options{})
	h.ok(err)
	h.ok(errors.Join(do(h.t.Context(), st), st.Close()))
}

// exec changes the database as a program that knows nothing of deskd.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	(&world{t: h.t, folder: h.dir}).exec(query, args...)
}

func (h *house) past(trigger, query string) {
	h.t.Helper()
	(&world{t: h.t, folder: h.dir}).past(trigger, query)
}

// take takes a table away, and returns what brings it back as it was.
func (h *house) take(table string) (back func()) {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path("deskd.db")+"?_pragma=busy_timeout(5000)")
	h.ok(err)
	defer db.Close()
	rows, err := db.Query("SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type <> 'table'", table)
	h.ok(err)
	defer rows.Close()
	var made []string
	for rows.Next() {
		var statement string
		h.ok(rows.Scan(&statement))
		made = append(made, statement)
	}
	h.ok(rows.Err())
	h.exec("CREATE TABLE taken AS SELECT * FROM " + table)
	h.exec("DROP TABLE " + table)
	return func() {
		h.exec(made[0])
		h.exec("INSERT INTO " + table + " SELECT * FROM taken") // before the triggers see it
		for _, statement := range made[1:] {
			h.exec(statement)
		}
		h.exec("DROP TABLE taken")
	}
}

// book books every desk from now on.
func (h *house) book(length time.Duration) {
	h.t.Helper()
	start := time.Now().UTC().Truncate(time.Second)
	h.as(func(ctx context.Context, st *store.Store) error {
		var all []error
		for n := 1; n <= houseDesks; n++ {
			_, err := st.Reserve(ctx, reservations.Reservation{
				Desk: fmt.Sprint("D", n), Person: fmt.Sprintf("user%04d", n), Source: reservations.SourceCLI,
				Span: reservations.Span{Start: start, End: start.Add(length)},
			}, start)
			all = append(all, err)
		}
		return errors.Join(all...)
	})
}

// get asks the daemon over HTTP.
func (h *house) get(path string) (status int, body string) {
	h.t.Helper()
	resp, err := h.page.Get("http://127.0.0.1" + path)
	h.ok(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	h.ok(err)
	return resp.StatusCode, string(text)
}

// hungReader reads a house's log once that is let go.
type hungReader struct{ *house }

func (r hungReader) Write(lines []byte) (int, error) {
	<-r.unread
	return r.log.Write(lines)
}

// line is a listener whose connections are pipes. One that is cut refuses.
type line struct {
	host  string
	calls chan net.Conn
	hung  chan struct{} // closed with the listener
	once  sync.Once
	cut   atomic.Bool
}

func newLine(host string) *line {
	return &line{host: host, calls: make(chan net.Conn), hung: make(chan struct{})}
}

func (l *line) dial(ctx context.Context) (net.Conn, error) {
	if l.cut.Load() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	near, far := net.Pipe()
	select {
	case l.calls <- far:
		return near, nil
	case <-l.hung:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *line) Accept() (net.Conn, error) {
	select {
	case c := <-l.calls:
		return c, nil
	case <-l.hung:
		return nil, net.ErrClosed
	}
}

func (l *line) Close() error {
	l.once.Do(func() { close(l.hung) })
	return nil
}

func (l *line) Addr() net.Addr { return name(l.host) }

// name is the address of a line.
type name string

func (n name) Network() string { return "pipe" }
func (n name) String() string  { return string(n) }
