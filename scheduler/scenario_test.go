package scheduler_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"deskd/scheduler/clock"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/reservations/feed/fetch"
	"deskd/reservations/rules"
	"deskd/scheduler"
	"deskd/scheduler/drive"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/poll"
	"deskd/store"
	"deskd/store/audit"
)

var update = flag.Bool("update", false, "write what the scenarios do into their files")

// TestScenarios plays every testdata/scenarios/*.txtar through the real client,
// scheduler, feed reader, SQLite store and emulator, in simulated time. The
// format is described in testdata/scenarios/README.md.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range sample(files, 24) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if overServer && adopts.Match(txtar.Format(archive)) {
				t.Skip("a server's database has no marker beside it: DESKD_NODES promotes one that lacks commits")
			}
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, archive, dir)
				s.play()
				s.compare(file)
			})
		})
	}
}

// adopts finds the step of a script that has a file without its marker.
var adopts = regexp.MustCompile(`(?m)^\S+ adopt$`)

// scenario is one file being played.
type scenario struct {
	t        *testing.T
	archive  *txtar.Archive
	dir      string
	zone     *time.Location
	date     time.Time // midnight of the day in zone
	policy   plan.Policy
	rules    rules.Rules
	adopted  time.Time     // the database, as one that may lack what was written last
	unit     time.Duration // of the configuration; negative for sessions without an end
	jobs     drive.Jobs
	emulator *emulator.Emulator
	desks    int // D1 and on
	cluster  string
	people   []string
	trust    reservations.Trust
	person   reservations.Rule
	feeds    []reservations.Feed // of the files …
	listed   map[string]bool     // … that the configuration has
	started  time.Time

	store   *store.Store
	changed func(context.Context) (bool, error) // instead of the store's own watch
	polled  scheduler.Watcher                   // is told of polls; nil for nobody
	running *running
	counted emulator.Stats // at the last "count"
	events  int            // the same
	moved   atomic.Int64   // a duration: the daemon's clock is ahead of the day's
	leaps   []leap
	blank   atomic.Int64 // so many answers say that nobody is on any phone
	slow    atomic.Int64 // a duration: how long a poll of a feed takes
	log     sharedLog

	restartAt time.Time // of the daemon, besides the script's; zero for none
	lenient   bool      // what the script expects is not looked at

	bodies  map[string][]byte // what "bytes" writes, by name
	reasons map[string]bool   // why what it wrote was refused
}

// sharedLog is a log that is read while the daemon writes it.
type sharedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *sharedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// running is a scheduler at work.
type running struct {
	stop context.CancelFunc
	done chan error
	*drive.Scheduler
}

const (
	desks = 8
	appID = "deskd"
	pass  = "secret"
)

var people = []string{"jane", "max", "ada", "bob", "cyd", "dan", "eve", "fay"}

func newScenario(t *testing.T, a *txtar.Archive, dir string) *scenario {
	s := &scenario{t: t, archive: a, dir: dir, zone: time.UTC, policy: plan.DefaultPolicy(), unit: time.Minute, desks: desks, cluster: "main", people: people, person: reservations.Rule{From: reservations.FromAttendee}}
	s.jobs = drive.Jobs{Sweep: "@every 5m", Nightly: "0 3 * * *"}
	options := emulator.Options{AppID: appID, Password: pass, Times: emulator.RealTimes(), MaxConcurrent: 5}
	date := "2026-03-02"
	for _, f := range s.lines("setup") {
		key, value := strings.TrimSuffix(f[0], ":"), strings.Join(f[1:], " ")
		switch key {
		case "date":
			date = value
		case "zone":
			s.zone = must(time.LoadLocation(value))
		case "multiple-login":
			options.MultipleLogin = emulator.MultipleLogin(value)
			s.policy.MultipleLogin = plan.MultipleLogin(value)
		case "told-multiple-login": // in the configuration, which may be wrong
			s.policy.MultipleLogin = plan.MultipleLogin(value)
		case "max-concurrent":
			options.MaxConcurrent = must(strconv.Atoi(value))
		case "password":
			options.Password = value
		case "unit":
			options.TimeUnit = must(time.ParseDuration(value))
		case "restart":
			took := must(time.ParseDuration(value))
			options.Restart = emulator.Restarts{Login: took, Logout: took}
		case "credential-cache":
			options.CredentialCache = must(time.ParseDuration(value))
		case "configured-unit":
			s.unit = must(time.ParseDuration(value))
		case "sweep":
			s.jobs.Sweep = value
		case "nightly":
			s.jobs.Nightly = value
		case "also":
			s.people = append(slices.Clip(s.people), value)
		default:
			s.set(key, value)
		}
	}
	s.date = must(time.ParseInLocation("2006-01-02", date, s.zone))
	s.jobs.Zone = s.zone
	s.emulator = emulator.New(options)
	for n := range s.desks {
		s.emulator.AddDevice(device(n + 1))
	}
	for _, p := range s.people {
		s.emulator.AddUser(p)
	}
	s.setPassword(pass)
	return s
}

