package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

// by is the way to book in s, by the same rules for every desk.
func by(t testing.TB, s *Store, r rules.Rules) booking.Bookings {
	t.Helper()
	r.Clock = must(time.LoadLocation("Europe/Berlin"))(t)
	return booking.Bookings{Store: s.Bookings(), Rules: func(reservations.Desk) rules.Rules { return r }}
}

func wish(desk, person string, s reservations.Span) booking.Wish {
	return booking.Wish{Desk: desk, Person: person, Span: s, Source: reservations.SourceCLI}
}

// refusedAs is err, which has to be one with that code.
func refusedAs(t testing.TB, err error, code rules.Code) *booking.Refusal {
	t.Helper()
	r, ok := errors.AsType[*booking.Refusal](err)
	if !ok || r.Code != code {
		t.Fatalf("not refused as %s: %v", code, err)
	}
	return r
}

var someone = booking.Actor{}

func testBook(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{OneDesk: true, Longest: 5 * time.Hour})
	now := at(-1, 0)
	first, err := b.Book(ctx, someone, booking.Wish{Desk: "4.12", Person: "JANE", Span: span(0, 4), Note: "n", Source: "cli"}, now)
	check(t, err)
	same(t, "stored", first.Reservation, must(s.Reservation(ctx, first.ID))(t))
	same(t, "person", "jane", first.Person)

	taken := refusedAs(t, second(b.Book(ctx, someone, wish("4.12", "max", span(3, 5)), now)), booking.Taken)
	if !errors.Is(taken, reservations.ErrOverlap) {
		t.Errorf("%v is no overlap", taken)
	}
	same(t, "until", at(4, 0), taken.Until)
	if len(taken.Alternatives) < 2 || taken.Alternatives[0].Desk == "4.12" || !taken.Alternatives[0].Equal(span(3, 5)) {
		t.Errorf("alternatives are %v", taken.Alternatives)
	}
	both := refusedAs(t, second(b.Book(ctx, someone, wish("4.12", "max", span(3, 9)), now)), booking.Taken)
	same(t, "also", []rules.Code{rules.TooLong}, codes(both.Also))
	refusedAs(t, second(b.Book(ctx, someone, wish("4.11", "jane", span(3, 5)), now)), rules.SecondDesk)

	// What an operator wants is booked, and says what it is against; what others want is not.
	even := wish("4.11", "jane", span(3, 5))
	even.EvenSo = true
	refusedAs(t, second(b.Book(ctx, someone, even, now)), rules.SecondDesk)
	done, err := b.Book(ctx, booking.Actor{Operator: true}, even, now)
	check(t, err)
	same(t, "despite", []rules.Code{rules.SecondDesk}, codes(done.Despite))
	same(t, "beside", []reservations.Reservation{first.Reservation}, done.Beside)
	even.Person, even.Desk = "max", "4.12"
	refusedAs(t, second(b.Book(ctx, booking.Actor{Operator: true}, even, now)), booking.Taken)

	for _, unknown := range []booking.Wish{wish("9.99", "jane", span(0, 1)), wish("4.12", "nobody", span(10, 11))} {
		if _, err := b.Book(ctx, someone, unknown, now); !errors.Is(err, reservations.ErrUnknownDesk) && !errors.Is(err, reservations.ErrUnknownPerson) {
			t.Errorf("%v: %v", unknown, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func codes(all []rules.Refusal) (found []rules.Code) {
	for _, r := range all {
		found = append(found, r.Code)
	}
	return found
}

// A key books once, through the operations as before.
func testBookOnce(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{})
	keyed := wish("4.12", "jane", span(0, 4))
	keyed.Key = "k"
	dry := keyed
	dry.DryRun = true
	would, err := b.Book(ctx, someone, dry, at(-1, 0))
	check(t, err)
	same(t, "id of a dry run", "", would.ID)
	first, err := b.Book(ctx, someone, keyed, at(-1, 0))
	check(t, err)
	same(t, "already at first", false, first.Already)
	again, err := b.Book(ctx, someone, keyed, at(-1, 0))
	check(t, err)
	same(t, "already", true, again.Already)
	same(t, "again", first.Reservation, again.Reservation)
	keyed.Span = span(5, 6)
	if _, err := b.Book(ctx, someone, keyed, at(-1, 0)); !errors.Is(err, reservations.ErrKeyUsed) {
		t.Errorf("for another time: %v", err)
	}
}

func testChangeBooking(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{Longest: 6 * time.Hour})
	r := book(t, s, "4.12", "jane", span(0, 4))
	next := book(t, s, "4.12", "max", span(8, 9))

	longer, err := b.Extend(ctx, someone, booking.Change{ID: r.ID, Span: reservations.Span{End: at(5, 0)}}, at(1, 0))
	check(t, err)
	same(t, "extended", span(0, 5), longer.Span)
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: r.ID, Span: reservations.Span{End: at(7, 0)}}, at(1, 0))), rules.TooLong)
	into := refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: r.ID, Span: reservations.Span{End: at(8, 30)}}, at(1, 0))), booking.Taken)
	if !strings.Contains(into.Text, next.ID) {
		t.Errorf("extended into another booking: %v", into)
	}
	if _, err := b.Extend(ctx, someone, booking.Change{ID: r.ID, Span: reservations.Span{End: at(3, 0)}}, at(1, 0)); !errors.Is(err, booking.ErrRequest) {
		t.Errorf("extended to an earlier end: %v", err)
	}

	moved, err := b.Move(ctx, someone, booking.Change{ID: r.ID, Desk: "4.11"}, at(1, 0))
	check(t, err)
	same(t, "moved to", "4.11", moved.Desk)
	same(t, "its time", span(0, 5), moved.Span)
	_, err = b.Move(ctx, someone, booking.Change{ID: r.ID, Desk: "4.12", Span: span(3, 8)}, at(1, 0))
	check(t, err)
	refusedAs(t, second(b.Move(ctx, someone, booking.Change{ID: r.ID, Span: span(3, 9)}, at(1, 0))), booking.Taken)

	refusedAs(t, second(b.End(ctx, someone, booking.Change{ID: r.ID}, at(1, 0))), booking.NotBegun)
	ended, err := b.End(ctx, someone, booking.Change{ID: r.ID}, at(3, 30).Add(time.Millisecond))
	check(t, err)
	same(t, "ends", at(3, 30).Add(time.Second), ended.End)
	same(t, "stored", ended.Reservation, must(s.Reservation(ctx, r.ID))(t))
	refusedAs(t, second(b.End(ctx, someone, booking.Change{ID: r.ID}, at(4, 0))), booking.Over)
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: r.ID, Span: reservations.Span{End: at(5, 0)}}, at(4, 0))), booking.Over)

	cancelled, err := b.Cancel(ctx, someone, booking.Change{ID: next.ID}, at(4, 0))
	check(t, err)
	same(t, "cancelled", reservations.Cancelled, cancelled.Status)
	again, err := b.Cancel(ctx, someone, booking.Change{ID: next.ID}, at(5, 0))
	check(t, err)
	same(t, "already", true, again.Already)
	same(t, "unchanged", cancelled.Updated, again.Updated)
	if _, err := b.Move(ctx, someone, booking.Change{ID: book(t, s, "5.01", "jane", span(20, 21)).ID, Span: span(1, 2)}, at(4, 0)); !errors.Is(err, booking.ErrRequest) {
		t.Errorf("moved to the past: %v", err)
	}
	if _, err := b.Move(ctx, someone, booking.Change{ID: next.ID, Desk: "4.11"}, at(4, 0)); !errors.Is(err, reservations.ErrCancelled) {
		t.Errorf("moved one that was cancelled: %v", err)
	}
	if _, err := b.Cancel(ctx, someone, booking.Change{ID: "nothing"}, at(4, 0)); !errors.Is(err, reservations.ErrNotFound) {
		t.Errorf("cancelled one that is not there: %v", err)
	}
}

