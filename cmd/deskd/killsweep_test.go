//go:build !race

// A process under the race detector is too slow to be killed this often.

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/emapi/emulator"
	"deskd/store/postgrestest"
)

// TestKillSweep kills the daemon with SIGKILL at the N-th write, fsync, read,
// connect or send, and while a login or logout is with the phone system, and
// starts it again until the phones show what was booked. DESKD_KILLS says how
// many kills, DESKD_KILL_SEED repeats a run.
func TestKillSweep(t *testing.T) {
	notShort(t, "kills the daemon at two dozen of its writes")
	const parallel = 4
	kills := fromEnv(t, "DESKD_KILLS", fewer(24))
	seed := fromEnv(t, "DESKD_KILL_SEED", int(time.Now().UnixNano()&0xffffff))
	strace := usableStrace(t)
	if strace == "" {
		t.Log("without strace kills come at random moments, and while a request is with the phone system")
	}
	total := struct {
		sync.Mutex
		kills map[string]int
	}{kills: make(map[string]int)}
	t.Run("sweep", func(t *testing.T) { // returns when all have ended
		for i := range parallel {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				s := newSweep(t, strace, rand.New(rand.NewPCG(uint64(seed), uint64(i)))) //nolint:gosec // a run that can be repeated
				defer func() {
					total.Lock()
					defer total.Unlock()
					for kind, n := range s.kills {
						total.kills[kind] += n
					}
				}()
				for s.killed() < (kills+parallel-1)/parallel && !t.Failed() {
					s.round()
				}
				s.rests()
			})
		}
	})
	t.Logf("DESKD_KILL_SEED=%d: %v", seed, total.kills)
}

func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q: expected a whole number", name, text)
	}
	return n
}

const (
	sweepDesks  = 6
	sweepPeople = 4 // of each desk; they take turns

	// One more desk is booked by a calendar, for as long as all lasts.
	feedDesk, feedPerson = "D7", "user0025"
)

// killSweep is a world whose daemon is killed over and over.
type killSweep struct {
	*world
	rand   *rand.Rand
	strace string // empty where it is not installed
	wire   wire
	booked map[string]turn   // desk → who has it now
	acked  []string          // ids of reservations that were acknowledged, for later
	kills  map[string]int    // by kind; only those that met a daemon at work
	story  []string          // of the round, for the reader of a failure
	desks  map[string]string // by device

	read bool // whether the calendar's event can be

	admitted *process // the last daemon that was told to go on
}

// turn is a person's booking of a desk. The zero turn is that of a free desk.
type turn struct{ person, id string }

// wire stands before the phone system. It knows what was sent, and may kill
// the sender while a login or logout is here.
type wire struct {
	phones http.Handler
	mu     sync.Mutex
	logins map[string]int // device → asked for
	count  int            // logins and logouts until the kill, 0 for none
	after  bool           // kill when the request has had its effect
	kill   func()
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender has gone while it spoke
	}
	text, _ := url.QueryUnescape(string(body))
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	before, after := w.note(text)
	before()
	w.phones.ServeHTTP(rw, r)
	after()
}

// note counts a request and returns what is to be done before and after it.
func (w *wire) note(text string) (before, after func()) {
	nothing := func() {}
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(text, "<login>") {
		_, rest, _ := strings.Cut(text, "<deviceName>")
		device, _, _ := strings.Cut(rest, "<")
		w.logins[device]++
	} else if !strings.Contains(text, "<logout>") {
		return nothing, nothing
	}
	w.count = max(-1, w.count-1)
	switch {
	case w.count != 0 || w.kill == nil:
		return nothing, nothing
	case w.after:
		return nothing, w.kill
	default:
		return w.kill, nothing
	}
}

// arm lets the n-th login or logout from now on kill its sender; none does for 0.
func (w *wire) arm(n int, after bool, kill func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count, w.after, w.kill = n, after, kill
}

// asked is how many logins were sent so far, by device.
func (w *wire) asked() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.logins)
}