// setPassword makes text the password of the configuration.
func (s *scenario) setPassword(text string) {
	s.ok(os.WriteFile(filepath.Join(s.dir, "password"), []byte(text), 0o600))
}

// set changes the policy by a line of the setup.
func (s *scenario) set(key, value string) {
	durations := map[string]*time.Duration{"ready": &s.policy.Ready, "lead": &s.policy.Lead, "grace": &s.policy.Grace, "min_left": &s.policy.MinLeft}
	switch key {
	case "relogin":
		s.policy.Relogin = plan.Relogin(value)
	case "stranger":
		s.policy.Stranger = plan.Stranger(value)
	case "walkups":
		s.policy.Walkups = plan.Walkups(value)
	case "elsewhere":
		s.policy.Elsewhere = plan.Elsewhere(value)
	case "trust": // of all feeds, whose people are their events' organizers then
		s.trust, s.person.From = reservations.Trust(value), reservations.FromOrganizer
	case "per_minute":
		s.policy.Pace.PerMinute = must(strconv.Atoi(value))
	case "at_once":
		s.policy.Pace.Concurrent = must(strconv.Atoi(value))
	case "desks": // and as many people
		s.desks, s.people = must(strconv.Atoi(value)), nil
		for n := range s.desks {
			s.people = append(s.people, personOf(n+1))
		}
	default:
		if s.arriving(key, value) {
			return
		}
		d, ok := durations[key]
		if !ok {
			s.t.Fatalf("setup: unknown key %q", key)
		}
		*d = must(time.ParseDuration(value))
	}
}

func device(n int) string { return fmt.Sprintf("SEP%012d", n) }

// personOf is who the n-th is of more people than have names.
func personOf(n int) string { return fmt.Sprintf("user%04d", n) }

// deviceOf is the device of the desk called id.
func (s *scenario) deviceOf(id string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(id, "D"))
	if err != nil {
		s.t.Fatalf("%q is no desk", id)
	}
	return device(n)
}

func deskOf(device string) string {
	return "D" + strings.TrimLeft(strings.TrimPrefix(device, "SEP"), "0")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// section returns the named file of the archive, and whether there is one.
func (s *scenario) section(name string) (string, bool) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// lines returns the fields of a section's lines, without blank ones.
func (s *scenario) lines(name string) [][]string {
	text, _ := s.section(name)
	var all [][]string
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") {
			all = append(all, f)
		}
	}
	return all
}

// at is the instant of a clock time on the scenario's day; "+1d" before it
// means the day after, and so on to "+9d".
func (s *scenario) at(clock string) time.Time {
	later := 0
	for n := 1; n <= 9; n++ {
		if rest, ok := strings.CutPrefix(clock, fmt.Sprintf("+%dd", n)); ok {
			later, clock = n, rest
		}
	}
	for _, form := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(form, clock); err == nil {
			return time.Date(s.date.Year(), s.date.Month(), s.date.Day()+later, t.Hour(), t.Minute(), t.Second(), 0, s.zone)
		}
	}
	s.t.Fatalf("%q is no time", clock)
	return time.Time{}
}

func (s *scenario) play() {
	script := s.lines("script")
	if len(script) == 0 {
		s.t.Fatal("the scenario has no script")
	}
	time.Sleep(time.Until(s.at(script[0][0])))
	s.started = time.Now()
	s.open()
	defer s.close()
	s.fill()
	for _, f := range script {
		if at := s.restartAt; !at.IsZero() && at.Before(s.at(f[0])) {
			s.restartAt = time.Time{}
			time.Sleep(time.Until(at))
			if s.running != nil {
				s.do("restart", nil)
			}
		}
		time.Sleep(time.Until(s.at(f[0])))
		synctest.Wait()
		s.foldAgain()
		s.do(f[1], f[2:])
		synctest.Wait()
	}
}