// A calendar owns what is in it: its bookings are cancelled here, and not changed. What a
// change frees goes to the booking that waits for it, in the same transaction.
func testChangeOfFeed(t *testing.T, w world) {
	s, db := w.open(t), w.raw(t)
	b := by(t, s, rules.Rules{})
	r := book(t, s, "4.12", "jane", span(0, 4))
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at, status, source) VALUES ('waits', '4.12', 'max', '2026-03-02T10:00:00Z', '2026-03-02T12:00:00Z', 'conflict', 'feed:hall')")
	_, err := b.End(ctx, someone, booking.Change{ID: r.ID}, at(1, 0))
	check(t, err)
	same(t, "who waited", reservations.Confirmed, must(s.Reservation(ctx, "waits"))(t).Status)
	refusedAs(t, second(b.Extend(ctx, someone, booking.Change{ID: "waits", Span: reservations.Span{End: at(9, 0)}}, at(1, 0))), booking.OfFeed)
	refusedAs(t, second(b.Move(ctx, someone, booking.Change{ID: "waits", Desk: "4.11"}, at(1, 0))), booking.OfFeed)
	refusedAs(t, second(b.End(ctx, someone, booking.Change{ID: "waits"}, at(3, 0))), booking.OfFeed)
	done, err := b.Cancel(ctx, someone, booking.Change{ID: "waits"}, at(3, 0))
	check(t, err)
	same(t, "cancelled", reservations.Cancelled, done.Status)
}

