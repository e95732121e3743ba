package demo

import (
	"context"
	"crypto/sha256"
	"deskd/scheduler"
	"deskd/scheduler/clock"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/imports"
	"deskd/cmd/emulator/house"
	"deskd/configs"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/store"
	sample "deskd/testdata/demo"
)

// world is the demonstration's world: the daemon under observation, the phones,
// and the calendar server.
type world struct {
	*daemon.Instance
	tell     *teller
	phones   *emulator.Emulator
	house    *house.House // the same phones, as people see them
	board    *switchboard
	hands    hands
	calendar *calendarServer
	program  *program
	clock    clock.Clock
	zone     *time.Location
	origin   time.Time
	ended    time.Time
	options  Options
	servers  []*http.Server
	desks    map[string]reservations.Desk
	absences []absence         // phones that were out of the phone system
	starts   map[time.Time]int // bookings by their start
	lost     map[time.Time]int // sessions by their end
}

type absence struct {
	device string
	reservations.Span
}

// configuration is what the demonstration writes and reads like any
// other. The rate grows with the number of desks, up to what a node of a
// cluster takes.
const configuration = `database: {driver: sqlite, dsn: deskd.db}
listen: %q
sites:
  - name: berlin
    timezone: Europe/Berlin
    zones: [{desks: ["5.18"], rules: {check_in: 1h}}]
phones:
  base_url: %s
  networks: [%s]
  clear_history: true
  push: {user: %s, password_file: push-password}
clusters:
  - name: main
    url: %s
    app_id: deskd
    app_password_file: em-password
    max_concurrent: 2
    max_per_minute: %d
feeds:
  - name: floor-4
    url: %s/floor4.ics
    site: berlin
    allow_networks: [127.0.0.0/8]
    person: {from: attendee}
  - name: floor-5
    url: %s/floor5.ics
    site: berlin
    allow_networks: [127.0.0.0/8]
    person: {from: organizer}
`

const password = "only-for-the-demonstration"

// build sets the servers up, writes the configuration, and brings desks, people
// and bookings in by the verbs everybody uses.
func (d *world) build(ctx context.Context, out io.Writer) error {
	d.phones = emulator.New(emulator.Options{
		AppID: "deskd", Password: password, Now: d.clock.Now,
		Sleep: d.clock.Sleep, Restart: emulator.RealRestarts(),
	})
	d.calendar = newCalendarServer()
	phones, err := d.listen(ctx, d.phones)
	if err != nil {
		return err
	}
	calendar, err := d.listen(ctx, d.calendar)
	if err != nil {
		return err
	}
	rate := min(500, 60+(d.options.Desks-Desks)/2)
	text := fmt.Sprintf(configuration, d.options.Page.Addr().String(), phoneBase, phonesIn, pushUser, phones+emulator.Path, rate, calendar, calendar)
	configFile := filepath.Join(d.options.Folder, "deskd.yaml")
	err = errors.Join(
		os.WriteFile(configFile, []byte(text), 0o600),
		os.WriteFile(filepath.Join(d.options.Folder, "em-password"), []byte(password+"\n"), 0o600),
		os.WriteFile(filepath.Join(d.options.Folder, "push-password"), []byte(password+"\n"), 0o600),
	)
	if err != nil {
		return err
	}
	c, err := configs.Check(configFile)
	if err != nil {
		return err
	}
	return d.fill(ctx, out, c)
}

// listen serves h on a free local port.
func (d *world) listen(ctx context.Context, h http.Handler) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	d.servers = append(d.servers, server)
	go func() { _ = server.Serve(listener) }() // ends with close
	return "http://" + listener.Addr().String(), nil
}

func (d *world) fill(ctx context.Context, out io.Writer, c configs.Config) error {
	st, err := store.Open(ctx, c.Database.DSN, store.Options{})
	if err != nil {
		return err
	}
	a, err := daemon.NewParts(c, st, slog.New(slog.DiscardHandler), d.clock)
	if err != nil {
		return err
	}
	a.Limit = func(c configs.Cluster) scheduler.Limiter {
		return &clockLimit{
			clock: d.clock, gap: time.Minute / time.Duration(c.MaxPerMinute),
			grain: time.Duration(d.options.Speed * float64(2*time.Millisecond)),
		}
	}
	if err := a.Configure(ctx); err != nil {
		return err
	}
	for _, kind := range []string{"desks", "people", "reservations"} {
		in, err := d.sample(kind)
		if err != nil {
			return err
		}
		i := imports.Importer{Parts: a, File: kind + ".csv"}
		r, err := i.Run(ctx, kind, in)
		if err != nil {
			return err
		}
		if r.LeftOut > 0 {
			return fmt.Errorf("the sample of %s has lines that cannot be used: %s", kind, r.Problems[0].Text)
		}
	}
	if err := errors.Join(d.meet(ctx, st), d.place(ctx, a)); err != nil {
		return err
	}
	if d.program, err = newProgram(ctx, st, d.options.Page.Addr().String(), d.clock.Now()); err != nil {
		return err
	}
	d.tell = newTeller(out, d)
	d.Instance, err = daemon.New(a, d.tell)
	return err
}