// foldAgain holds what the rounds remember of attempts against what a new process would
// read from the database: the history is a fold, and nothing else.
func (s *scenario) foldAgain() {
	if s.running == nil || raceDetector { // it reads what is the rounds' own, while they sleep
		return
	}
	for _, r := range s.running.Clusters {
		live, folded, quiet, err := r.Here().FoldAgain(s.t.Context())
		s.ok(err)
		if !quiet {
			continue
		}
		folds.Add(1)
		all := gocmp.Exporter(func(reflect.Type) bool { return true })
		instants := gocmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Millisecond })
		unsaid := gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().String() == ".news" }, gocmp.Ignore())     // to the planner
		old := cmpopts.IgnoreMapEntries(func(_ any, s plan.Session) bool { return time.Since(s.Began) > 48*time.Hour }) // the journal of two days is read
		if diff := gocmp.Diff(live, folded, all, instants, cmpopts.EquateEmpty(), old, unsaid); diff != "" {
			s.t.Errorf("%s: the history is not what the database says (-rounds +database):\n%s", s.clock(time.Now()), diff)
		}
	}
}

// folds counts the histories that were compared.
var folds atomic.Int64

// open opens the database; close ends what runs, and the database with it.
func (s *scenario) open() {
	s.store = unfurnished.open(s.t, filepath.Join(s.dir, "deskd.db"))
}

// database names the database to programs that open it beside the scenario.
func (s *scenario) database() string { return databaseAt(filepath.Join(s.dir, "deskd.db")) }

func (s *scenario) close() {
	s.halt()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

// fill brings desks, people, reservations and feeds in.
func (s *scenario) fill() {
	ctx := s.t.Context()
	site := reservations.Site{Name: "here", Zone: s.zone}
	s.ok(s.store.Configure(ctx, []reservations.Site{site}, []store.Cluster{{Name: s.cluster, URL: "https://cucm.example"}}))
	var all []reservations.Desk
	for n := range s.desks {
		all = append(all, reservations.Desk{ID: fmt.Sprintf("D%d", n+1), Site: "here", Cluster: s.cluster, Device: device(n + 1)})
	}
	s.imported(s.store.ImportDesks(ctx, all, false))
	var everybody []reservations.Person
	for _, p := range s.people {
		everybody = append(everybody, reservations.Person{ID: p, Mail: []string{p + "@example.com"}})
	}
	s.imported(s.store.ImportPeople(ctx, everybody, false))
	for _, f := range s.lines("reservations") {
		s.reserve(f)
	}
	for _, f := range s.archive.Files {
		if name, ok := strings.CutSuffix(f.Name, ".ics"); ok && !strings.Contains(name, ".") {
			s.feeds = append(s.feeds, reservations.Feed{
				Name: name, URL: "file:" + filepath.Join(s.dir, f.Name), Every: 5 * time.Minute, Site: "here",
				Back: 24 * time.Hour, Ahead: 60 * 24 * time.Hour,
				Desk: reservations.Rule{From: reservations.FromLocation}, Person: s.person, Trust: s.trust,
			})
			if strings.HasPrefix(name, "holidays") {
				s.feeds[len(s.feeds)-1].Kind = reservations.KindHolidays
			}
			s.writeFeed(name, f.Name)
			if s.listed == nil {
				s.listed = make(map[string]bool)
			}
			s.listed[name] = true
		}
	}
}

func (s *scenario) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) imported(im store.Imported, err error) {
	s.t.Helper()
	s.ok(err)
	for _, r := range im.Refused {
		s.t.Fatal(r.Err)
	}
}

// reserve books "D1 jane 09:00 12:00".
func (s *scenario) reserve(f []string) reservations.Reservation {
	s.t.Helper()
	r, err := s.store.Reserve(s.t.Context(), reservations.Reservation{
		Desk: f[0], Person: strings.TrimPrefix(strings.Join(f[1:len(f)-2], " "), "-"), Source: reservations.SourceCLI,
		Span: reservations.Span{Start: s.at(f[len(f)-2]), End: s.at(f[len(f)-1])}.UTC(),
	}, time.Now())
	s.ok(err)
	return r
}

// writeFeed makes a section of the archive what the feed's file holds.
func (s *scenario) writeFeed(name, section string) {
	path := filepath.Join(s.dir, name+".ics")
	if section == "gone" {
		s.ok(os.Remove(path))
		return
	}
	text, ok := s.section(section)
	if !ok {
		s.t.Fatalf("no section %q", section)
	}
	s.ok(os.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600))
}