func testSearch(t *testing.T, w world) {
	s := w.open(t)
	r := rules.Rules{Quotas: []rules.Quota{{Per: rules.PerDay, Bookings: 1}}, OutOfService: []string{"4.11"}}
	b := by(t, s, r)
	all := len(must(s.Desks(ctx))(t))
	search := func(s reservations.Span, person string) (found []string) {
		t.Helper()
		for _, d := range must(b.Search(ctx, booking.Search{Place: booking.Place{Site: "berlin"}, Span: s, Person: person}, at(-1, 0)))(t) {
			found = append(found, d.ID)
		}
		return found
	}
	same(t, "free", all-1, len(search(span(0, 4), "jane")))
	book(t, s, "4.12", "jane", span(2, 4))
	same(t, "free for another", all-2, len(search(span(0, 4), "max")))
	same(t, "free for anyone", all-2, len(search(span(0, 4), "")))
	same(t, "back to back", all-1, len(search(span(0, 2), "")))
	same(t, "of a quota that is used up", 0, len(search(span(5, 6), "jane")))
	same(t, "the next day", all-1, len(search(span(24, 25), "jane")))
	same(t, "elsewhere", 0, len(must(b.Search(ctx, booking.Search{Place: booking.Place{Site: "berlin", Floor: "99"}, Span: span(0, 1)}, at(0, 0)))(t)))
}

// The rules of the model. In random order and times, all operations keep to them.
var modelRules = map[string]rules.Rules{
	"owned":  {OneDesk: true}, // 4.11 is jane's
	"shares": {CheckIn: rules.CheckIn{Before: 30 * time.Minute, Within: 45 * time.Minute}, OneDesk: true, Quotas: []rules.Quota{{Per: rules.PerDay, Bookings: 2}, {Per: rules.PerWeek, Hours: 12}}},
	"times": {
		Week: &[7]rules.Hours{1: {From: 420, To: 1200}, 2: {From: 420, To: 1200}, 3: {From: 420, To: 900}}, Buffer: 30 * time.Minute,
		Longest: 6 * time.Hour, Shortest: time.Hour, Ahead: rules.Ahead{Days: 2, Opens: 360},
	},
}

// No order of operations reaches a state that the rules forbid; a dry run says what the run
// does, and changes nothing; what a refusal offers can be booked.
func testBookingModel(t *testing.T, w world) {
	noRaces(t)
	s, db := w.open(t), w.raw(t)
	for name, r := range modelRules {
		b := by(t, s, r)
		execute(t, db, "UPDATE desks SET owner = CASE WHEN id = '4.11' AND '"+name+"' = 'owned' THEN 'jane' ELSE '' END")
		rapid.Check(t, func(t *rapid.T) {
			for _, table := range []string{"reservations", "closures", "series", "absences"} {
				if _, err := db.Exec("DELETE FROM " + table); err != nil {
					t.Fatal(err)
				}
			}
			m := bookingModel{T: t, s: s, b: b, now: at(-2, 0), closed: modelClosures{}, evidence: map[string][]time.Time{}}
			for range rapid.IntRange(1, 12).Draw(t, name) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(0, 8).Draw(t, "passes")) * 15 * time.Minute)
				m.step(name)
				m.holds(name)
			}
		})
	}
}

