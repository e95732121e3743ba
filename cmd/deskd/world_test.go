package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/emapi/emulator"
)

// world is a folder with a configuration, beside an emulated phone system of
// four phones and four people that is reached over HTTP.
type world struct {
	t      *testing.T
	folder string
	phones *emulator.Emulator
	url    string // of the phone system

	server  string // the DSN of a database there, "" for deskd.db
	program string // another version of deskd, "" for this one
}

const testPassword = "only-for-tests"

// newWorld writes deskd.yaml: two sites, one cluster, and the feed "hall" in
// hall.ics.
func newWorld(t *testing.T) *world {
	t.Helper()
	verbsOnly(t)
	w := &world{t: t, folder: t.TempDir(), phones: emulator.New(emulator.Options{AppID: "deskd", Password: testPassword})}
	w.phones.Populate(4, 4)
	server := httptest.NewServer(w.phones)
	t.Cleanup(server.Close)
	w.url = server.URL + emulator.Path
	w.write("em-password", testPassword+"\n")
	w.write("deskd.yaml", w.config())
	return w
}

// in is the world for a subtest.
func (w *world) in(t *testing.T) *world {
	copied := *w
	copied.t = t
	return &copied
}

func (w *world) config() string {
	return `listen: 127.0.0.1:0
sites:
  - {name: berlin, timezone: Europe/Berlin}
  - {name: boston, timezone: America/New_York}
clusters:
  - name: main
    url: ` + w.url + `
    app_id: deskd
    app_password_file: em-password
    max_per_minute: 6000
feeds:
  - {name: hall, url: "file:hall.ics", site: berlin, every: 1s, window: {ahead: 87600h}}
`
}

// furnish brings in three desks, one of them in Boston, and three people. All but the
// first world of the usual configuration get a copy of the first one's database.
func (w *world) furnish() *world {
	w.t.Helper()
	w.writeLists()
	if !w.copyFurnished() {
		w.importLists()
		w.keepFurnished()
	}
	return w
}

func (w *world) writeLists() {
	w.t.Helper()
	w.write("desks.csv", `id,site,cluster,device,name,floor,zone
D1,berlin,main,SEP000000000001,Window,4,north
D2,berlin,main,SEP000000000002,"Door, left",4,
D3,boston,main,SEP000000000003,,,
`)
	w.write("people.csv", `person,mail,name,profile,protected
user0001,one@example.com;uno@example.com,One,,
user0002,two@example.com,Two,,yes
user0003,three@example.com,Three,,no
`)
	w.write("hall.ics", calendar())
}

func (w *world) importLists() {
	w.t.Helper()
	w.must("import", "desks", w.path("desks.csv"))
	w.must("import", "people", w.path("people.csv"))
}

// furnished are the files of a database as [world.furnish] leaves it, so that a schema
// is made and files are imported once: that takes longer than most tests.
var furnished struct {
	sync.Mutex
	files map[string]string // by name; nil before the first
}

// asUsual reports whether the world has the usual configuration and no database yet.
func (w *world) asUsual() bool {
	config, err := os.ReadFile(w.path("deskd.yaml"))
	_, missing := os.Stat(w.path("deskd.db"))
	return err == nil && string(config) == w.config() && errors.Is(missing, fs.ErrNotExist)
}

func (w *world) copyFurnished() bool {
	furnished.Lock()
	defer furnished.Unlock()
	if furnished.files == nil || !w.asUsual() {
		return false
	}
	for name, text := range furnished.files {
		w.write(name, text)
	}
	w.exec("UPDATE clusters SET url = ?", w.url) // else the first verb that writes does
	return true
}

// keepFurnished keeps what was imported, if that was into a world as usual.
func (w *world) keepFurnished() {
	config, err := os.ReadFile(w.path("deskd.yaml"))
	if err != nil || string(config) != w.config() {
		return
	}
	files := make(map[string]string)
	for _, name := range []string{"deskd.db", "deskd.db.marker"} {
		text, err := os.ReadFile(w.path(name))
		if err != nil {
			w.t.Fatal(err)
		}
		files[name] = string(text)
	}
	furnished.Lock()
	defer furnished.Unlock()
	furnished.files = files
}

func (w *world) path(name string) string { return filepath.Join(w.folder, name) }

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// result is what a command line left behind. Out and errs have the folder's
// path shortened to DIR, the phone system's URL to URL and ids to ID.
type result struct {
	code      int
	out, errs string
}

// run runs a verb with the world's configuration.
func (w *world) run(args ...string) result {
	return w.runWith("deskd.yaml", args...)
}

func (w *world) runWith(config string, args ...string) result {
	w.t.Helper()
	return w.plain(append([]string{"--config", w.path(config)}, args...)...)
}

// plain runs a command line as it stands. The time limit is for a daemon that
// starts where it should not.
func (w *world) plain(args ...string) result {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), 3*time.Minute)
	defer stop()
	var out, errs bytes.Buffer
	code := run(ctx, args, &out, &errs)
	return result{code, w.stable(out.String()), w.stable(errs.String())}
}