// do carries one line of the script out.
func (s *scenario) do(verb string, args []string) {
	s.t.Helper()
	switch verb {
	case "start":
		s.start()
	case "stop":
		s.halt()
	case "pause", "resume":
		s.brake(verb)
	case "restart": // the daemon's process ends and another begins
		s.halt()
		s.ok(s.store.Close())
		s.open()
		s.start()
	case "rename-cluster": // in the configuration and of all desks; "west cucm" is that at the same address
		s.halt()
		s.cluster = args[0]
		s.ok(s.store.Configure(s.t.Context(), nil, []store.Cluster{{Name: s.cluster, URL: "https://" + args[1] + ".example"}}))
		s.foreign(fmt.Sprintf("UPDATE desks SET cluster = '%s'", s.cluster))
		s.start()
	case "adopt": // the database is found without its marker, as after a restore
		s.halt()
		s.ok(s.store.Close())
		s.ok(os.Remove(filepath.Join(s.dir, "deskd.db.marker")))
		s.adopted = time.Now()
		s.open()
		s.start()
	case "end":
	case "press":
		s.ok(s.emulator.PressLogin(s.deviceOf(args[0]), strings.Join(args[1:], " ")))
	case "visit": // a person of another cluster
		s.ok(s.emulator.PressVisit(s.deviceOf(args[0]), args[1]))
	case "unpress":
		s.ok(s.emulator.PressLogout(s.deviceOf(args[0])))
	case "switch":
		s.emulator.SwitchVersion()
	case "down":
		s.emulator.Down(true)
	case "up":
		s.emulator.Down(false)
	case "lose":
		s.emulator.RemoveDevice(s.deviceOf(args[0]))
	case "find":
		s.emulator.AddDevice(s.deviceOf(args[0]))
	case "plug": // another phone joins the phone system
		s.emulator.AddDevice(args[0])
	case "em":
		s.ok(s.emulator.EnableEM(s.deviceOf(args[0]), args[1] == "on"))
	case "fault":
		s.fault(args)
	case "fix":
		s.emulator.ClearFaults()
	case "lag": // "lag 45s", "lag 45s 2" for every second answer, "lag 0s"
		lag, every := must(time.ParseDuration(args[0])), 0
		if len(args) > 1 {
			every = must(strconv.Atoi(args[1]))
		}
		s.emulator.Change(func(o *emulator.Options) { o.Lag, o.LagEvery = lag, every })
	case "password":
		s.emulator.Change(func(o *emulator.Options) { o.Password = args[0] })
	case "configure-unit":
		s.unit = must(time.ParseDuration(args[0]))
	case "configure":
		s.setPassword(args[0])
	case "slow":
		s.slow.Store(int64(must(time.ParseDuration(args[0]))))
	case "blank":
		s.blank.Store(int64(must(strconv.Atoi(args[0]))))
	case "jump":
		s.jump(must(time.ParseDuration(args[0])))
	case "count":
		s.counted = s.emulator.Stats()
		s.events = len(s.emulator.Events())
	case "sent", "refused", "began", "on", "seen", "alarm", "logged", "swept", "without", "failing":
		if !s.lenient {
			s.expects(verb, args)
		}
	default:
		s.book(verb, args)
	}
}

// expects holds what is so against a line of the script.
func (s *scenario) expects(verb string, args []string) {
	s.t.Helper()
	switch verb {
	case "sent", "refused", "began":
		s.expect(verb, args)
	case "swept": // every phone was asked about
		if s.running.Clusters[0].Status().Swept.IsZero() {
			s.t.Errorf("%s: not every phone was asked about", s.clock(time.Now()))
		}
	case "on":
		s.shows(args[0], strings.Join(args[1:], " "))
	case "seen":
		s.knows(args[0], strings.Join(args[1:], " "))
	case "alarm", "logged", "without", "failing":
		s.alarmed(verb, args)
	}
}

// blank is a phone system some of whose answers name nobody.
type blank struct {
	phones.EM
	left *atomic.Int64
}

func (b blank) Logins(ctx context.Context, devices []string) ([]plan.Observation, error) {
	seen, err := b.EM.Logins(ctx, devices)
	if b.left.Load() > 0 {
		b.left.Add(-1)
		for i := range seen {
			seen[i].Person, seen[i].Raw = "", ""
		}
	}
	return seen, err
}

