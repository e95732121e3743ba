//go:build !race

// Under the race detector too few cuts are looked at to be worth it.

package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store"
	"deskd/store/powercuttest"
)

// TestPowerCut lets the real verbs and the daemon work on a database under
// strace, and looks at what a power cut may have left of its folder, at any
// moment of theirs: it opens, and everything is there that was acknowledged, and
// every login that was sent. Then the power is cut indeed, and what is left is
// what they begin with the next time. DESKD_CUTS says how many folders are looked at,
// DESKD_CUT_SEED repeats the draw.
func TestPowerCut(t *testing.T) {
	notShort(t, "looks at what four hundred power cuts leave")
	strace := usableStrace(t)
	if strace == "" {
		t.Skip("strace records what is written, and is not installed or not allowed to")
	}
	cuts := fromEnv(t, "DESKD_CUTS", fewer(400))
	seed := fromEnv(t, "DESKD_CUT_SEED", int(time.Now().UnixNano()&0xffffff))
	b := newBlackout(t, strace, rand.New(rand.NewPCG(uint64(seed), 0))) //nolint:gosec // a run that can be repeated
	for perRound := max(200, cuts/10); b.looked < cuts && !t.Failed(); {
		b.round(min(perRound, cuts-b.looked))
	}
	t.Logf("DESKD_CUT_SEED=%d: %d folders after %d moments of %d rounds, %v", seed, b.looked, b.moments, b.rounds, b.held)
}

// blackout is a world whose power is cut over and over.
type blackout struct {
	*world
	rand     *rand.Rand
	strace   string
	aside    string // folder of what is not replayed
	image    string // folder in which what a cut has left is looked at
	disk     *powercuttest.Disk
	traces   []string // of this round's processes
	hopes    []hope   // of this round
	wishes   []keyed  // of this round
	facts    []fact
	logins   map[string]int // intents that were there at first and logins sent since, by device and person
	saved    *asked         // the backup that is there
	restores int            // that the database remembers
	back     *asked         // the restore of this round
	seen     map[uint64]bool

	rounds, moments, looked int
	held                    map[string]int // facts that were looked for, by kind
}

// asked is a verb that was run, and when.
type asked struct {
	args         []string
	began, ended powercuttest.Moment
	out          string
}

// keyed is a reservation that was asked for with a key, since that moment.
type keyed struct {
	reservations.Reservation
	key   string
	began powercuttest.Moment
}

// hope becomes a fact when the verb has answered.
type hope struct {
	of     *asked
	answer string // part of what it says
	fact
}

const restores = "SELECT count(*) FROM audit WHERE verb = 'restore'"

// fact is something that has to be there after every cut in its time.
type fact struct {
	kind  string
	of    *asked // the verb whose answer it is
	in    string // file, when it is not the database
	query string // counts
	args  []any
	least int
	from  powercuttest.Moment
	until powercuttest.Moment
}

const forEver powercuttest.Moment = math.MaxInt64

func (f fact) at(m powercuttest.Moment) bool { return f.from <= m && m < f.until }

func newBlackout(t *testing.T, strace string, r *rand.Rand) *blackout {
	t.Helper()
	image, err := os.MkdirTemp("/dev/shm", "deskd-powercut-") // in memory, where there is such a folder
	if err != nil {
		image = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(image) })
	b := &blackout{
		world: newWorld(t), rand: r, strace: strace, image: image, aside: t.TempDir(),
		logins: make(map[string]int), held: make(map[string]int), seen: make(map[uint64]bool),
	}
	b.csv("desks", "id,site,cluster,device,name,floor,zone\nD1,berlin,main,SEP000000000001,,,\nD2,berlin,main,SEP000000000002,,,\nD3,berlin,main,SEP000000000003,,,\n")
	b.csv("people", "person,mail,name,profile,protected\nuser0001,,,,\nuser0002,,,,\nuser0003,,,,\n")
	b.write("hall.ics", calendar())
	return b
}

