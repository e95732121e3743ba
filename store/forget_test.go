package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/erasure"
)

// canaries are what must not be found of a person who was forgotten.
var canaries = []string{"canary", "Tweety"}

// leaks lists the canaries that stand in the files of the database.
func leaks(t testing.TB, s *Store) string {
	t.Helper()
	var found []string
	for _, name := range filesOf(s) {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, c := range canaries {
			if bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(c))) {
				found = append(found, fmt.Sprintf("%s in %q", c, filepath.Base(name)))
			}
		}
	}
	return strings.Join(found, ", ")
}

// canary is a person who is held everywhere.
var canary = reservations.Person{ID: "canary", Mail: []string{"canary@example.com", "bird@tweety.example"}, Name: "Tweety Bird", Profile: "UDP_canary"}

// nest brings canary into every table: bookings that are over, to come, cancelled,
// handed on and changed by another program; attempts, also of others; sights, unread events,
// a held change, an answer. It returns the booking that was handed on to max.
func nest(t testing.TB, s *Store) (passed reservations.Reservation) {
	t.Helper()
	must(s.ImportPeople(ctx, []reservations.Person{canary}, false))(t)
	for i, note := range []string{"canary's own", ""} {
		_, _, err := s.ReserveOnce(ctx, fmt.Sprint("Tweety's ", i), reservations.Reservation{Desk: "4.12", Person: "canary", Span: span(i, i+1), Note: note}, at(-1, 0))
		check(t, err)
	}
	read := []reservations.Scope{reservations.ScopeRead}
	for _, token := range []reservations.Token{
		{Kind: reservations.TokenAPI, Person: "Canary", Scopes: read}, {Kind: reservations.TokenCalendar, Shows: "person=canary", Person: "max"},
		{Kind: reservations.TokenAPI, Person: "max", Scopes: read, Note: "as Tweety Bird asked"},
	} {
		_, _, err := s.Tokens().Create(ctx, token, at(-1, 0))
		check(t, err)
	}
	gone := book(t, s, "4.11", "CANARY", span(2, 3))
	must(s.Cancel(ctx, gone.ID, at(0, 0)))(t)
	late := book(t, s, "4.11", "canary", span(300, 301))
	passed = book(t, s, "5.01", "canary", span(10, 11))
	executeIn(t, s, `UPDATE reservations SET note = 'Tweety sits here' WHERE id = '`+passed.ID+`'`,
		`UPDATE reservations SET note = 'x' WHERE id = '`+passed.ID+`'`,
		`UPDATE reservations SET person = 'max' WHERE id = '`+passed.ID+`'`)
	must(s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: at(0, 0)}, reservations.Change{Add: []reservations.Reservation{
		{UID: "canary-uid", Desk: "5.01", Person: "canary", Span: span(400, 401), Note: "Tweety"}, event("b", "5.01", "max", 402, 403),
	}}, []reservations.Problem{{What: "canary@example.com is nobody"}, {What: "nobody@example.com is nobody"}}))(t)
	check(t, s.HoldChange(ctx, "hq", reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{late}}, at(500, 0))))
	for i, a := range []struct{ person, why, err string }{
		{"canary", "the booking starts", "canary may not (code 3)"},
		{"max", "canary's booking has ended and max's starts", ""},
		{"max", "the booking starts", "code 18"},
	} {
		tried := attempt("4.12", at(0, i))
		tried.Person, tried.Profile, tried.Why, tried.Reservation = a.person, "UDP_"+a.person, a.why, "none"
		tried = must(s.Begin(ctx, tried))(t)
		tried.Outcome, tried.Error, tried.Ended = plan.Refused, a.err, at(0, i)
		check(t, s.Finish(ctx, tried))
	}
	check(t, s.See(ctx, []plan.Observation{
		{Device: "SEP000000000011", Person: "Canary", Exists: true, Known: true, Since: at(0, 0), At: at(1, 0)},
		{Device: "SEP000000000012", Person: "max", Exists: true, Known: true, Ours: true, Since: at(0, 0), At: at(1, 0)},
	}))
	id := must(s.Requests().Ask(ctx, "reconcile", "", at(1, 0)))(t)
	check(t, s.Requests().Answer(ctx, Request{ID: id, Result: `{"person":"canary"}`, Failed: false, Answered: at(1, 0)}))
	return passed
}