type bookingModel struct {
	*rapid.T
	s   *Store
	b   booking.Bookings
	now time.Time

	absences []reservations.Absence
	closed   modelClosures
	evidence map[string][]time.Time // by booking: when their people came
}

func (m *bookingModel) all() []reservations.Reservation {
	all, err := m.s.ListReservations(ctx, reservations.Filter{IncludeCancelled: true})
	if err != nil {
		m.Fatal(err)
	}
	return all
}

func (m *bookingModel) span() reservations.Span {
	start := m.now.Add(time.Duration(rapid.IntRange(0, 4*60).Draw(m.T, "start")) * 15 * time.Minute)
	return reservations.Span{Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 30).Draw(m.T, "length")) * 15 * time.Minute)}
}

// step does one operation, dry and then in earnest.
func (m *bookingModel) step(name string) {
	desk := rapid.SampledFrom([]string{"4.11", "4.12"}).Draw(m.T, "desk")
	person := rapid.SampledFrom([]string{"jane", "max"}).Draw(m.T, "person")
	s, before := m.span(), m.all()
	op := rapid.SampledFrom([]string{"book", "book", "book", "move", "extend", "end", "cancel", "close", "arrive", "walkup", "series", "series", "rest", "all", "shift", "away", "back"}).Draw(m.T, "operation")
	var c booking.Change
	defer func() {
		if name == "owned" && !m.Failed() {
			m.ownersKeep(before)
		}
	}()
	switch op {
	case "close":
		m.close()
		return
	case "series", "rest", "all", "shift", "away", "back":
		m.plan(op, desk, person)
		return
	}
	if op != "book" && op != "walkup" {
		if len(before) == 0 {
			return
		}
		r := rapid.SampledFrom(before).Draw(m.T, "which")
		if op == "arrive" {
			m.arrive(name, r)
			return
		}
		c, person = booking.Change{ID: r.ID, Desk: desk, Span: s}, r.Person
	}
	do := func(dry bool) (booking.Answer, error) {
		c.DryRun = dry
		switch op {
		case "book":
			w := wish(desk, person, s)
			w.DryRun = dry
			return m.b.Book(ctx, someone, w, m.now)
		case "walkup":
			return m.b.WalkUp(ctx, someone, booking.Visit{Desk: desk, Person: person, Source: reservations.SourceCLI, How: booking.How{DryRun: dry}}, m.now)
		case "move":
			return m.b.Move(ctx, someone, c, m.now)
		case "extend":
			return m.b.Extend(ctx, someone, c, m.now)
		case "end":
			return m.b.End(ctx, someone, booking.Change{ID: c.ID, How: c.How}, m.now)
		}
		return m.b.Cancel(ctx, someone, c, m.now)
	}
	would, refused := do(true)
	if after := m.all(); fmt.Sprint(after) != fmt.Sprint(before) {
		m.Fatalf("a dry run changed %v to %v", before, after)
	}
	did, err := do(false)
	if fmt.Sprint(refused) != fmt.Sprint(err) {
		m.Fatalf("a dry run of %s said %v, the run %v", op, refused, err)
	}
	would.DryRun, would.ID = false, did.ID
	if fmt.Sprint(would) != fmt.Sprint(did) {
		m.Fatalf("a dry run of %s said %v, the run %v", op, would, did)
	}
	if op == "walkup" && err == nil { // who stands there has come
		m.evidence[did.ID] = append(m.evidence[did.ID], m.now)
	}
	if r, ok := errors.AsType[*booking.Refusal](err); ok {
		m.offers(r, c.ID, person)
	}
}

// offers tries what a refusal offers, and lets it be.
func (m *bookingModel) offers(r *booking.Refusal, id, person string) {
	for _, a := range r.Alternatives {
		w := wish(a.Desk, person, a.Span)
		w.DryRun = true
		_, err := m.b.Book(ctx, someone, w, m.now)
		if id != "" {
			_, err = m.b.Move(ctx, someone, booking.Change{ID: id, Desk: a.Desk, Span: a.Span, How: w.How}, m.now)
		}
		if err != nil {
			m.Fatalf("%v offers %v, and that is refused: %v", r, a, err)
		}
	}
}