func (b *blackout) csv(noun, rows string) {
	b.t.Helper()
	if err := os.WriteFile(b.aside+"/"+noun+".csv", []byte(rows), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// round lets processes work, looks at so many folders, and cuts the power.
func (b *blackout) round(folders int) {
	b.t.Helper()
	b.rounds++
	b.traces, b.hopes, b.wishes, b.back = nil, nil, nil, nil
	var err error
	if b.disk, err = powercuttest.Load(b.folder); err != nil {
		b.t.Fatal(err)
	}
	b.work()
	b.replay()
	b.look(folders)
	b.cut()
}

// traced are the words before a command line that is to be replayed.
func (b *blackout) traced() []string {
	b.traces = append(b.traces, fmt.Sprintf("%s/trace-%d", b.aside, len(b.traces)))
	return powercuttest.Words(b.strace, b.traces[len(b.traces)-1])
}

// does runs a verb that has to succeed.
func (b *blackout) does(args ...string) *asked {
	b.t.Helper()
	a := &asked{args: args, began: now()}
	cmd := b.command(b.traced(), args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("deskd %q: %v\n%s%s", args, err, out, errs.String())
	}
	a.ended, a.out = now(), string(out)
	return a
}

func now() powercuttest.Moment { return powercuttest.Moment(time.Now().UnixNano()) }

// hopes for a fact from when the verb has said answer.
func (b *blackout) hope(a *asked, answer string, f fact) {
	b.hopes = append(b.hopes, hope{a, answer, f})
}

// work is what the processes do in a round.
func (b *blackout) work() {
	b.t.Helper()
	if b.sometimes() {
		b.does("migrate")
	}
	b.hope(b.does("import", "desks", b.aside+"/desks.csv"), "desks imported", fact{kind: "desks", query: "SELECT count(*) FROM desks", least: 3})
	b.hope(b.does("import", "people", b.aside+"/people.csv"), "people imported", fact{kind: "people", query: "SELECT count(*) FROM people", least: 3})
	if b.sometimes() {
		b.books()
	}
	d := b.start(b.traced()...)
	d.ready()
	for range 1 + b.rand.IntN(3) {
		b.logs(d)
		b.books()
	}
	b.imports()
	if b.sometimes() {
		b.backs()
	}
	if b.sometimes() {
		_ = d.cmd.Process.Kill()
	}
	d.stop()
	if b.sometimes() {
		b.does("list", "reservations") // also verbs that read recover what a killed daemon has left
	}
	if b.saved == nil || b.sometimes() {
		b.backs()
	}
	b.books()
	if b.rounds%2 == 0 {
		b.restores = b.count(restores)
		b.back = b.does("restore", b.path("saved.db"))
	}
}

func (b *blackout) sometimes() bool { return b.rand.IntN(2) == 0 }

// books makes a reservation for years to come, and may cancel it.
func (b *blackout) books() {
	b.t.Helper()
	start := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(b.rounds*100+len(b.traces)) * time.Hour)
	id := b.reserves("D"+strconv.Itoa(1+b.rand.IntN(3)), "user0001", start)
	if b.rand.IntN(3) == 0 {
		b.cancels(id)
	}
}

func (b *blackout) reserves(desk, person string, start time.Time) (id string) {
	b.t.Helper()
	span := reservations.Span{Start: start.UTC().Truncate(time.Second), End: start.UTC().Truncate(time.Second).Add(time.Hour)}
	key := fmt.Sprintf("round %d, process %d", b.rounds, len(b.traces))
	a := b.does("reserve", "--desk", desk, "--person", person, "--start", span.Start.Format(time.RFC3339), "--end", span.End.Format(time.RFC3339), "--key", key)
	id = someID.FindString(a.out)
	b.hope(a, id, fact{kind: "reserve", query: "SELECT count(*) FROM reservations WHERE id = ?", args: []any{id}, least: 1})
	b.wishes = append(b.wishes, keyed{reservations.Reservation{ID: id, Desk: desk, Person: person, Span: span}, key, a.began})
	return id
}

func (b *blackout) cancels(id string) {
	b.t.Helper()
	b.hope(b.does("cancel", id), "cancelled: ", fact{
		kind: "cancel", query: "SELECT count(*) FROM reservations WHERE id = ? AND status = 'cancelled'", args: []any{id}, least: 1,
	})
}

// imports brings in reservations of a file.
func (b *blackout) imports() {
	b.t.Helper()
	const many = 20
	rows := "desk,person,start,end,note\n"
	start := time.Date(2041, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(b.rounds*100) * time.Hour)
	for range many {
		rows += fmt.Sprintf("D1,user0002,%s,%s,round %d\n", start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339), b.rounds)
		start = start.Add(time.Hour)
	}
	b.csv("reservations", rows)
	b.hope(b.does("import", "reservations", b.aside+"/reservations.csv"), "reservations imported", fact{
		kind: "import", query: "SELECT count(*) FROM reservations WHERE note = ?", args: []any{fmt.Sprint("round ", b.rounds)}, least: many,
	})
}