func newSweep(t *testing.T, strace string, r *rand.Rand) *killSweep {
	t.Helper()
	s := &killSweep{
		world: newWorld(t), rand: r, strace: strace,
		booked: make(map[string]turn), kills: make(map[string]int), desks: make(map[string]string),
	}
	s.phones.Populate(sweepDesks+1, sweepDesks*sweepPeople+1)
	s.wire = wire{phones: s.phones, logins: make(map[string]int)}
	server := httptest.NewUnstartedServer(&s.wire)
	server.Config.SetKeepAlivesEnabled(false) // each request connects again
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL + emulator.Path
	config := s.config()
	if os.Getenv("DESKD_DATABASE") == "postgres" {
		s.server = postgrestest.New(t)
		config = "database: {driver: postgres, dsn: \"" + s.server + "\"}\n" + config
	}
	s.write("deskd.yaml", config)
	s.read = true
	s.flip()
	s.booked[feedDesk] = turn{person: feedPerson}
	rows := "id,site,cluster,device,name,floor,zone\n"
	for n := range sweepDesks + 1 {
		desk, device := "D"+strconv.Itoa(n+1), fmt.Sprintf("SEP%012d", n+1)
		rows += desk + ",berlin,main," + device + ",,,\n"
		s.desks[device] = desk
	}
	s.write("desks.csv", rows)
	rows = "person,mail,name,profile,protected\n"
	for n := range sweepDesks * sweepPeople {
		rows += fmt.Sprintf("user%04d,,,,\n", n+1)
	}
	s.write("people.csv", rows+feedPerson+",guest@example.com,,,\n")
	s.must("import", "desks", s.path("desks.csv"))
	s.must("import", "people", s.path("people.csv"))
	return s
}

// killed is how often the daemon was; what else was killed comes on top.
func (s *killSweep) killed() int {
	n := -s.kills["reserve"]
	for _, k := range s.kills {
		n += k
	}
	return n
}

