package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/store/dialect"
	"deskd/store/usage"
)

// longAgo is midnight of a day that is over by the clock of any database, so many hours on.
func longAgo(hours int) time.Time {
	return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -300).Add(time.Duration(hours) * time.Hour)
}

func agoSpan(from, to int) reservations.Span {
	return reservations.Span{Start: longAgo(from), End: longAgo(to)}
}

// retire takes the names out of what is over before an instant, and removes it.
func retire(t testing.TB, s *Store, before time.Time) int {
	t.Helper()
	if _, err := s.Anonymise(ctx, before, before); err != nil && !errors.Is(err, dialect.ErrLingers) {
		t.Fatal(err)
	}
	return must(s.Retire(ctx, before))(t)
}

// What is booked is counted by days and floors, with who came and who was released; what was
// removed by days of its site, where no floor is asked for.
func testStatistics(t *testing.T, w world) {
	s := w.open(t)
	zone := must(time.LoadLocation("Europe/Berlin"))(t)
	execute(t, w.raw(t), "UPDATE desks SET floor = CASE id WHEN '5.01' THEN '5' ELSE '4' END")
	b := by(t, s, rules.Rules{CheckIn: rules.CheckIn{Before: 15 * time.Minute, Within: 30 * time.Minute}})
	came := must(b.Book(ctx, someone, wish("4.12", "jane", agoSpan(8, 12)), longAgo(7)))(t)
	must(b.CheckIn(ctx, someone, booking.Presence{ID: came.ID, Source: "api"}, longAgo(8)))(t)
	late := must(b.Book(ctx, someone, wish("4.12", "max", agoSpan(12, 16)), longAgo(7)))(t)
	must(b.Release(ctx, someone, late.ID, longAgo(13)))(t)
	night := book(t, s, "5.01", "jane", agoSpan(23, 26)) // after midnight in Berlin
	book(t, s, "5.01", "max", agoSpan(240, 241))         // on another day than those that are counted
	day := func(r reservations.Reservation) string { return r.Start.In(zone).Format(time.DateOnly) }
	first := longAgo(0)
	asked := func(floor string) []reservations.Statistic {
		t.Helper()
		return must(s.Statistics(ctx, usage.Range{Site: "berlin", Floor: floor, First: first, Last: first.AddDate(0, 0, 3)}))(t)
	}
	four := reservations.Statistic{Day: day(came.Reservation), Site: "berlin", Floor: "4", Bookings: 2, Minutes: 300, Used: 1, Released: 1}
	five := reservations.Statistic{Day: day(night), Site: "berlin", Floor: "5", Bookings: 1, Minutes: 180}
	same(t, "all", []reservations.Statistic{four, five}, asked(""))
	same(t, "a floor", []reservations.Statistic{five}, asked("5"))

	must(s.Anonymise(ctx, longAgo(20), longAgo(20)))(t)
	bare := four
	bare.Used, bare.Released, bare.Nameless = 0, 0, 2
	same(t, "without names", []reservations.Statistic{bare, five}, asked(""))
	same(t, "removed", 2, retire(t, s, longAgo(20)))
	kept := four
	kept.Floor, kept.Used, kept.Released, kept.Nameless, kept.Kept = "", 0, 0, 2, true
	same(t, "with what was removed", []reservations.Statistic{kept, five}, asked(""))
	same(t, "of a floor", 0, len(asked("4")))
	same(t, "of another site", 0, len(must(s.Statistics(ctx, usage.Range{Site: "hamburg", First: first, Last: first.AddDate(0, 0, 3)}))(t)))
}