// logs gives a desk to another person now, and waits for the phone.
func (b *blackout) logs(d *process) {
	b.t.Helper()
	n := 1 + b.rand.IntN(3)
	desk, person := "D"+strconv.Itoa(n), fmt.Sprintf("user%04d", n)
	ids, err := column(b.path("deskd.db"), "SELECT id FROM reservations WHERE desk = ? AND status = 'confirmed' AND starts_at < '2035'", desk)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, id := range ids {
		b.cancels(id)
	}
	b.reserves(desk, person, time.Now().Add(-time.Minute-time.Duration(len(b.traces))*time.Second)) // each its own second
	told := false
	eventually(b.t, 60*time.Second, "the phone shows who has booked", func() bool {
		if !told && d.awaitsLeave() {
			told = true
			b.does("doctor")
		}
		return b.session(fmt.Sprintf("SEP%012d", n)) == person
	})
}

// backs makes a backup in the place of the one before.
func (b *blackout) backs() {
	b.t.Helper()
	n := b.count("SELECT count(*) FROM reservations")
	b.saved = b.does("backup", b.path("saved.db"), "--force")
	b.end(b.saved.began, func(f fact) bool { return f.in == "saved.db" })
	b.hope(b.saved, "is a sound copy", fact{kind: "backup", in: "saved.db", query: "SELECT count(*) FROM reservations", least: n})
}

// end ends the time of facts.
func (b *blackout) end(at powercuttest.Moment, which func(fact) bool) {
	for i, f := range b.facts {
		if which(f) {
			b.facts[i].until = min(f.until, at)
		}
	}
	for i, h := range b.hopes {
		if which(h.fact) {
			b.hopes[i].until = at
		}
	}
}

// replay reads what was recorded, and makes facts of what was told.
func (b *blackout) replay() {
	b.t.Helper()
	var all []io.Reader
	for _, name := range b.traces {
		f, err := os.Open(name)
		if err != nil {
			b.t.Fatal(err)
		}
		defer f.Close()
		all = append(all, f)
	}
	if err := b.disk.Replay(all...); err != nil {
		b.t.Fatal(err)
	}
	for _, h := range b.hopes {
		b.facts = append(b.facts, b.answered(h))
	}
	for _, s := range b.disk.Said() {
		b.sends(s)
	}
	if b.back != nil { // what the backup has not is gone
		b.end(b.back.began, func(f fact) bool { return f.in == "" && f.from > b.saved.began })
	}
	for name, text := range b.disk.Cut(forEver, powercuttest.Everything()) {
		if there, err := os.ReadFile(b.path(name)); err != nil || string(there) != string(text) {
			b.t.Fatalf("%s is not what the recorded calls made of it (%d bytes, and %d): %v", name, len(there), len(text), err)
		}
	}
}

