package board_test

import (
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

// A desk whose person stays for a call says so, from the first instant of the next booking on, and
// where there is none; not any more when they have gone.
func TestWaitsForACall(t *testing.T) {
	at := time.Date(2026, 3, 2, 13, 0, 5, 0, time.UTC)
	const why = "Jane's booking has ended; its person is in a call; waits until 2026-03-02T13:10:00Z at most"
	s := board.Standing{
		Desk:  reservations.Desk{ID: "4.12", Device: "SEP1"},
		Phone: plan.Observation{Known: true, Exists: true, Person: "jane", Ours: true},
		Last:  plan.Attempt{Step: plan.Step{Op: plan.OpHold, Cause: plan.CauseCall, Why: why}, Outcome: plan.Held},
	}
	if got := s.At(at).Problem; got != why {
		t.Errorf("on a free desk: %q", got)
	}
	s.Booked = []reservations.Reservation{{ID: "n", Desk: "4.12", Person: "max", Span: reservations.Span{Start: at.Add(-5 * time.Second), End: at.Add(time.Hour)}, Status: reservations.Confirmed}}
	if got := s.At(at).Problem; got != why {
		t.Errorf("as the next booking begins: %q", got)
	}
	s.Phone.Person, s.Phone.Ours = "", false
	if got := s.At(at).Problem; got == why {
		t.Errorf("when they have gone: %q", got)
	}
}