// slowFeeds are desks and people of which polls of feeds, which alone ask for them here,
// hear after some time.
type slowFeeds struct {
	poll.Book
	by *atomic.Int64
}

func (f slowFeeds) NamesChanged(ctx context.Context, from int64) (upto int64, changed bool, err error) {
	time.Sleep(time.Duration(f.by.Load()))
	return f.Book.NamesChanged(ctx, from)
}

// leap is a jump of the daemon's clock: attempts after that one are by the
// clock as it was moved then.
type leap struct {
	attempt int64
	moved   time.Duration
}

// jump moves the daemon's clock. The phone system's goes on.
func (s *scenario) jump(by time.Duration) {
	moved := time.Duration(s.moved.Add(int64(by)))
	var last int64
	for _, a := range s.attempts() {
		last = max(last, a.ID)
	}
	s.leaps = append(s.leaps, leap{last, moved})
}

// byDay is when an attempt was begun by the day's clock.
func (s *scenario) byDay(a plan.Attempt) time.Time {
	at := a.Began
	for _, l := range s.leaps {
		if a.ID > l.attempt {
			at = a.Began.Add(-l.moved)
		}
	}
	return at
}

// knows compares who is on a desk's phone by what deskd has written down of it last;
// "?" stands for what is not known.
func (s *scenario) knows(desk, want string) {
	got := "?"
	for _, h := range must(s.store.Seen(s.t.Context())) {
		switch {
		case h.Device != s.deviceOf(desk):
		case h.Known:
			got = cmp.Or(h.Person, "-")
		}
	}
	if got != want {
		s.t.Errorf("%s: seen on %s: %s, want %s", s.clock(time.Now()), desk, got, want)
	}
}

// shows holds who is on a phone, "-" for nobody.
func (s *scenario) shows(desk, who string) {
	s.t.Helper()
	for _, line := range splitLines(s.phones()) {
		if on, person, _ := strings.Cut(line, " "); on == desk {
			if person != who {
				s.t.Errorf("%s: on %s is %s, want %s", s.clock(time.Now()), desk, person, who)
			}
			return
		}
	}
	if who != "-" {
		s.t.Errorf("%s: on %s is nobody, want %s", s.clock(time.Now()), desk, who)
	}
}

// alarmed holds what the status warns of against "alarm clock" or "alarm none",
// how many booked desks are without their person, at which tries are failing,
// and how many lines of the log hold some words against "logged 1 clock has jumped".
func (s *scenario) alarmed(verb string, args []string) {
	s.t.Helper()
	got, want := "none", args[0]
	status := s.running.Clusters[0].Status()
	switch lost, held := status.Count(plan.KindSessionsLost), status.Count(plan.KindHeldLogouts); {
	case verb == "logged":
		got = strconv.Itoa(strings.Count(s.log.String(), strings.Join(args[1:], " ")))
	case verb == "without":
		got = strconv.Itoa(status.WithoutPerson)
	case verb == "failing":
		var desks []string
		for _, b := range status.Of(plan.KindTriesFailed) {
			desks = append(desks, b.Scope.Desk)
		}
		got = cmp.Or(strings.Join(desks, ","), "-")
	case status.Count(plan.KindClock) > 0:
		got = "clock"
	case lost > 0:
		got = fmt.Sprintf("lost:%d", lost)
	case held > 0:
		got = fmt.Sprintf("held:%d", held)
	}
	if got != want {
		s.t.Errorf("%s: %s %s: it is %s", s.clock(time.Now()), verb, strings.Join(args, " "), got)
	}
}

// expect holds the emulator's own counters, since the last "count", against
// "sent 0", "sent login <=2", "refused 3 1" or "began D1 <=1".
func (s *scenario) expect(verb string, args []string) {
	s.t.Helper()
	now, got := s.emulator.Stats(), 0
	switch {
	case verb == "sent" && len(args) == 1:
		for op, n := range now.Requests {
			got += n - s.counted.Requests[op]
		}
	case verb == "sent":
		got = now.Requests[args[0]] - s.counted.Requests[args[0]]
	case verb == "refused":
		code := emapi.Code(must(strconv.Atoi(args[0])))
		got = now.Codes[code] - s.counted.Codes[code]
	case verb == "began":
		for _, e := range s.emulator.Events()[s.events:] {
			if e.Kind == emulator.Login && e.By == emulator.ByAPI && e.Device == s.deviceOf(args[0]) {
				got++
			}
		}
	}
	text, most := strings.CutPrefix(args[len(args)-1], "<=")
	if want := must(strconv.Atoi(text)); got > want || got < want && !most {
		s.t.Errorf("%s: %s %s: it is %d", s.clock(time.Now()), verb, strings.Join(args, " "), got)
	}
}