// held is what the database holds of a person, less what a neighbour's erasure
// may touch: the words of their attempts.
func held(t testing.TB, s *Store, id string) erasure.Personal {
	t.Helper()
	all, err := s.Personal(ctx, id)
	check(t, err)
	for i := range all.Attempts {
		all.Attempts[i].Why = ""
	}
	return all
}

func testErase(t *testing.T, w world) {
	s := w.open(t)
	passed := nest(t, s)
	if len(filesOf(s)) > 0 && leaks(t, s) == "" {
		t.Fatal("the canary is nowhere to begin with")
	}
	max, rows := held(t, s, "max"), must(s.Audit(ctx, reservations.AuditFilter{}))(t)
	planned := must(s.PlanErase(ctx, "BIRD@tweety.example", time.Hour, at(200, 0)))(t)
	same(t, "plan changes nothing", rows, must(s.Audit(ctx, reservations.AuditFilter{}))(t))
	done, err := s.Erase(audit.WithActor(ctx, "cli:root"), "Canary@Example.com", time.Hour, at(200, 0))
	check(t, err)
	same(t, "cancelled", []string{"4.11 canary 14T20:00-14T21:00 confirmed", "5.01 canary 19T00:00-19T01:00 confirmed"}, brief(done.Cancelled))
	done.Cancelled, planned.Cancelled = nil, nil
	want := erasure.Erasure{
		Person: done.Person, Known: true, Reservations: 5, Attempts: 1, Mentions: 1, Audit: 18, Phones: 1, Problems: 3, Tokens: 2,
		Feeds: map[string]int{"hq": 1},
	}
	same(t, "erased", want, done)
	want.Audit = 13 // without what the erasure itself leaves: two cancellations, two addresses and the person
	same(t, "planned", want, planned)

	same(t, "leaks", "", leaks(t, s))
	report := sound(t, s)
	same(t, "redacted", 18, report.Redacted)
	if _, err := s.Personal(ctx, "canary"); !errors.Is(err, reservations.ErrUnknownPerson) {
		t.Errorf("export after the erasure: %v", err)
	}
	if _, err := s.Erase(ctx, "canary", time.Hour, at(200, 0)); !errors.Is(err, reservations.ErrUnknownPerson) {
		t.Errorf("second erasure: %v", err)
	}
	// Only whose it was before is not in the trail of the booking any more.
	max.Audit = slices.DeleteFunc(max.Audit, func(a reservations.AuditEntry) bool { return a.Item == passed.ID })
	others := held(t, s, "max")
	if len(others.Tokens) != 1 || others.Tokens[0].Note != "as (erased) asked" {
		t.Errorf("tokens: %+v", others.Tokens)
	}
	max.Tokens, others.Tokens = nil, nil
	same(t, "others", max, others)
	same(t, "bookings", []string{
		"4.12  02T08:00-02T09:00 confirmed", "4.12  02T09:00-02T10:00 confirmed", "4.11  02T10:00-02T11:00 cancelled",
		"5.01 max 02T18:00-02T19:00 confirmed", "4.11  14T20:00-14T21:00 cancelled", "5.01  19T00:00-19T01:00 cancelled",
		"5.01 max 19T02:00-19T03:00 confirmed",
	}, all(t, s))
	var why []string
	for _, a := range must(s.Attempts(ctx, time.Time{}))(t) {
		why = append(why, fmt.Sprintf("%s: %s %s", a.Person, a.Why, a.Error))
	}
	same(t, "attempts", []string{":  ", "max: (erased)'s booking has ended and max's starts ", "max: the booking starts code 18"}, why)
	last := must(s.Audit(ctx, reservations.AuditFilter{Limit: 1}))(t)[0]
	if last.Actor != "cli:root" || last.Verb != "erase" || last.Kind != "person" || !strings.HasPrefix(last.Item, "erased-") {
		t.Errorf("the audit says %+v", last)
	}
	same(t, "problems", 1, len(must(s.FeedProblems(ctx, "hq"))(t)))
}

