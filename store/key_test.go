package store

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
)

func testReserveOnce(t *testing.T, w world) {
	s := w.open(t)
	wish := reservations.Reservation{Desk: "4.12", Person: "JANE", Span: span(0, 4)}
	first, already, err := s.ReserveOnce(ctx, "k", wish, at(-1, 0))
	check(t, err)
	same(t, "already at first", false, already)
	again, already, err := s.ReserveOnce(ctx, "k", wish, at(0, 0))
	check(t, err)
	same(t, "already", true, already)
	same(t, "again", first, again)
	same(t, "stored", first, must(s.Reservation(ctx, first.ID))(t))

	noted := wish
	noted.Note = "quiet, please"
	if _, _, err := s.ReserveOnce(ctx, "k", noted, at(0, 0)); !errors.Is(err, reservations.ErrKeyUsed) {
		t.Errorf("with another note: %v", err)
	}
	wish.Person = "max"
	if _, _, err := s.ReserveOnce(ctx, "k", wish, at(0, 0)); !errors.Is(err, reservations.ErrKeyUsed) {
		t.Errorf("for another person: %v", err)
	}
	if _, _, err := s.ReserveOnce(ctx, "other", wish, at(0, 0)); !errors.Is(err, reservations.ErrOverlap) {
		t.Errorf("with another key: %v", err)
	}
	wish.Span = span(4, 5)
	_, already, err = s.ReserveOnce(ctx, "other", wish, at(0, 0)) // it was not used up
	check(t, err)
	same(t, "already", false, already)

	same(t, "pruned", 1, must(s.PruneKeys(ctx, at(0, 0)))(t))
	same(t, "pruned", 0, must(s.PruneKeys(ctx, at(0, 0)))(t))
	if _, _, err := s.ReserveOnce(ctx, "k", reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 4)}, at(0, 0)); !errors.Is(err, reservations.ErrOverlap) {
		t.Errorf("with a key that was forgotten: %v", err)
	}
}

// A key goes with the name of its reservation.
func testKeyForgotten(t *testing.T, w world) {
	s := w.open(t)
	wish := reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 4)}
	r, _, err := s.ReserveOnce(ctx, "jane's", wish, at(-1, 0))
	check(t, err)
	same(t, "held", []string{"jane's"}, must(s.Personal(ctx, "jane"))(t).Keys)
	_, err = w.raw(t).ExecContext(ctx, "UPDATE reservations SET person = 'max' WHERE id = ?", r.ID)
	check(t, err)
	same(t, "held of the next", []string{}, must(s.Personal(ctx, "max"))(t).Keys)
	if _, _, err := s.ReserveOnce(ctx, "jane's", wish, at(-1, 0)); !errors.Is(err, reservations.ErrOverlap) {
		t.Errorf("asked again: %v", err)
	}
}

// The key of an absence goes with it: when it is taken back, given to another person, or its
// person is erased. Until then it is told to them as theirs.
func testKeyOfAbsence(t *testing.T, w world) {
	s := w.open(t)
	b := by(t, s, rules.Rules{})
	days := booking.Leaving{Absence: absence("jane", "2026-03-10", "2026-03-11"), Key: "jane's sea"}
	keys := func() (n int) {
		check(t, w.raw(t).QueryRowContext(ctx, "SELECT count(*) FROM reservation_keys").Scan(&n))
		return n
	}
	made := must(b.Away(ctx, someone, days, at(0, 0)))(t)
	same(t, "held", []string{"jane's sea"}, must(s.Personal(ctx, "jane"))(t).Keys)
	must(b.Back(ctx, someone, booking.Return{ID: made.ID}, at(0, 0)))(t)
	same(t, "keys when it is taken back", 0, keys())
	made = must(b.Away(ctx, someone, days, at(0, 0)))(t)
	execute(t, w.raw(t), "UPDATE absences SET person = 'max' WHERE id = '"+made.ID+"'")
	same(t, "keys when it is another's", 0, keys())
	must(b.Away(ctx, someone, days, at(0, 0)))(t)
	must(s.Erase(ctx, "jane", time.Hour, at(1, 0)))(t)
	same(t, "keys when its person is erased", 0, keys())
}

// Many that ask for the same with one key get one booking.
func testRaceOfKeys(t *testing.T, w world) {
	const askers = 8
	ids := make([]string, askers)
	var all sync.WaitGroup
	for i := range askers {
		s := w.open(t)
		all.Go(func() {
			r, _, err := s.ReserveOnce(ctx, "k", reservations.Reservation{Desk: "4.12", Person: "jane", Span: span(0, 4)}, at(0, 0))
			ids[i] = r.ID
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		same(t, "id", ids[0], id)
	}
	same(t, "bookings", 1, len(must(w.open(t).ListReservations(ctx, reservations.Filter{}))(t)))
}

func TestCheckKey(t *testing.T) {
	for _, key := range []string{"k", "8e03978e-40d5-43dd-bc93-6894a57f9324", "größer 漢字", strings.Repeat("ä", 128), NewKey()} {
		check(t, CheckKey(key))
	}
	for _, key := range []string{"", strings.Repeat("a", 129), "a\tb", "a\x00", "\xff", "\u202e"} {
		if CheckKey(key) == nil {
			t.Errorf("key %q is accepted", key)
		}
	}
}