// sinceNow is since when a desk is taken that was booked a moment ago.
var sinceNow = regexp.MustCompile(`, since \d\d:\d\d:\d\d CES?T\b`)

var someID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

func (w *world) stable(text string) string {
	text = strings.NewReplacer(w.folder+"/", "DIR/", w.url, "URL").Replace(text)
	text = sinceNow.ReplaceAllString(text, ", since TIME")
	return someID.ReplaceAllString(text, "ID")
}

// must runs a verb that has to succeed, and returns its output.
func (w *world) must(args ...string) string {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("deskd %q: exit code %d\n%s%s", args, r.code, r.out, r.errs)
	}
	return r.out
}

// expect compares a whole result.
func (w *world) expect(got, want result) {
	w.t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		w.t.Errorf("-want +got\n%s", diff)
	}
}

// contains checks an exit code and that every part of want stands in the output,
// in this order.
func (w *world) contains(got result, code int, want ...string) {
	w.t.Helper()
	rest := got.out + got.errs
	if got.code != code {
		w.t.Errorf("exit code %d, expected %d\n%s", got.code, code, rest)
	}
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			w.t.Fatalf("%q is missing in\n%s", part, got.out+got.errs)
		}
		rest = after
	}
}

// reserve books a desk around the present, and returns the reservation's id.
func (w *world) reserve(desk, person string, from, to time.Duration) string {
	w.t.Helper()
	now := time.Now()
	return w.book(desk, person, now.Add(from).Format(time.RFC3339), now.Add(to).Format(time.RFC3339))
}

// book books a desk, and returns the reservation's id.
func (w *world) book(desk, person, start, end string) string {
	w.t.Helper()
	var out, errs bytes.Buffer
	args := []string{"--config", w.path("deskd.yaml"), "reserve", "--desk", desk, "--person", person, "--start", start, "--end", end}
	if code := run(w.t.Context(), args, &out, &errs); code != 0 {
		w.t.Fatalf("reserve: exit code %d: %s", code, errs.String())
	}
	id, _, _ := strings.Cut(out.String(), ":")
	return id
}

// exec changes the database as another program would.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.execIn("deskd.db", query, args...)
}

// age makes the journal's attempts two minutes older, and seen to have had their
// effect: what contradicts a success of the last minute may be an answer from the
// past, and is not acted on.
func (w *world) age() {
	w.t.Helper()
	const older = "CASE %[1]s WHEN '' THEN '' ELSE strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %[1]s, '-2 minutes') END"
	set := func(column string) string { return column + " = " + fmt.Sprintf(older, column) }
	w.exec("UPDATE attempts SET " + set("began_at") + ", " + set("ended_at") + ", " + set("verified_at"))
	w.exec("UPDATE attempts SET verified_at = ended_at WHERE outcome = 'done' AND verified_at = ''")
}

// past runs a statement that a trigger would refuse, and leaves the trigger as it was.
func (w *world) past(trigger, query string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path("deskd.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	var made string
	if err := db.QueryRow("SELECT sql FROM sqlite_schema WHERE name = ?", trigger).Scan(&made); err != nil {
		w.t.Fatal(err)
	}
	for _, statement := range []string{"DROP TRIGGER " + trigger, query, made} {
		if _, err := db.Exec(statement); err != nil {
			w.t.Fatal(err)
		}
	}
}

// execIn is exec for another file of the folder.
func (w *world) execIn(name, query string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.path(name)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// reading is the database, for reading.
func (w *world) reading() *sql.DB {
	w.t.Helper()
	driver, dsn := "sqlite", "file:"+w.path("deskd.db")+"?mode=ro&_pragma=busy_timeout(5000)"
	if w.server != "" {
		driver, dsn = "pgx", w.server
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	return db
}

// count reads one number from the database.
func (w *world) count(query string) int {
	w.t.Helper()
	db := w.reading()
	defer db.Close()
	var n int
	if err := db.QueryRowContext(w.t.Context(), query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// session is who is logged in on a phone, "" for nobody.
func (w *world) session(device string) string {
	for _, s := range w.phones.Sessions() {
		if s.Device == device {
			return s.User
		}
	}
	return ""
}

// eventually waits until holds does, at most for within.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), within)
	defer stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %v: %s", within, what)
		case <-tick.C:
		}
	}
}

// booking is an event of a calendar, an hour long from start.
type booking struct {
	uid, location, attendee string
	start                   string // with what comes before it: ":20300102T090000Z"
}

func calendar(events ...booking) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n")
	for _, e := range events {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20300101T000000Z\r\nDTSTART%s\r\nDURATION:PT1H\r\nSUMMARY:Hot desk\r\nLOCATION:%s\r\nATTENDEE:mailto:%s\r\nEND:VEVENT\r\n",
			e.uid, e.start, e.location, e.attendee)
	}
	return b.String() + "END:VCALENDAR\r\n"
}

// certificate is that of a server, as PEM.
func certificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}