// Who is in the middle of something is not erased, and nothing changes.
func testEraseObstacles(t *testing.T, w world) {
	booked := func(from, to int) func(*Store) {
		return func(s *Store) { book(t, s, "4.12", "jane", span(from, to)) }
	}
	for name, c := range map[string]struct {
		before func(*Store)
		says   string // empty when nothing stands in the way
	}{
		"nothing":        {func(*Store) {}, ""},
		"over":           {booked(-2, 0), ""},
		"running":        {booked(-1, 1), `desk "4.12" is booked for them until 2026-03-02T09:00:00Z (deskd cancel `},
		"about to begin": {booked(1, 2), `desk "4.12" is booked for them until 2026-03-02T10:00:00Z`},
		"to come":        {booked(2, 3), ""},
		"cancelled":      {func(s *Store) { must(s.Cancel(ctx, book(t, s, "4.12", "jane", span(-1, 1)).ID, at(0, 0)))(t) }, ""},
		"a walk-up": {func(s *Store) {
			check(t, s.See(ctx, []plan.Observation{{Device: "SEP1", Person: "jane", At: at(0, 0)}}))
		}, ""},
		"deskd's session": {func(s *Store) {
			check(t, s.See(ctx, []plan.Observation{{Device: "SEP1", Person: "JANE", Ours: true, At: at(0, 0)}}))
		}, "deskd has logged them in on SEP1"},
		"an open attempt":      {func(s *Store) { must(s.Begin(ctx, attempt("4.12", at(0, 0))))(t) }, "a login on SEP000000000012 has an open outcome"},
		"another person's all": {func(s *Store) { book(t, s, "4.12", "max", span(-1, 1)) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.fresh(t).open(t)
			c.before(s)
			rows := must(s.Audit(ctx, reservations.AuditFilter{}))(t)
			_, planned := s.PlanErase(ctx, "jane", 90*time.Minute, at(0, 0))
			_, err := s.Erase(ctx, "jane", 90*time.Minute, at(0, 0))
			var why erasure.Obstacles
			if c.says == "" {
				check(t, errors.Join(planned, err))
				return
			}
			if !errors.As(planned, &why) || !errors.As(err, &why) || len(why) != 1 || !strings.Contains(why[0], c.says) {
				t.Errorf("plan: %v; erasure: %v", planned, err)
			}
			same(t, "audit", rows, must(s.Audit(ctx, reservations.AuditFilter{}))(t))
			must(s.Person(ctx, "jane"))(t)
		})
	}
	_, err := w.open(t).Erase(ctx, "jan", 0, at(0, 0))
	if !errors.Is(err, reservations.ErrUnknownPerson) || !strings.Contains(err.Error(), `did you mean "jane"?`) {
		t.Errorf("erasure of nobody: %v", err)
	}
}

// SQLite folds ASCII alone: another program may have spelled a person in a way
// that it does not take for the same.
func testEraseSpellings(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	execute(t, db, `INSERT INTO reservations (desk, person, starts_at, ends_at, note) VALUES ('4.11', 'ZOË', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z', 'x')`)
	book(t, s, "4.12", "Zoë", span(0, 1))
	same(t, "reservations", 2, must(s.Erase(ctx, "Zoë", 0, at(5, 0)))(t).Reservations)
	same(t, "left", []string{"4.11  02T08:00-02T09:00 confirmed", "4.12  02T08:00-02T09:00 confirmed"}, all(t, s))
	execute(t, db, `INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('4.11', 'ghost', '2026-03-03T08:00:00Z', '2026-03-03T09:00:00Z')`)
	e := must(s.Erase(ctx, "GHOST", 0, at(100, 0)))(t)
	same(t, "of a person who is only named", erasure.Erasure{Person: reservations.Person{ID: "GHOST"}, Cancelled: []reservations.Reservation{}, Reservations: 1, Audit: 1, Feeds: map[string]int{}}, e)
	sound(t, s)
}

// later is an instant before which all that the tests' audits hold was written:
// SQLite stamps it by the machine's clock.
func later() time.Time { return time.Now().Add(time.Hour) }

