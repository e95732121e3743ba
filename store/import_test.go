package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/imports"
	"deskd/store/tables"
)

// refusals renders what an import left out.
func refusals(im imports.Imported) []string {
	var texts []string
	for _, r := range im.Refused {
		texts = append(texts, r.Err.Error())
	}
	return texts
}

func testImportDesks(t *testing.T, w world) {
	s := w.open(t)
	swapped := []reservations.Desk{
		{ID: "4.11", Site: "berlin", Cluster: "main", Device: "SEP000000000012"}, // takes the phone of the next
		{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP000000000011"},
		testDesks[2],
		{ID: "6.01", Site: "berlin", Cluster: "main", Device: "SEP000000000501"}, // of 5.01, which keeps it
		{ID: "6.02", Site: "rome", Cluster: "main", Device: "SEP000000000602"},
		{ID: "6.03", Site: "berlin", Cluster: "other", Device: "SEP000000000603"},
		{ID: "6.04", Site: "berlin", Cluster: "main", Device: "<6.04>"},
		{ID: "4.11", Site: "berlin", Cluster: "main", Device: "SEP000000000004"},
		{ID: "6.05", Site: "berlin", Cluster: "main", Device: "SEP000000000605"},
	}
	want := []string{
		`desk "6.01": "SEP000000000501" belongs to "5.01"`,
		`desk "6.02": no such site: "rome"; name it under sites in the configuration`,
		`desk "6.03": no such cluster: "other"; name it under clusters in the configuration`,
		`desk "6.04": device "<6.04>" is not a device's name: expected 1 to 128 letters, digits and signs other than <>", such as SEP001122334455`,
		`desk "4.11" is listed twice`,
	}
	for _, dryRun := range []bool{true, false} {
		done, err := s.ImportDesks(ctx, swapped, dryRun)
		check(t, err)
		same(t, "counts", [3]int{1, 2, 1}, [3]int{done.Added, done.Updated, done.Unchanged})
		same(t, "refused", want, refusals(done))
		desks, err := s.Desks(ctx)
		check(t, err)
		if dryRun {
			same(t, "desks", testDesks, desks)
		} else {
			same(t, "desks", []reservations.Desk{swapped[0], swapped[1], testDesks[2], swapped[8]}, desks)
		}
	}
	done, err := s.ImportDesks(ctx, swapped[:3], false)
	check(t, err)
	same(t, "again", imports.Imported{Unchanged: 3}, done)
}

func testImportDeskNames(t *testing.T, w world) {
	s := w.open(t)
	desk := func(id string, mail, aliases []string) reservations.Desk {
		d := reservations.Desk{ID: id, Site: "berlin", Cluster: "main", Device: "SEP000000000" + id, Mail: mail, Aliases: aliases}
		return d
	}
	desks := []reservations.Desk{
		desk("701", []string{"b@example.com", "a@example.com", "A@example.com"}, []string{"Zoë", "b@example.com", "701"}),
		desk("702", nil, []string{"  zoe\u0308 "}), // the same letters, put together otherwise
		desk("703", []string{"a@Example.com"}, nil),
		desk("704", nil, []string{"703"}), // nobody's: 703 is refused
		desk("705", nil, []string{"4.11"}),
		desk("706", nil, []string{"one;two"}),
	}
	want := []string{
		`desk "702": "zoë" belongs to "701"`,
		`desk "703": "a@example.com" belongs to "701"`,
		`desk "705": "4.11" belongs to "4.11"`,
		`desk "706": alias "one;two" is empty, or has a semicolon or line break, at which calendars' locations are split`,
	}
	done := must(s.ImportDesks(ctx, desks, false))(t)
	same(t, "refused", want, refusals(done))
	rivals := []int{}
	for _, r := range done.Refused {
		rivals = append(rivals, r.Rival)
	}
	same(t, "rivals", []int{0, 0, -1, -1}, rivals)
	stored := must(s.Desk(ctx, "701"))(t)
	same(t, "addresses", []string{"A@example.com", "b@example.com"}, stored.Mail)
	same(t, "aliases", []string{"701", "Zoë"}, stored.Aliases)
	same(t, "again", 2, must(s.ImportDesks(ctx, desks, false))(t).Unchanged)

	// Names change hands in a circle, and go when a file no longer has them.
	circle := []reservations.Desk{desk("701", nil, []string{"703"}), desk("704", []string{"a@example.com"}, []string{"zoë"})}
	same(t, "circle", imports.Imported{Updated: 2}, must(s.ImportDesks(ctx, circle, false))(t))
	same(t, "circle", []reservations.Desk{circle[0], circle[1]}, must(s.Desks(ctx))(t)[3:])
}

func testImportPeople(t *testing.T, w world) {
	s := w.open(t)
	people := []reservations.Person{
		{ID: "JANE", Mail: []string{"Max@Example.com"}}, // another spelling, and an address that max gives up
		{ID: "max", Mail: []string{"m@example.com", "M@example.com"}},
		{ID: "kim", Mail: []string{"M@Example.com"}},
		{ID: "Max"},
		{ID: "bad\x01"},
		{ID: "ann", Mail: []string{"ann"}},
		{ID: "zOË"}, // the same person, though SQLite folds only ASCII
	}
	want := []string{
		`person "kim": "m@example.com" belongs to "max"`,
		`person "Max" is listed twice`,
		`person "bad\x01" is not a user id: expected 1 to 128 letters, digits, inner blanks and signs other than <>"`,
		`person "ann": mail "ann" is not an address`,
	}
	for _, dryRun := range []bool{true, false} {
		done, err := s.ImportPeople(ctx, people, dryRun)
		check(t, err)
		same(t, "counts", [3]int{0, 3, 0}, [3]int{done.Added, done.Updated, done.Unchanged})
		same(t, "refused", want, refusals(done))
	}
	stored, err := s.People(ctx)
	check(t, err)
	same(t, "people", []reservations.Person{
		{ID: "JANE", Mail: []string{"max@example.com"}},
		{ID: "max", Mail: []string{"m@example.com"}},
		{ID: "zOË"},
	}, stored)
	done, err := s.ImportPeople(ctx, people[:2], false)
	check(t, err)
	same(t, "again", imports.Imported{Unchanged: 2}, done)
}

func testImportReservations(t *testing.T, w world) {
	s := w.open(t)
	book(t, s, "5.01", "max", span(0, 4))
	row := func(desk, person string, from, to int) reservations.Reservation {
		return reservations.Reservation{Desk: desk, Person: person, Span: span(from, to)}
	}
	rs := []reservations.Reservation{
		row("4.12", "Jane", 2, 4),
		row("4.12", "max", 0, 2),
		row("5.01", "jane", 3, 5),
		row("5.02", "jane", 0, 1),
		row("4.11", "jnae", 0, 1),
		row("4.11", "jane", 1, 1),
	}
	first, err := s.ImportReservations(ctx, rs, true, at(-1, 0))
	check(t, err)
	same(t, "dry run", 1, len(all(t, s)))
	done, err := s.ImportReservations(ctx, rs, false, at(-1, 0))
	check(t, err)
	same(t, "counts", [3]int{2, 0, 0}, [3]int{done.Added, done.Updated, done.Unchanged})
	same(t, "dry run", len(first.Refused), len(done.Refused))
	for i, is := range []error{reservations.ErrOverlap, reservations.ErrUnknownDesk, reservations.ErrUnknownPerson, nil} {
		if r := done.Refused[i]; r.Row != i+2 || is != nil && !errors.Is(r.Err, is) {
			t.Errorf("refused %d: row %d, %v", i, r.Row, r.Err)
		}
	}
	stored, err := s.ListReservations(ctx, reservations.Filter{Source: reservations.SourceImport})
	check(t, err)
	same(t, "stored", []string{"4.12 max 02T08:00-02T10:00 confirmed", "4.12 jane 02T10:00-02T12:00 confirmed"}, brief(stored))

	// The second grows into the room that a later row makes.
	stored[1].Span, stored[0].Span = span(2, 4), span(0, 1)
	again := []reservations.Reservation{row("4.12", "jane", 1, 2), row("4.12", "max", 0, 1), row("4.12", "jane", 2, 4)}
	done, err = s.ImportReservations(ctx, again, false, at(0, 0))
	check(t, err)
	same(t, "again", imports.Imported{Added: 1, Updated: 1, Unchanged: 1}, done)

	after, err := s.ListReservations(ctx, reservations.Filter{Desk: "4.12"})
	check(t, err)
	same(t, "kept id", stored[0].ID, after[0].ID)
	_, err = s.Cancel(ctx, after[0].ID, at(0, 0))
	check(t, err)
	done, err = s.ImportReservations(ctx, again[1:2], false, at(0, 0))
	check(t, err)
	if len(done.Refused) != 1 || !errors.Is(done.Refused[0].Err, reservations.ErrCancelled) {
		t.Errorf("import of a cancelled reservation: %+v", done)
	}
}

// An import of many rows is written in batches; what has changed between the check
// and a batch costs the rows it concerns, and is said; what was interrupted is
// finished by importing again.
func testImportInBatches(t *testing.T, w world) {
	noRaces(t)
	s := w.open(t)
	import3 := func(c context.Context, meanwhile func(written int)) (imports.Imported, error) {
		var rows []imports.Row[imports.Booking]
		for n := range 3 * batch {
			r := imports.Booking{Desk: "5.01", Person: "jane", Span: span(n, n+1)}
			rows = append(rows, imports.Row[imports.Booking]{Is: r, Line: n + 2})
		}
		return s.ImportReservationRows(c, imports.Import[imports.Booking]{Rows: rows, Progress: func(written, _ int) {
			meanwhile(written)
		}}, at(-1, 0))
	}
	c, kill := context.WithCancel(ctx)
	_, err := import3(c, func(written int) {
		if written == batch {
			kill()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "import the file again") {
		t.Errorf("an import that was interrupted: %v", err)
	}
	same(t, "written before", batch, len(all(t, s)))

	other := tables.NewID()
	done, err := import3(ctx, func(written int) {
		if written == batch { // another program is faster
			at := span(2*batch+10, 2*batch+11)
			check(t, s.db.Change(ctx, func(tx *gorm.DB) error {
				return tables.Put(tx, tables.ReservationOf(reservations.Reservation{ID: other, Desk: "5.01", Span: at, Status: reservations.Confirmed, Source: "sql"}, at.Start))
			}))
		}
	})
	check(t, err)
	same(t, "counts", [3]int{2*batch - 1, 0, batch}, [3]int{done.Added, done.Updated, done.Unchanged})
	if r := done.Refused; len(r) != 1 || r[0].Row != 2*batch+10 || !errors.Is(r[0].Err, imports.ErrChanged) || !strings.Contains(r[0].Err.Error(), other) {
		t.Errorf("left out: %v", refusals(done))
	}
	done, err = import3(ctx, func(int) {})
	check(t, err)
	same(t, "again", [3]int{0, 0, 3*batch - 1}, [3]int{done.Added, done.Updated, done.Unchanged})
	same(t, "left out again", 1, len(done.Refused))
	sound(t, s)
}

// The batches of people and desks: what changes hands does so in an order in which
// it is nobody's twice, and never more rows at once than need be.
func testImportMoves(t *testing.T, w world) {
	noRaces(t)
	long(t, "moves three batches of people four times; testImportInBatches is the short one")
	s := w.open(t)
	people := func(shift int, circle bool) (all []reservations.Person) {
		const n = 3 * batch
		for i := range n {
			mail := i + shift
			if circle {
				mail %= n
			}
			all = append(all, reservations.Person{ID: fmt.Sprintf("p%04d", i), Mail: []string{fmt.Sprintf("m%d@example.com", mail)}})
		}
		return all
	}
	for _, step := range []struct {
		shift  int
		circle bool
	}{{0, false}, {1, false}, {0, false}, {1, true}} { // along a chain, back, and round
		want := people(step.shift, step.circle)
		done := must(s.ImportPeople(ctx, want, false))(t)
		same(t, "left out", 0, len(done.Refused))
		stored := must(s.People(ctx))(t)
		same(t, "people", want, slices.DeleteFunc(stored, func(p reservations.Person) bool { return p.ID[0] != 'p' }))
	}
}

// batch is how many rows a transaction of an import writes.
const batch = 250