// What was over long ago goes, and is counted the same before and after: by the day of the
// site on which it began, and by the month of the desk. What has a name still stays.
func testRetire(t *testing.T, w world) {
	s := w.open(t)
	zone := must(time.LoadLocation("Europe/Berlin"))(t)
	first := book(t, s, "4.12", "jane", agoSpan(8, 12))
	book(t, s, "4.12", "max", agoSpan(12, 14))
	night := book(t, s, "5.01", "jane", agoSpan(23, 26)) // after midnight in Berlin
	gone := book(t, s, "5.01", "max", agoSpan(30, 31))
	must(s.Cancel(ctx, gone.ID, longAgo(29)))(t)
	stays := book(t, s, "4.12", "jane", agoSpan(240, 241))

	day := func(r reservations.Reservation) string { return r.Start.In(zone).Format(time.DateOnly) }
	month := func(r reservations.Reservation) string { return r.Start.In(zone).Format("2006-01") }
	before := must(s.Usage(ctx, longAgo(1000)))(t)
	found := func(all []reservations.Usage, period, desk string) (u reservations.Usage) {
		for _, u := range all {
			if u.Period == period && u.Desk == desk {
				return u
			}
		}
		return u
	}
	same(t, "the first day", reservations.Usage{Period: day(first), Site: "berlin", Bookings: 2, Minutes: 360}, found(before.Days, day(first), ""))
	same(t, "the second", reservations.Usage{Period: day(night), Site: "berlin", Bookings: 1, Minutes: 180, Cancelled: 1}, found(before.Days, day(night), ""))
	if day(first) == day(night) {
		t.Error("both are one day")
	}
	if month(night) == month(gone) {
		same(t, "a desk", reservations.Usage{Period: month(night), Site: "berlin", Desk: "5.01", Bookings: 1, Minutes: 180, Cancelled: 1}, found(before.Months, month(night), "5.01"))
	}

	removed := func() bool {
		then := must(s.DeskAsOf(ctx, reservations.Desk{ID: "4.12"}, longAgo(9), agoSpan(0, 24)))(t)
		return slices.ContainsFunc(then.NotKnown, func(s string) bool {
			return strings.Contains(s, "of the bookings of that month retention has removed 2")
		})
	}
	same(t, "not known", false, removed())
	same(t, "with their names", 0, must(s.Retire(ctx, longAgo(100)))(t))
	trail := len(must(s.Audit(ctx, reservations.AuditFilter{}))(t))
	same(t, "removed", 4, retire(t, s, longAgo(100)))
	same(t, "again", 0, retire(t, s, longAgo(100)))
	same(t, "left", []string{stays.ID}, ids(must(s.ListReservations(ctx, reservations.Filter{IncludeCancelled: true}))(t)))
	same(t, "counts", before, must(s.Usage(ctx, longAgo(1000)))(t))
	rows := must(s.Audit(ctx, reservations.AuditFilter{}))(t)
	same(t, "rows of the audit", trail+2, len(rows)) // of the names, and of this
	same(t, "what it says", "daemon retire database reservations", fmt.Sprint(rows[0].Actor, " ", rows[0].Verb, " ", rows[0].Kind, " ", rows[0].Item))
	if !strings.Contains(string(rows[0].What), `"removed":4`) {
		t.Errorf("the audit: %s", rows[0].What)
	}
	sound(t, s)

	same(t, "not known", true, removed())

	// Who had them can still be erased, and more of a counted period adds up.
	must(s.Erase(ctx, "max", time.Hour, time.Now()))(t)
	book(t, s, "4.12", "jane", agoSpan(15, 16))
	retire(t, s, longAgo(100))
	same(t, "added up", reservations.Usage{Period: day(first), Site: "berlin", Bookings: 3, Minutes: 420},
		found(must(s.Usage(ctx, longAgo(1000)))(t).Days, day(first), ""))
}

func ids(rs []reservations.Reservation) (all []string) {
	for _, r := range rs {
		all = append(all, r.ID)
	}
	return all
}