func testAnonymise(t *testing.T, w world) {
	s := w.open(t)
	nest(t, s)
	open := must(s.Begin(ctx, attempt("4.12", at(0, 0))))(t)
	ahead := reservations.Span{Start: later().Add(24 * time.Hour), End: later().Add(25 * time.Hour)}.UTC()
	next := must(s.Reserve(ctx, reservations.Reservation{Desk: "4.12", Person: "max", Span: ahead, Note: "mine"}, at(0, 0)))(t)
	about := attempt("4.12", at(0, 0))
	about.Reservation, about.Outcome = next.ID, plan.Held
	about = must(s.Begin(ctx, about))(t)
	people := must(s.Audit(ctx, reservations.AuditFilter{Item: "max"}))(t)
	trails := must(s.Audit(ctx, reservations.AuditFilter{Item: next.ID}))(t)

	same(t, "nothing is so old", erasure.Anonymised{}, must(s.Anonymise(ctx, at(-100, 0), at(2, 0)))(t))
	before := len(must(s.Audit(ctx, reservations.AuditFilter{}))(t))
	done := must(s.Anonymise(ctx, later(), later().Add(time.Minute)))(t)
	same(t, "done", erasure.Anonymised{Reservations: 7, Attempts: 3, Audit: 11, Phones: 2, Requests: 1}, done)
	same(t, "rows of the audit", before+1, len(must(s.Audit(ctx, reservations.AuditFilter{}))(t)))
	same(t, "again", erasure.Anonymised{}, must(s.Anonymise(ctx, later(), later()))(t))
	same(t, "rows of the audit", before+1, len(must(s.Audit(ctx, reservations.AuditFilter{}))(t)))
	same(t, "redacted", 11, sound(t, s).Redacted)

	for _, r := range must(s.ListReservations(ctx, reservations.Filter{IncludeCancelled: true}))(t) {
		if r.ID == next.ID {
			same(t, "to come", next, r)
		} else if !r.Anonymised || r.Person+r.Note+r.UID+r.Occurrence != "" || r.Desk == "" || r.Source == "" {
			t.Errorf("over: %+v", r)
		}
	}
	same(t, "still to be resolved", []plan.Attempt{open}, must(s.Unresolved(ctx))(t))
	same(t, "of a booking to come", []plan.Attempt{about}, must(s.ListAttempts(ctx, plan.AttemptFilter{Reservation: next.ID}))(t))
	same(t, "of a person who is known", people, must(s.Audit(ctx, reservations.AuditFilter{Item: "max"}))(t))
	same(t, "of a booking to come", trails, must(s.Audit(ctx, reservations.AuditFilter{Item: next.ID}))(t))
	_, err := w.raw(t).Exec(`UPDATE reservations SET person = 'max' WHERE anonymised`)
	if err == nil || !strings.Contains(err.Error(), "an anonymised reservation names nobody") {
		t.Errorf("a name for an anonymised reservation: %v", err)
	}
}

// Names cannot be taken out of a booking that counts without a row that says so.
func testAnonymisedInSecret(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	r := book(t, s, "4.12", "max", span(300_000, 300_001)) // whatever the clock says now
	before := len(trail(t, s))
	execute(t, db, `UPDATE reservations SET person = '', anonymised = TRUE, updated_at = '2999-03-02T08:30:00.000Z'`)
	same(t, "rows", []string{`sql update reservation r1 {"was":{"person":"max"},"is":{"person":""}}`}, trail(t, s)[before:])
	execute(t, db, `UPDATE reservations SET anonymised = FALSE`, `UPDATE reservations SET person = 'max', status = 'cancelled'`,
		`UPDATE reservations SET person = '', desk = '4.11', anonymised = TRUE`)
	same(t, "rows", 3, len(trail(t, s)[before:]))
	must(s.Reservation(ctx, r.ID))(t)
}

// A job that fails keeps what it has done, with its row, and the next goes on.
func testAnonymiseInterrupted(t *testing.T, w world) {
	noRaces(t)
	s, db := w.open(t), w.raw(t)
	const batch = 500 // rows of each kind in a transaction
	const rows = 2*batch + 10
	booked(t, db, "4.12", "jane", at(0, 0), rows)
	must(s.ChainAudit(ctx))(t)
	done, err := meddled(s, meddling{n: 2, fail: errors.New("stuck")}).Anonymise(ctx, later(), later())
	if err == nil || err.Error() != "anonymise: stuck" {
		t.Fatalf("%+v, %v", done, err)
	}
	same(t, "before the failure", erasure.Anonymised{Reservations: batch, Audit: batch}, done)
	same(t, "redacted", batch, sound(t, s).Redacted)
	same(t, "the rest", erasure.Anonymised{Reservations: rows - batch, Audit: rows - batch}, must(s.Anonymise(ctx, later(), later()))(t))
	same(t, "redacted", rows, sound(t, s).Redacted)
	brief, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Anonymise(brief, later(), later()); !errors.Is(err, context.Canceled) {
		t.Errorf("job of a daemon that ends: %v", err)
	}
}