// holds looks at all bookings there are, knowing nothing of how they came about.
func (m *bookingModel) holds(name string) {
	var all []reservations.Reservation
	for _, r := range m.all() {
		if r.Status == reservations.Confirmed {
			all = append(all, r)
		}
	}
	m.keepsOut(all)
	zone, _ := time.LoadLocation("Europe/Berlin")
	bookings, hours := map[string]int{}, map[string]time.Duration{}
	for i, r := range all {
		for _, o := range all[:i] {
			if o.Desk == r.Desk && o.Overlaps(r.Span) || name != "times" && o.Person == r.Person && o.Overlaps(r.Span) {
				m.Fatalf("%v and %v overlap", o, r)
			}
			wide := reservations.Span{Start: o.Start.Add(-30 * time.Minute), End: o.End.Add(30 * time.Minute)}
			if name == "times" && o.Desk == r.Desk && o.Person != r.Person && wide.Overlaps(r.Span) {
				m.Fatalf("no buffer between %v and %v", o, r)
			}
		}
		days := map[string]bool{}
		for t := r.Start; t.Before(r.End); t = t.Add(15 * time.Minute) {
			days[r.Person+t.In(zone).Format(time.DateOnly)] = true
			year, week := t.In(zone).ISOWeek()
			hours[r.Person+strconv.Itoa(100*year+week)] += min(15*time.Minute, r.End.Sub(t))
		}
		for day := range days {
			bookings[day]++
		}
		from, to := r.Start.In(zone), r.End.Add(-time.Second).In(zone)
		last := map[time.Weekday]int{time.Monday: 20, time.Tuesday: 20, time.Wednesday: 15}
		if name == "times" && (from.Hour() < 7 || to.Hour() >= last[to.Weekday()] || from.Hour() >= last[from.Weekday()] || r.Duration() > 6*time.Hour) {
			m.Fatalf("%v is out of hours, or too long", r)
		}
	}
	for key, n := range bookings {
		if name == "shares" && n > 2 {
			m.Fatalf("%d bookings: %s in %v", n, key, all)
		}
	}
	for key, sum := range hours {
		if name == "shares" && sum > 12*time.Hour {
			m.Fatalf("%s: %s in %v", sum, key, all)
		}
	}
}

// Clients that want one desk, or each another desk for one person, at once: one has it,
// however many there are, and the others are told who.
func testRaceOfBookings(t *testing.T, w world) {
	n, _ := strconv.Atoi(os.Getenv("DESKD_RACES"))
	n = cmp.Or(n, orShort(12, 3))
	stores := []*Store{w.open(t), w.open(t), w.open(t)}
	day := 0
	for _, clients := range []int{2, 10, 30} {
		for range n {
			day++
			var won, taken atomic.Int32
			var done sync.WaitGroup
			start := make(chan struct{})
			for i := range clients {
				done.Go(func() {
					b := by(t, stores[i%len(stores)], rules.Rules{OneDesk: true})
					q := wish("4.12", []string{"jane", "max"}[i/2%2], span(24*day, 24*day+4))
					if i%2 == 1 { // the same person at another desk
						q.Desk = "4.11"
					}
					<-start
					_, err := b.Book(ctx, someone, q, at(0, 0))
					r, refused := errors.AsType[*booking.Refusal](err)
					switch {
					case err == nil:
						won.Add(1)
					case refused && slices.Contains([]rules.Code{booking.Taken, rules.SecondDesk}, r.Code):
						taken.Add(1)
					default:
						t.Errorf("lost for another reason: %v", err)
					}
				})
			}
			close(start)
			done.Wait()
			all := must(stores[0].ListReservations(ctx, reservations.Filter{Span: span(24*day, 24*day+4)}))(t)
			same(t, "booked", int(won.Load()), len(all))
			for i, r := range all {
				for _, o := range all[:i] {
					if o.Desk == r.Desk || o.Person == r.Person {
						t.Fatalf("two bookings: %v and %v", o, r)
					}
				}
			}
			if len(all) == 0 || int(won.Load()+taken.Load()) != clients {
				t.Fatalf("%d of %d won, and %d were told so", won.Load(), clients, taken.Load())
			}
		}
	}
}