func (s *killSweep) tell(format string, args ...any) {
	s.story = append(s.story, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// round changes bookings, kills the daemon over the work, once or up to three
// times, starts it again, and holds what came of it against what was booked.
func (s *killSweep) round() {
	s.t.Helper()
	s.story = nil
	events, asked, began, was := len(s.phones.Events()), s.wire.asked(), time.Now(), maps.Clone(s.booked)
	s.disturb()
	before := s.rand.IntN(4) > 0
	if before {
		s.change()
	}
	kills := 0
	for range 1 + s.rand.IntN(3)/2*2 {
		if !s.life(!before && kills == 0) {
			break
		}
		kills++
	}
	s.reserveKilled()
	d := s.start()
	s.settles(d)
	for device, n := range s.wire.asked() {
		if extra := n - asked[device] - 1; extra > kills {
			s.t.Errorf("%s: %d logins were sent in a round of %d kills", device, n-asked[device], kills)
		}
	}
	s.nobodyLostTheirPhone(s.phones.Events()[events:], was, began)
	s.journalIsTrue()
	s.isSound()
	s.explain(d)
	s.end(d)
}

// disturb makes the calendar's event unreadable in some rounds, and lets every
// second answer of the phone system be from a moment ago.
func (s *killSweep) disturb() {
	if !s.read || len(s.phones.Events()) > 0 && s.rand.IntN(3) == 0 { // once it has been read
		s.read = !s.read
		s.flip()
	}
	lag := max(0, time.Duration(s.rand.IntN(4000)-2000)) * time.Millisecond
	s.tell("the event can be read: %v; answers from %v ago", s.read, lag)
	s.phones.Change(func(o *emulator.Options) { o.Lag, o.LagEvery = lag, 2 })
}

// flip writes the calendar, whose event can be read or not.
func (s *killSweep) flip() {
	start := time.Now().UTC().Format(":20060102T") + "000000Z"
	text := calendar(booking{uid: "guest", start: start, location: feedDesk, attendee: "guest@example.com"})
	s.write("hall.ics", strings.Replace(text, "PT1H", map[bool]string{true: "P3D", false: "soon"}[s.read], 1))
}

// explain tells the round of a test that has failed.
func (s *killSweep) explain(d *process) {
	if s.t.Failed() {
		s.t.Logf("booked: %v\nsessions: %+v\nthe round:\n%s\nthe daemon:\n%s\nthe journal:\n%s", s.booked, s.phones.Sessions(), strings.Join(s.story, "\n"), d.log, s.journal())
	}
}

// journal is what a failure needs of the attempts, and what happened at the phone
// system, each in its order.
func (s *killSweep) journal() string {
	const columns = "op || ' ' || device || ' ' || person || ' ' || cause || ' ' || outcome || ' began ' || CAST(began_at AS text) || ' ended ' || coalesce(CAST(ended_at AS text), '-') || ' verified ' || coalesce(CAST(verified_at AS text), '-') || ' ' || error"
	rows := slices.Sorted(maps.Keys(s.byKey("SELECT substr(CAST(1000000 + id AS text), 2) || ' ' || " + columns + ", 1 FROM attempts")))
	var b strings.Builder
	for _, e := range s.phones.Events() {
		fmt.Fprintf(&b, "%s %v %s %s\n", e.At.UTC().Format("15:04:05.000"), e.Kind, e.Device, e.User)
	}
	return strings.Join(rows, "\n") + "\nthe phone system:\n" + b.String()
}

// change gives about half of the desks to the next of their people, or to nobody.
func (s *killSweep) change() {
	s.t.Helper()
	for n := range sweepDesks {
		desk := "D" + strconv.Itoa(n+1)
		old, next := s.booked[desk], turn{}
		if s.rand.IntN(2) == 0 {
			continue
		}
		if old.id != "" {
			s.must("cancel", old.id)
		}
		if s.rand.IntN(5) > 0 {
			for next.person == "" || next.person == old.person {
				next.person = fmt.Sprintf("user%04d", n*sweepPeople+s.rand.IntN(sweepPeople)+1)
			}
			next.id = s.reserve(desk, next.person, -time.Minute, time.Hour)
		}
		s.booked[desk] = next
		s.tell("%s: %s instead of %s", desk, cmp.Or(next.person, "nobody"), cmp.Or(old.person, "nobody"))
	}
}

type call struct {
	name string
	most int
}

func (s *killSweep) calls() []call {
	if s.server != "" {
		return serverCalls
	}
	return fileCalls
}

// fileCalls are the system calls at which a process is killed, with how many of
// them a life has about, in one thread.
var fileCalls = []call{{"pwrite64", 24}, {"fsync,fdatasync", 5}, {"write", 5}, {"read", 14}, {"connect", 4}}

// serverCalls are those of a process whose database is a server's.
var serverCalls = []call{{"write", 16}, {"read", 24}, {"connect", 6}}

// life runs a daemon that is to be killed over its work, and reports whether it was.
func (s *killSweep) life(change bool) bool {
	s.t.Helper()
	started := make(chan *process, 1) // a request may come before start returns
	kind, before := s.plan(func() {
		d := <-started
		started <- d
		_ = d.cmd.Process.Kill()
	})
	d := s.start(before...)
	started <- d
	if change {
		s.change()
	}
	timer := time.NewTimer(time.Hour)
	if kind == "moment" {
		timer.Reset(time.Duration(s.rand.IntN(80)) * time.Millisecond)
	}
	defer timer.Stop()
	s.tell("kill by %s %v", kind, before)
	defer s.explain(d)
	// An answer that may be from the past is doubted for 65 s.
	eventually(s.t, 90*time.Second, "the daemon is killed, or has nothing to do", func() bool {
		select {
		case <-timer.C:
			_ = d.cmd.Process.Kill()
		default:
		}
		s.readmit(d)
		return len(d.ended) > 0 || s.settled()
	})
	met := len(d.ended) > 0
	s.end(d)
	if met {
		s.kills[kind]++
	}
	return met
}

// plan draws how the next daemon is killed: the words to start it with do it,
// or kill is called when a request is with the phone system.
func (s *killSweep) plan(kill func()) (kind string, before []string) {
	s.wire.arm(0, false, nil)
	calls := s.calls()
	n := s.rand.IntN(len(calls) + 1)
	switch {
	case n == len(calls):
		after := s.rand.IntN(2) == 0
		s.wire.arm(1+s.rand.IntN(3), after, kill)
		return map[bool]string{false: "sent", true: "answered"}[after], nil
	case s.strace == "":
		return "moment", nil
	}
	return calls[n].name, s.killAt(calls[n].name, s.early(calls[n].most))
}

// early draws from 1 to most, the smaller the likelier: each thread counts its
// own calls, and few come far.
func (s *killSweep) early(most int) int { return 1 + s.rand.IntN(1+s.rand.IntN(most)) }

// killAt are the words that start a process to be killed when one of its
// threads comes to a call for the n-th time. It is the child, not strace.
func (s *killSweep) killAt(call string, n int) []string {
	return []string{s.strace, "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null",
		"-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n)}
}

// end kills a daemon and waits for it. Its end is told only by SIGKILL.
func (s *killSweep) end(d *process) {
	s.t.Helper()
	_ = d.cmd.Process.Kill()
	if code := d.stop(); code != -1 {
		s.t.Fatalf("a daemon that was to be killed ended with exit code %d:\n%s", code, d.log)
	}
}

// settled reports whether the phones show what is booked and the journal knows
// how everything has ended.
func (s *killSweep) settled() bool {
	for device, desk := range s.desks {
		if s.session(device) != s.booked[desk].person {
			return false
		}
	}
	return s.count("SELECT count(*) FROM attempts WHERE outcome IN ('open', 'unknown')") == 0
}

// readmit tells a daemon that its password is right, as an operator does. One
// that starts after two that died before the phone system's first answer waits
// for that, lest each of them cost a try with a wrong one.
func (s *killSweep) readmit(d *process) {
	if s.admitted != d && d.awaitsLeave() {
		s.admitted = d
		s.doctor()
		s.tell("readmitted")
	}
}

// awaitsLeave reports whether the daemon waits for that.
func (d *process) awaitsLeave() bool {
	return strings.Contains(d.log.String(), "phone system is not asked yet")
}

func (s *killSweep) settles(d *process) {
	s.t.Helper()
	s.tell("start")
	defer s.explain(d)
	eventually(s.t, 60*time.Second, "the phones show what is booked", func() bool {
		s.readmit(d)
		return s.settled() || len(d.ended) > 0
	})
	if len(d.ended) > 0 {
		s.t.Fatal("the daemon ended by itself")
	}
}

// reserveKilled books a desk in years to come with a process that is killed. Asked
// again with the same key, deskd has booked it once.
func (s *killSweep) reserveKilled() {
	s.t.Helper()
	if s.strace == "" {
		return
	}
	c := s.calls()[s.rand.IntN(3)]
	start := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(len(s.acked)) * time.Hour)
	wish := []string{
		"reserve", "--desk", "D1", "--person", "user0001", "--key", start.Format(time.RFC3339),
		"--start", start.Format(time.RFC3339), "--end", start.Add(time.Hour).Format(time.RFC3339),
	}
	cmd := s.command(s.killAt(c.name, s.early(c.most)), wish...)
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() == -1 {
		s.kills["reserve"]++
	}
	again, err := s.command(nil, wish...).Output()
	id := someID.FindString(string(again))
	if first := someID.FindString(string(out)); err != nil || id == "" || first != "" && first != id {
		s.t.Errorf("asked again: %v\n%s, after %s", err, again, out)
	}
	s.acked = append(s.acked, id)
	if n := s.count("SELECT count(*) FROM reservations WHERE starts_at = '" + start.Format(time.RFC3339) + "'"); n != 1 {
		s.t.Errorf("asked twice with one key, deskd has booked %d times", n)
	}
}

// nobodyLostTheirPhone holds every logout against the bookings: only a person
// whose booking was cancelled in this round is logged out, and once.
func (s *killSweep) nobodyLostTheirPhone(events []emulator.Event, was map[string]turn, began time.Time) {
	s.t.Helper()
	seen := make(map[string]int)
	for _, e := range events {
		key := fmt.Sprint(e.Kind, " of ", e.User, " on ", e.Device)
		seen[key]++
		desk := s.desks[e.Device]
		right := e.Kind == emulator.Login && e.User == s.booked[desk].person ||
			e.Kind == emulator.Logout && e.User == was[desk].person && was[desk].id != s.booked[desk].id
		if !right || seen[key] > 1 || e.At.Before(began) {
			s.t.Errorf("%s, %s: booked was %v, and now is %v", e.At.Format("15:04:05.000"), key, was[desk], s.booked[desk])
		}
	}
}

// journalIsTrue holds the journal against the phone system: nothing is done
// that did not happen, and nothing happened of which there is no record.
func (s *killSweep) journalIsTrue() {
	s.t.Helper()
	happened := make(map[string]int)
	for _, e := range s.phones.Events() {
		happened[fmt.Sprint(e.Kind, " ", e.Device, " ", e.User)]++
	}
	done := s.byKey("SELECT op || ' ' || device || ' ' || person, count(*) FROM attempts WHERE outcome = 'done' GROUP BY 1")
	for key, n := range done {
		if happened[key] < n {
			s.t.Errorf("%s: done %d times by the journal, and %d times at the phone system", key, n, happened[key])
		}
	}
	known := s.byKey("SELECT op || ' ' || device || ' ' || person, count(*) FROM attempts WHERE outcome <> 'held' GROUP BY 1")
	for key, n := range happened {
		if known[key] < n {
			s.t.Errorf("%s: happened %d times, and the journal has %d", key, n, known[key])
		}
	}
}

// byKey reads rows of a name and a number.
func (s *killSweep) byKey(query string) map[string]int {
	s.t.Helper()
	db := s.reading()
	defer db.Close()
	rows, err := db.QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]int)
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			s.t.Fatal(err)
		}
		all[key] = n
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// isSound checks the database, its audit, and that it holds every reservation
// that was acknowledged. A daemon that runs has checked the marker.
func (s *killSweep) isSound() {
	s.t.Helper()
	if s.server == "" { // which looks after its files itself
		if check := s.byKey("SELECT quick_check, 1 FROM pragma_quick_check"); check["ok"] != 1 {
			s.t.Errorf("the database is damaged: %v", slices.Collect(maps.Keys(check)))
		}
	}
	s.contains(s.run("audit", "verify"), 0, "the audit is whole")
	ids := s.byKey("SELECT id, 1 FROM reservations WHERE status = 'confirmed'")
	for _, id := range s.acked {
		if ids[id] == 0 {
			s.t.Errorf("reservation %s was acknowledged, and is lost", id)
		}
	}
	for desk, b := range s.booked {
		if b.id != "" && ids[b.id] == 0 {
			s.t.Errorf("reservation %s of %s was acknowledged, and is lost", b.id, desk)
		}
	}
}

// doctor finds everything sound, but for a server that flushes nothing, as those for tests.
func (s *killSweep) doctor() {
	s.t.Helper()
	code := 0
	if s.server != "" {
		code = 1
	}
	s.contains(s.run("doctor"), code, "is sound")
}

// rests starts a last daemon, which finds nothing to do.
func (s *killSweep) rests() {
	s.t.Helper()
	before := s.phones.Stats().Requests
	d := s.start()
	d.ready()
	after := s.phones.Stats().Requests
	if after["login"] != before["login"] || after["logout"] != before["logout"] || after["deviceUserQuery"] == before["deviceUserQuery"] {
		s.t.Errorf("a daemon with nothing to do sent %v after %v", after, before)
	}
	if code := d.stop(); code != 0 {
		s.t.Errorf("exit code %d\n%s", code, d.log)
	}
	s.doctor()
}

// fewer is how many rounds are made when nobody says: a tenth of n under the
// race detector, where each process takes ten times as long.
func fewer(n int) int {
	if raceDetector {
		return n / 10
	}
	return n
}