// An erasure leaves other people's answers alone: a rejected change would be
// applied half an hour later, and its bookings dropped.
func testEraseKeepsAnswers(t *testing.T, w world) {
	s := w.open(t)
	must(s.ImportPeople(ctx, []reservations.Person{canary}, false))(t)
	theirs, others := book(t, s, "4.11", "canary", span(300, 301)), book(t, s, "4.12", "max", span(300, 301))
	for feed, drop := range map[string][]reservations.Reservation{"hq": {theirs, others}, "annex": {theirs}} {
		check(t, s.HoldChange(ctx, feed, reservations.NewHeld(reservations.Change{Drop: drop}, at(500, 0))))
		must(s.AnswerHeld(ctx, HeldAnswer{Feed: feed, Answer: reservations.Rejected}, at(0, 0)))(t)
	}
	must(s.Erase(ctx, "CANARY", time.Hour, at(200, 0)))(t)
	same(t, "leaks", "", leaks(t, s))
	held := must(s.HeldChange(ctx, "hq"))(t)
	same(t, "answer", reservations.Rejected, held.Answer)
	same(t, "dropped", reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{others}}, at(500, 0)).Change.Drop, held.Change.Drop)
	if left := reservations.NewHeld(reservations.Change{Drop: []reservations.Reservation{others}}, at(500, 0)).Change; !held.Covers(left) {
		t.Error("what is left of the change is another question")
	}
	must(s.AnswerHeld(ctx, HeldAnswer{Feed: "hq", Change: held.ID(), Answer: reservations.Accepted}, at(201, 0)))(t)
	if held := must(s.HeldChange(ctx, "annex"))(t); held.Any() {
		t.Errorf("of a change about nobody else there is left %+v", held)
	}
}

// What other programs have left to chain stays their doing when a person is erased,
// however much of it there is.
func testEraseBesideBacklog(t *testing.T, w world) {
	s := w.open(t)
	must(s.ImportPeople(ctx, []reservations.Person{canary}, false))(t)
	book(t, s, "4.11", "canary", span(300, 301))
	must(s.ChainAudit(ctx))(t)
	booked(t, w.raw(t), "5.01", "", at(300_000, 0), 1000)
	must(s.Erase(audit.WithActor(ctx, "cli:root"), "canary", time.Hour, at(200, 0)))(t)
	must(s.ChainAudit(ctx))(t)
	counts := make(map[string]int)
	for _, a := range must(s.Audit(ctx, reservations.AuditFilter{}))(t) {
		counts[a.Actor]++
		if strings.Contains(a.Item+string(a.What), "canary") {
			t.Errorf("row %d names whom nobody is to know: %s", a.ID, a.What)
		}
	}
	same(t, "rows of the other program", 1000, counts["sql"])
	if counts["cli:root"] == 0 {
		t.Error("nobody has erased anybody")
	}
	same(t, "broken", int64(0), must(s.VerifyAudit(ctx))(t).Broken)
}

// A reader that keeps the WAL from being emptied keeps nobody from writing.
func TestEmptyWALBesideReader(t *testing.T) {
	long(t, "waits for a reader for seconds")
	t.Parallel()
	w := newSQLite(t)
	s, others := w.open(t), w.raw(t)
	book(t, s, "4.12", "max", span(0, 1))
	reader, err := others.Conn(ctx)
	check(t, err)
	var n int
	for _, statement := range []string{"BEGIN DEFERRED", "PRAGMA busy_timeout = 5000"} {
		_, err := reader.ExecContext(ctx, statement)
		check(t, err)
	}
	check(t, reader.QueryRowContext(ctx, "SELECT count(*) FROM reservations").Scan(&n))
	book(t, s, "4.12", "max", span(1, 2))
	_, err = others.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", 20*100)) // less than all the tries take
	check(t, err)
	emptied := make(chan error)
	go func() { emptied <- s.db.Scrub(ctx) }()
	written := 0
	for err = nil; err == nil; written++ {
		select {
		case err = <-emptied:
		default:
			execute(t, others, `UPDATE desks SET name = name || 'x' WHERE id = '4.12'`)
		}
	}
	if !errors.Is(err, dialect.ErrLingers) || written < 20 {
		t.Errorf("beside %d writes: %v", written, err)
	}
	_, err = reader.ExecContext(ctx, "COMMIT")
	check(t, err)
	check(t, reader.Close())
	check(t, s.db.Scrub(ctx))
	var wait string
	check(t, writer(s).Raw("PRAGMA busy_timeout").Row().Scan(&wait))
	same(t, "patience of the writer", "5000", wait)
}