// answered is the fact that begins with the answer to h.
func (b *blackout) answered(h hope) fact {
	b.t.Helper()
	for _, s := range b.disk.Said() {
		if h.of.began <= s.At && s.At <= h.of.ended && strings.Contains(string(s.Text), h.answer) {
			h.from, h.until, h.fact.of = s.At, cmp.Or(h.until, forEver), h.of
			return h.fact
		}
	}
	b.t.Fatalf("nobody has said %q after deskd %q", h.answer, h.of.args)
	return fact{}
}

// sends makes a fact of a login that has left the machine: its intent is there.
func (b *blackout) sends(s powercuttest.Said) {
	text, _ := url.QueryUnescape(string(s.Text))
	if !strings.Contains(text, "<login>") {
		return
	}
	device, person := inside(text, "deviceName"), inside(text, "userID")
	b.logins[device+" "+person]++
	b.facts = append(b.facts, fact{
		kind: "login", query: "SELECT count(*) FROM attempts WHERE op = 'login' AND outcome <> 'held' AND device = ? AND person = ?",
		args: []any{device, person}, least: b.logins[device+" "+person], from: s.At, until: forEver,
	})
}

func inside(text, element string) string {
	_, rest, _ := strings.Cut(text, "<"+element+">")
	value, _, _ := strings.Cut(rest, "<")
	return value
}

// look looks at so many different folders that cuts may have left: every moment
// has its turn, once with the least that is certain and then with some of the rest.
func (b *blackout) look(folders int) {
	b.t.Helper()
	moments := b.disk.Moments()
	b.moments += len(moments)
	order := b.rand.Perm(len(moments))
	for i, until := 0, b.looked+folders; b.looked < until && i < 20*folders && !b.t.Failed(); i++ {
		at, keep := moments[order[i%len(order)]], powercuttest.Some(b.rand)
		if (i+i/len(order))%4 == 0 {
			keep = powercuttest.Nothing()
		}
		if im := b.disk.Cut(at, keep); b.isNew(im, at) {
			b.looked++
			b.examine(im, at)
		}
	}
}

// isNew reports whether the folder was not looked at before for the same facts.
func (b *blackout) isNew(im powercuttest.Image, at powercuttest.Moment) bool {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(im)) {
		fmt.Fprintf(h, "%s %d:%s", name, len(im[name]), im[name])
	}
	for i, f := range b.facts {
		if f.at(at) {
			fmt.Fprint(h, i, ",")
		}
	}
	known := b.seen[h.Sum64()]
	b.seen[h.Sum64()] = true
	return !known
}

// examine opens what a cut has left, as the next process would.
func (b *blackout) examine(im powercuttest.Image, at powercuttest.Moment) {
	b.t.Helper()
	if err := im.Write(b.image); err != nil {
		b.t.Fatal(err)
	}
	ctx := b.t.Context()
	err := b.opens(ctx, at)
	if im["saved.db"] != nil {
		_, saved := store.Examine(ctx, b.image+"/saved.db")
		err = errors.Join(err, saved)
	}
	if im["deskd.db.marker"] == nil && slices.ContainsFunc(b.facts, func(f fact) bool { return f.at(at) }) {
		err = errors.Join(err, errors.New("no marker"))
	}
	if err != nil {
		b.t.Errorf("round %d, cut %.6f s after its beginning: %v\nwith %v", b.rounds, float64(at-b.disk.Moments()[0])/1e9, err, slices.Sorted(maps.Keys(im)))
	}
}

func (b *blackout) opens(ctx context.Context, at powercuttest.Moment) error {
	s, err := store.Open(ctx, b.image+"/deskd.db", store.Options{})
	restoring := b.back != nil && b.back.began <= at && at < b.back.ended
	switch {
	case err == nil:
	case restoring && errors.Is(err, store.ErrMarker):
		return b.restored() // refused until the restore is run again
	default:
		return errors.Join(err, b.hold(at))
	}
	defer s.Close()
	report, err := s.VerifyAudit(ctx)
	if report.Broken > 0 {
		err = fmt.Errorf("audit row %d: %s", report.Broken, report.Problem)
	}
	err = errors.Join(err, s.Check(ctx))
	if !restoring {
		return errors.Join(err, b.hold(at), b.asksAgain(ctx, s, at))
	}
	if old := b.hold(b.back.began - 1); old != nil {
		if fresh := b.restored(); fresh != nil {
			err = errors.Join(err, fmt.Errorf("neither old nor new: %w, %w", old, fresh))
		}
	}
	return err
}

