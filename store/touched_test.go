package store

import (
	"testing"

	"deskd/reservations"
)

// testTouched has deskd and another program make changes, each told by the audit: bookings by
// the ids they have, and by those they had.
func testTouched(t *testing.T, w world) {
	s, raw := w.open(t), w.raw(t)
	upto := must(s.Touched(ctx, -1))(t).Upto
	tells := func(what string, want reservations.Touched) {
		t.Helper()
		got := must(s.Touched(ctx, upto))(t)
		if got.Any && got.Upto <= upto || !got.Any && got.Upto != upto {
			t.Errorf("%s: up to %d, after %d", what, got.Upto, upto)
		}
		upto, got.Upto = got.Upto, 0
		same(t, what, want, got)
	}
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := raw.ExecContext(ctx, statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	tells("nothing", reservations.Touched{})
	r := book(t, s, "4.12", "jane", span(0, 1))
	tells("a booking", reservations.Touched{Any: true, Reservations: []string{r.ID}})
	exec("UPDATE reservations SET note = 'n' WHERE id = '" + r.ID + "'")
	tells("a note", reservations.Touched{Any: true, Reservations: []string{r.ID}})
	exec("UPDATE reservations SET id = 'new' WHERE id = '" + r.ID + "'")
	tells("another id", reservations.Touched{Any: true, Reservations: []string{"new", r.ID}})
	exec("DELETE FROM reservations WHERE id = 'new'")
	tells("a removal", reservations.Touched{Any: true, Reservations: []string{"new"}})
	must(s.PauseClusters(ctx, []string{"main"}, "wiring", at(0, 0)))(t)
	tells("a pause", reservations.Touched{Any: true, Decided: true})
	exec("UPDATE desks SET name = 'door' WHERE id = '4.11'")
	tells("a desk", reservations.Touched{Any: true, More: true})
	exec("UPDATE people SET name = 'J' WHERE id = 'jane'")
	tells("a person", reservations.Touched{Any: true, More: true})
}