// Whatever happened before: who is forgotten is nowhere, all others are held as
// before, and the audit is whole.
func TestForgetting(t *testing.T) {
	noRaces(t)
	t.Parallel()
	desks, people := []string{"4.11", "4.12", "5.01"}, []string{"canary", "jane", "max", ""}
	dir := t.TempDir()
	s := openFile(t, filepath.Join(dir, "new.db"), Options{})
	furnish(t, s)
	must(s.ImportPeople(ctx, []reservations.Person{canary}, false))(t)
	check(t, s.Close())
	path := filepath.Join(dir, "desk.db")
	rapid.Check(t, func(r *rapid.T) {
		check(t, unlink(path))
		for _, ending := range []string{"", ".marker"} {
			text := must(os.ReadFile(lite(s).Path() + ending))(t)
			check(t, os.WriteFile(path+ending, text, 0o600))
		}
		s := openFile(t, path, Options{})
		check(t, writer(s).Exec("PRAGMA synchronous = OFF").Error) // no power is cut here
		var ids []string
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			desk, person := rapid.SampledFrom(desks).Draw(r, "desk"), rapid.SampledFrom(people).Draw(r, "person")
			hour := rapid.IntRange(-50, 50).Draw(r, "hour")
			switch rapid.IntRange(0, 5).Draw(r, "step") {
			case 0, 1:
				booked, err := s.Reserve(ctx, reservations.Reservation{Desk: desk, Person: person, Span: span(hour, hour+2), Note: "of " + person}, at(-60, 0))
				if err == nil {
					ids = append(ids, booked.ID)
				}
			case 2:
				if len(ids) > 0 {
					s.Cancel(ctx, rapid.SampledFrom(ids).Draw(r, "id"), at(hour, 0))
				}
			case 3:
				a := attempt(desk, at(hour, 0))
				a.Person, a.Profile, a.Why, a.Outcome, a.Reservation = person, "UDP_"+person, person+" is here", plan.Done, "none"
				must(s.Begin(ctx, a))(t)
			case 4:
				check(t, writer(s).Exec("UPDATE reservations SET note = 'by ' || person, updated_at = updated_at WHERE desk = ?", desk).Error)
			case 5:
				check(t, s.See(ctx, []plan.Observation{{Device: "SEP" + desk, Person: person, At: at(hour, 0)}}))
			}
		}
		must(s.ChainAudit(ctx))(t)
		jane, max := held(t, s, "jane"), held(t, s, "max")
		if _, err := s.Erase(ctx, "canary", time.Hour, at(0, 0)); err != nil {
			if why := (erasure.Obstacles)(nil); !errors.As(err, &why) {
				t.Fatal(err)
			}
			must(s.Erase(ctx, "canary", time.Hour, at(60, 0)))(t)
		}
		same(t, "leaks", "", leaks(t, s))
		same(t, "jane", jane, held(t, s, "jane"))
		same(t, "max", max, held(t, s, "max"))
		sound(t, s)
		// In the end everybody's bookings are over for long enough.
		must(s.Anonymise(ctx, later(), later().Add(time.Minute)))(t)
		sound(t, s)
		for _, who := range []string{"jane", "max"} {
			p := held(t, s, who)
			if len(p.Reservations)+len(p.Attempts)+len(p.Phones) > 0 || slices.ContainsFunc(p.Audit, func(a reservations.AuditEntry) bool { return a.Kind != "person" }) {
				t.Errorf("after anonymisation: %+v", p)
			}
		}
		check(t, s.Close())
	})
}