// sample is a sample file, with the lines of desks beyond those it has.
func (d *world) sample(kind string) (io.Reader, error) {
	text, err := sample.Files.ReadFile(kind + ".csv")
	if err != nil {
		return nil, err
	}
	var more strings.Builder
	for n := Desks; n < d.options.Desks; n++ {
		desk, morning, afternoon := fmt.Sprintf("6.%04d", n), fmt.Sprintf("early%04d", n), fmt.Sprintf("late%04d", n)
		// Starts are spread over two hours, as those of a large house are.
		at := d.origin.Add(time.Duration(30+(n%9)*15) * time.Minute)
		noon := at.Add(4 * time.Hour)
		switch kind {
		case "desks":
			fmt.Fprintf(&more, "%s,berlin,main,SEP0600A1B2%04X,Desk %s,6,\n", desk, n, desk)
		case "people":
			fmt.Fprintf(&more, "%s,,Early %d,,\n%s,,Late %d,,\n", morning, n, afternoon, n)
		default:
			fmt.Fprintf(&more, "%s,%s,%s,%s,\n", desk, morning, at.Format(time.RFC3339), noon.Format(time.RFC3339))
			fmt.Fprintf(&more, "%s,%s,%s,%s,\n", desk, afternoon, noon.Format(time.RFC3339), noon.Add(4*time.Hour).Format(time.RFC3339))
		}
	}
	return strings.NewReader(string(text) + more.String()), nil
}

// meet tells the phone system of the desks' phones and of the people.
func (d *world) meet(ctx context.Context, st *store.Store) error {
	desks, err := st.Desks(ctx)
	if err != nil {
		return err
	}
	d.desks = make(map[string]reservations.Desk, len(desks))
	for _, desk := range desks {
		d.desks[desk.ID] = desk
		d.phones.AddDevice(desk.Device)
	}
	people, err := st.People(ctx)
	for _, p := range people {
		d.phones.AddUser(p.ID)
	}
	return err
}

func (d *world) close() error {
	var err error
	for _, s := range d.servers {
		err = errors.Join(err, s.Close())
	}
	if d.Instance != nil {
		err = errors.Join(err, d.Store.Close())
	}
	return err
}

// clockLimit holds requests to a rate of a fast clock.
type clockLimit struct {
	clock clock.Clock
	gap   time.Duration
	grain time.Duration // of the clock's timers
	mu    sync.Mutex
	next  time.Time
}

// Do implements [scheduler.Limiter]. The number of requests at once is that of
// the senders.
func (l *clockLimit) Do(ctx context.Context, send func(context.Context) error) error {
	l.mu.Lock()
	now := l.clock.Now()
	// A timer wakes late by up to a millisecond or two, which is seconds of a
	// fast clock: what was lost by that is caught up with.
	at := later(l.next, now.Add(-l.grain))
	l.next = at.Add(l.gap)
	l.mu.Unlock()
	if err := l.clock.Sleep(ctx, at.Sub(now)); err != nil {
		return err
	}
	return send(ctx)
}

// Resume implements [scheduler.Limiter]. Nothing was sent before the demo.
func (l *clockLimit) Resume([]time.Time, []time.Time, time.Time) {}

// calendarServer serves the sample feeds, with validators, and lets them change.
type calendarServer struct {
	mu    sync.Mutex
	files map[string]string
	down  bool
}

func newCalendarServer() *calendarServer { return &calendarServer{files: make(map[string]string)} }

func (s *calendarServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	text, down := s.text(path.Base(r.URL.Path)), s.down
	s.mu.Unlock()
	switch {
	case down:
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
	case text == "":
		http.NotFound(w, r)
	default:
		sum := sha256.Sum256([]byte(text))
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
		w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	}
}

// text is what a feed holds now.
func (s *calendarServer) text(name string) string {
	if text, ok := s.files[name]; ok {
		return text
	}
	text, err := sample.Files.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}

// edit changes the event with uid in a feed: old becomes new once in its text.
// It reports whether it was found.
func (s *calendarServer) edit(name, uid, old, new string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, after, found := strings.Cut(s.text(name), "UID:"+uid+"\r\n")
	if !found || !strings.Contains(after, old) {
		return false
	}
	s.files[name] = before + "UID:" + uid + "\r\n" + strings.Replace(after, old, new, 1)
	return true
}

func (s *calendarServer) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}