// Many go in parts, and nothing is lost or counted twice when that is interrupted.
func testRetireInParts(t *testing.T, w world) {
	s := w.open(t)
	const n = 450
	var rows []reservations.Reservation
	for i := range n {
		rows = append(rows, reservations.Reservation{Desk: "4.12", Person: "jane", Span: agoSpan(i, i+1)})
	}
	must(s.ImportReservations(ctx, rows, false, longAgo(0)))(t)
	count := func() (all int) {
		for _, u := range must(s.Usage(ctx, time.Now()))(t).Days {
			all += u.Bookings
		}
		return all
	}
	same(t, "counted", n, count())
	_, err := s.Anonymise(ctx, longAgo(n+1), longAgo(n+1))
	if err != nil && !errors.Is(err, dialect.ErrLingers) {
		t.Fatal(err)
	}
	seen := watchTransactions(t, s)
	same(t, "removed", n, must(s.Retire(ctx, longAgo(n+1)))(t))
	same(t, "counted", n, count())
	if seen.largest > 200 { // a part, its days and months, and the rows of the audit
		t.Errorf("a transaction of %d rows", seen.largest)
	}
}

// What a calendar still lists of the past is not booked again once it was removed, and its
// feed does not count as changed by others.
func testRetiredFeed(t *testing.T, w world) {
	s := w.open(t)
	event := reservations.Reservation{UID: "1", Desk: "4.12", Person: "jane", Span: agoSpan(8, 12)}
	poll := func(now time.Time) reservations.Change {
		have := must(s.FeedReservations(ctx, "feed:hq", agoSpan(-1000, 1000)))(t)
		c := reservations.Diff(have, []reservations.Reservation{event}, now)
		must(s.ApplyFeed(ctx, reservations.FeedState{Name: "hq", Checked: now}, c, nil))(t)
		return c
	}
	same(t, "added", 1, len(poll(longAgo(0)).Add))
	must(s.Anonymise(ctx, longAgo(100), longAgo(100)))(t)
	touched := must(s.FeedStates(ctx))(t)[0].Touched
	same(t, "removed", 1, must(s.Retire(ctx, longAgo(100)))(t))
	same(t, "changed by others", touched, must(s.FeedStates(ctx))(t)[0].Touched)
	if c := poll(longAgo(102)); !c.Empty() {
		t.Errorf("the next poll changes %+v", c)
	}
}

// A reservation with a name, or that is not over since a day, goes only with a row of the
// audit, whoever removes it.
func testRemovedInSecret(t *testing.T, w world) {
	s := w.open(t)
	hour := func(hours int) time.Time {
		return time.Now().UTC().Truncate(time.Second).Add(time.Duration(hours) * time.Hour)
	}
	for name, c := range map[string]struct {
		when   reservations.Span
		person string
		rows   int
	}{
		"named":        {agoSpan(0, 1), "jane", 1},
		"just over":    {reservations.Span{Start: hour(-5), End: hour(-3)}, "", 1},
		"runs":         {reservations.Span{Start: hour(-2), End: hour(2)}, "", 1},
		"over, nobody": {agoSpan(2, 3), "", 0},
	} {
		r := book(t, s, "4.12", "jane", c.when)
		if c.person == "" {
			executeIn(t, s, "UPDATE reservations SET person = '', note = '', anonymised = TRUE WHERE id = '"+r.ID+"'")
		}
		before := len(must(s.Audit(ctx, reservations.AuditFilter{}))(t))
		executeIn(t, s, "DELETE FROM reservations WHERE id = '"+r.ID+"'")
		same(t, name, c.rows, len(must(s.Audit(ctx, reservations.AuditFilter{}))(t))-before)
	}
}

// The space of what was removed goes back to the file system, but for some.
func TestShrink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := openFile(t, path, Options{})
	furnish(t, s)
	executeIn(t, s, `CREATE TABLE much (x)`)
	executeIn(t, s, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO much SELECT zeroblob(4000) FROM n`)
	pages := func() (n int64) { check(t, writer(s).Raw("PRAGMA page_count").Scan(&n).Error); return n }
	full := pages()
	same(t, "nothing is free", int64(0), must(s.Shrink(ctx))(t))
	executeIn(t, s, "DELETE FROM much")
	freed := must(s.Shrink(ctx))(t)
	if left := pages(); freed != (full-left)*4096 || left > full/4 || left < 256 {
		t.Errorf("%d bytes were given back, %d of %d pages are left", freed, left, full)
	}
	same(t, "again", int64(0), must(s.Shrink(ctx))(t))
	check(t, s.Check(ctx))
}