// asksAgain asks with its key for one of the bookings that may have been made, and
// finds it made once.
func (b *blackout) asksAgain(ctx context.Context, s *store.Store, at powercuttest.Moment) error {
	var asked []keyed
	for _, w := range b.wishes {
		if w.began <= at && (b.back == nil || at < b.back.began) {
			asked = append(asked, w)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	w := asked[b.rand.IntN(len(asked))]
	r, already, err := s.ReserveOnce(ctx, w.key, w.Reservation, time.Now())
	switch {
	case errors.Is(err, reservations.ErrCancelled):
		b.held["already cancelled"]++
	case err != nil:
		return err
	case already && r.ID != w.ID:
		return fmt.Errorf("key %q has booked %s, and first %s", w.key, r.ID, w.ID)
	case already:
		b.held["already booked"]++
	default:
		b.held["booked again"]++
	}
	once := "SELECT count(*) = 1 FROM reservations WHERE desk = ? AND starts_at = ?"
	return fact{kind: "once", query: once, args: []any{w.Desk, w.Start.Format(time.RFC3339)}, least: 1}.check(b.image)
}

// restored looks for the facts of the backup, in a database that says it came
// from one in this round.
func (b *blackout) restored() error {
	b.held["restored"]++
	again := fact{kind: "restored", query: restores, least: b.restores + 1}
	return errors.Join(again.check(b.image), b.hold(b.saved.began))
}

// hold looks for the facts of a moment.
func (b *blackout) hold(at powercuttest.Moment) error {
	var err error
	for _, f := range b.facts {
		if f.at(at) {
			b.held[f.kind]++
			if wrong := f.check(b.image); wrong != nil {
				err = errors.Join(err, fmt.Errorf("%w, certain for %.6f s", wrong, float64(at-f.from)/1e9))
			}
		}
	}
	return err
}

func (f fact) check(folder string) error {
	got, err := column(folder+"/"+cmp.Or(f.in, "deskd.db"), f.query, f.args...)
	if err != nil {
		return err
	}
	if n, _ := strconv.Atoi(got[0]); n < f.least {
		return fmt.Errorf("%s %v: %d, expected %d", f.kind, f.args, n, f.least)
	}
	return nil
}

// column reads the first column of an answer.
func column(path, query string, args ...any) ([]string, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// cut cuts the power: what that has left is what the next round begins with, and
// facts of later are none. A restore that was cut is run again.
func (b *blackout) cut() {
	b.t.Helper()
	moments := b.disk.Moments()
	at := moments[b.rand.IntN(len(moments))]
	if b.back != nil && b.back.began < at {
		at = moments[len(moments)-1]
	}
	im := b.disk.Cut(at, powercuttest.Some(b.rand))
	b.examine(im, at)
	b.facts = slices.DeleteFunc(b.facts, func(f fact) bool { return !f.at(at) })
	b.saved = nil
	for i, f := range b.facts {
		if b.back != nil { // a restore counts those before it by the audit, and this backup knows fewer
			b.facts[i].of = nil
		} else if f.kind == "backup" {
			b.saved = f.of
		}
	}
	clear(b.logins)
	sent, err := column(b.image+"/deskd.db", "SELECT device || ' ' || person FROM attempts WHERE op = 'login' AND outcome <> 'held'")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, key := range sent {
		b.logins[key]++
	}
	if err := im.Write(b.folder); err != nil {
		b.t.Fatal(err)
	}
}