// book carries out a line that is about bookings.
func (s *scenario) book(verb string, args []string) {
	s.t.Helper()
	switch verb {
	case "reserve":
		s.reserve(args)
		s.running.Kick()
	case "cancel", "extend":
		s.change(verb, args)
	case "protect": // by an import
		s.imported(s.store.ImportPeople(audit.WithActor(s.t.Context(), "cli:operator"), []reservations.Person{
			{ID: args[0], Mail: []string{args[0] + "@example.com"}, Protected: true},
		}, false))
		s.running.Kick()
	case "deskd": // a verb of the command line, as another process
		s.verb(args)
	case "sql": // another program, with a connection of its own
		s.foreign(strings.Join(args, " "))
	case "feed":
		s.writeFeed(args[0], args[1])
	case "bytes": // of a test that is no file
		for _, state := range must(s.store.FeedStates(s.t.Context())) {
			s.reasons[state.Problem] = true
		}
		s.ok(os.WriteFile(filepath.Join(s.dir, args[0]+".ics"), s.bodies[args[1]], 0o600))
	case "drop-feed": // and what runs of it
		_, err := s.store.DropFeed(audit.WithActor(s.t.Context(), "cli:operator"), args[0], true, time.Now())
		s.ok(err)
		s.running.Kick()
	case "remove-feed", "return-feed", "rename-feed":
		s.configureFeed(verb, args)
	case "accept", "reject":
		s.answer(verb, args[0])
	default:
		s.t.Fatalf("unknown verb %q", verb)
	}
}

// change cancels "D1 09:00", or extends "D1 09:00 13:00", as another program.
func (s *scenario) change(verb string, args []string) {
	start := s.at(args[1]).UTC().Format("2006-01-02T15:04:05Z")
	set := "status = 'cancelled'"
	if verb == "extend" {
		set = "ends_at = '" + s.at(args[2]).UTC().Format("2006-01-02T15:04:05Z") + "'"
	}
	s.foreign(fmt.Sprintf("UPDATE reservations SET %s WHERE desk = '%s' AND starts_at = '%s'", set, args[0], start))
}

// brake pauses or resumes the cluster, as another process.
func (s *scenario) brake(verb string) {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), s.database(), store.Options{})
	s.ok(err)
	if verb == "pause" {
		_, err = st.PauseClusters(s.t.Context(), []string{"main"}, "new wiring", time.Now())
	} else {
		_, err = st.ResumeClusters(s.t.Context(), []string{"main"})
	}
	s.ok(errors.Join(err, st.Close()))
}

// verb is "cancel D1 09:00", or "logouts release".
func (s *scenario) verb(args []string) {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), s.database(), store.Options{})
	s.ok(err)
	ctx := audit.WithActor(s.t.Context(), "cli:operator")
	switch args[0] {
	case "logouts":
		_, err = st.ReleaseLogouts(ctx, "main", "", time.Now())
	case "cancel":
		start := s.at(args[2])
		all, listErr := st.ListReservations(ctx, reservations.Filter{Desk: args[1], Span: reservations.Span{Start: start, End: start.Add(time.Second)}})
		s.ok(listErr)
		_, err = st.Cancel(ctx, all[0].ID, time.Now())
	case "check-in", "walkup", "close", "reserve", "series", "days", "cancel-rest", "away", "back":
		err = s.booksAs(st, args)
	case "refused": // "refused closed:D2 reserve D1 jane 09:00 10:00"
		if told := s.booksAs(st, args[2:]); !refusedWith(told, args[1]) {
			s.t.Errorf("%v: not refused as %s: %v", args[2:], args[1], told)
		}
	default:
		s.t.Fatalf("unknown verb %q of deskd", args[0])
	}
	s.ok(errors.Join(err, st.Close()))
}

// answer accepts or rejects what is held of a feed, and lets the daemon poll it.
func (s *scenario) answer(verb, name string) {
	s.t.Helper()
	answer := map[string]reservations.Answer{"accept": reservations.Accepted, "reject": reservations.Rejected}[verb]
	_, err := s.store.AnswerHeld(s.t.Context(), store.HeldAnswer{Feed: name, Answer: answer}, time.Now())
	s.ok(errors.Join(err, s.running.Poll(s.t.Context(), name)))
}

