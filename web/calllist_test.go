package web

import (
	"testing"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/board"
)

// The page says why a phone still has the calls of the last session, and nothing of those that it
// has not, or while someone is on the phone.
func TestCallListOnThePage(t *testing.T) {
	for want, list := range map[string]string{
		"": "cleared",
		"call list of the last session: refused: why": "refused: why",
	} {
		s := board.Standing{
			Desk: reservations.Desk{ID: "4.12", Device: "SEP1"}, Phone: plan.Observation{Known: true, Exists: true},
			Last: plan.Attempt{Step: plan.Step{Op: plan.OpLogout}, Outcome: plan.Done, CallList: list},
		}
		desk := s.At(noon)
		if got := (wording{now: noon}).row(&desk).Problem; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		s.Phone.Person = "jane"
		if desk = s.At(noon); desk.CallList != "" {
			t.Errorf("with someone on the phone: %q", desk.CallList)
		}
	}
}