func (s *scenario) foreign(query string) {
	s.t.Helper()
	driver, dsn := "sqlite", "file:"+s.database()+"?_pragma=busy_timeout(5000)"
	if overServer {
		driver, dsn = "pgx", s.database()
	}
	db, err := sql.Open(driver, dsn)
	s.ok(err)
	result, err := db.Exec(query)
	s.ok(errors.Join(err, db.Close()))
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		s.t.Fatalf("%s: no row (%v)", query, err)
	}
}

// fault adds "login D1 code 26 x3", "any any hang", "logout D2 reset effect".
func (s *scenario) fault(args []string) {
	f := emulator.Fault{Action: emulator.Action(args[2])}
	if args[0] != "any" {
		f.Op = args[0]
	}
	if args[1] != "any" {
		f.Device = s.deviceOf(args[1])
	}
	for _, word := range args[3:] {
		switch {
		case word == "effect":
			f.Effect = true
		case strings.HasSuffix(word, "s"):
			f.Delay = must(time.ParseDuration(word))
		case strings.HasPrefix(word, "x"):
			f.Count = must(strconv.Atoi(word[1:]))
		case f.Action == emulator.Status:
			f.Status = must(strconv.Atoi(word))
		default:
			f.Code = emapi.Code(must(strconv.Atoi(word)))
		}
	}
	_, err := s.emulator.AddFault(f)
	s.ok(err)
}

// start runs a daemon's worth of scheduler on the open database.
func (s *scenario) start() {
	length := phones.Duration{Unit: s.unit, Pad: 5*time.Minute + s.policy.Grace, Indefinite: s.unit < 0}
	access, err := phones.NewAccess(func() (phones.System, []string, error) {
		password, err := os.ReadFile(filepath.Join(s.dir, "password"))
		if err != nil {
			return nil, nil, err
		}
		client, err := emapi.New(emapi.Config{
			URL: "http://localhost" + emulator.Path, AppID: appID, Password: emapi.NewSecret(string(password)), HTTP: s.emulator.Transport(),
		})
		return blank{phones.EM{Client: client, Duration: length}, &s.blank}, []string{string(password)}, err
	})
	s.ok(err)
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	clock := clock.MovedClock(func() time.Duration { return time.Duration(s.moved.Load()) })
	r := scheduler.NewReconciler(scheduler.Setup{
		Cluster: s.cluster,
		Formerly: func(ctx context.Context) ([]string, error) {
			return s.store.FormerNames(ctx, s.cluster, []string{s.cluster})
		},
		Book: s.store, Changes: s.store, Journal: s.store, Sightings: s.store, States: s.store,
		Access: access, Duration: length,
		Limit:  emapi.NewLimit(s.policy.Pace.Concurrent, s.policy.Pace.PerMinute),
		Policy: s.policy, Feeds: s.feedsByName(), Clock: clock, Log: log, Watch: scheduler.Unwatched{},
	})
	changed := s.store.Changed
	if s.changed != nil {
		changed = s.changed
	}
	ctx, stop := context.WithCancel(context.Background())
	s.running = &running{stop: stop, done: make(chan error, 1), Scheduler: &drive.Scheduler{
		Clusters: []drive.Cluster{r}, Jobs: s.jobs, Journal: s.store, Clock: clock, Log: log, Changed: changed, Arrivals: s.arrivals(log),
		Feeds: &poll.Poller{
			Feeds: s.configuredFeeds(), Sites: map[string]reservations.Site{"here": {Name: "here", Zone: s.zone}},
			Brake: reservations.Brake{Share: 0.25, Count: 5, Added: 200},
			Book:  slowFeeds{s.store, &s.slow}, States: s.store, Store: s.store, Held: s.store, Fetchers: s.fetchers(), Log: log, Watch: cmp.Or[scheduler.Watcher](s.polled, scheduler.Unwatched{}),
		},
	}}
	go func() { s.running.done <- s.running.Run(ctx) }()
}

// feedNames are the names of the feeds that the configuration has.
func (s *scenario) feedsByName() map[string]reservations.Feed {
	all := make(map[string]reservations.Feed)
	for _, f := range s.configuredFeeds() {
		all[f.Name] = f
	}
	return all
}

func (s *scenario) configuredFeeds() []reservations.Feed {
	return slices.DeleteFunc(slices.Clone(s.feeds), func(f reservations.Feed) bool { return !s.listed[f.Name] })
}

// configureFeed changes the feeds of the configuration, which is then read again:
// "remove hq", "return hq", or "rename hq lobby", a feed of the same calendar.
func (s *scenario) configureFeed(verb string, args []string) {
	s.t.Helper()
	s.listed[args[0]] = verb == "return-feed"
	if verb == "rename-feed" {
		for _, f := range s.feeds {
			if f.Name == args[0] {
				f.Name = args[1]
				s.feeds = append(s.feeds, f)
				break
			}
		}
		s.listed[args[1]] = true
	}
	s.halt()
	s.start()
}

func (s *scenario) fetchers() map[string]*fetch.Fetcher {
	all := make(map[string]*fetch.Fetcher)
	for _, f := range s.feeds {
		all[f.Name] = fetch.NewFetcher(fetch.Source{URL: f.URL})
	}
	return all
}

func (s *scenario) halt() {
	if s.running == nil {
		return
	}
	s.running.stop()
	s.ok(<-s.running.done)
	s.running = nil
}

// compare holds what happened against the scenario's "want", and what the
// phones show at last against its "phones".
func (s *scenario) compare(file string) {
	s.t.Helper()
	got := map[string]string{"want": s.transcript(), "phones": s.phones()}
	if *update {
		for name, text := range got {
			s.replace(name, text)
		}
		s.ok(os.WriteFile(file, txtar.Format(s.archive), 0o644))
		return
	}
	for _, name := range []string{"want", "phones"} {
		want, _ := s.section(name)
		if diff := gocmp.Diff(splitLines(want), splitLines(got[name])); diff != "" {
			s.t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if s.t.Failed() {
		s.t.Logf("log:\n%s", s.log.String())
	}
}

func (s *scenario) replace(name, text string) {
	for i := range s.archive.Files {
		if s.archive.Files[i].Name == name {
			s.archive.Files[i].Data = []byte(text)
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: name, Data: []byte(text)})
}

func splitLines(text string) []string {
	var lines []string
	scanner := bufio.NewScanner(strings.NewReader(text))
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines
}

// attempts is the journal since the scenario began.
func (s *scenario) attempts() []plan.Attempt {
	st, err := store.Open(context.Background(), s.database(), store.Options{ReadOnly: true})
	s.ok(err)
	attempts, err := st.Attempts(context.Background(), s.started.Add(-24*time.Hour)) // a clock may be set back
	s.ok(errors.Join(err, st.Close()))
	return attempts
}

// transcript tells every attempt of the journal, and every session that began
// or ended at the phone's side, by time.
func (s *scenario) transcript() string {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	add := func(at time.Time, format string, args ...any) {
		lines = append(lines, line{at, fmt.Sprintf(format, args...)})
	}
	for _, a := range s.attempts() {
		outcome := string(a.Outcome)
		if a.Outcome == plan.Refused {
			outcome += " " + strconv.Itoa(a.Code)
		}
		who := a.Desk + " " + cmp.Or(a.Person, "-")
		if a.Op == plan.OpLogin {
			who += " until " + a.Stays.In(s.zone).Format("15:04")
		}
		add(s.byDay(a), "%s %s, %s: %s", a.Op, who, a.Cause, outcome)
	}
	for _, e := range s.emulator.Events() {
		if e.By != emulator.ByAPI {
			add(e.At, "(%s %s %s by %s)", e.Kind, deskOf(e.Device), e.User, e.By)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Truncate(time.Second).Compare(b.at.Truncate(time.Second)) })
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s %s\n", s.clock(l.at), l.text)
	}
	return b.String()
}

// clock shows an instant as the script would write it.
func (s *scenario) clock(t time.Time) string {
	t = t.In(s.zone)
	if t.Day() != s.date.Day() {
		return fmt.Sprintf("+%dd", t.YearDay()-s.date.YearDay()) + t.Format("15:04:05")
	}
	return t.Format("15:04:05")
}

// phones lists who is on the phones, "D1 jane".
func (s *scenario) phones() string {
	var b strings.Builder
	for _, session := range s.emulator.Sessions() {
		fmt.Fprintf(&b, "%s %s\n", deskOf(session.Device), session.User)
	}
	return b.String()
}
