package parting

import (
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// What becomes of Jane's session at the end of her booking, from nine to twelve, or at eleven.
func TestOut(t *testing.T) {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	noon := nine.Add(3 * time.Hour)
	follows := func(person string, after time.Duration) *reservations.Reservation {
		return &reservations.Reservation{ID: "r2", Desk: "D1", Person: person, Status: reservations.Confirmed, Span: reservations.Span{Start: noon.Add(after), End: noon.Add(4 * time.Hour)}}
	}
	for name, c := range map[string]struct {
		next   *reservations.Reservation
		theirs bool // she has logged in by herself
		policy func(*plan.Policy)
		end    time.Time
		want   string
	}{
		"deskd's":                                {want: "12:00"},
		"hers":                                   {theirs: true, want: "stays"},
		"hers, walk-ups are ended":               {theirs: true, policy: func(p *plan.Policy) { p.Walkups = plan.WalkupsEnd }, want: "12:00"},
		"hers, and Max is next":                  {theirs: true, next: follows("max", 0), want: "12:00"},
		"hers, and Max comes later":              {theirs: true, next: follows("max", 5*time.Minute), want: "stays"},
		"deskd's, and she is next":               {next: follows("jane", 8*time.Minute), want: "stays"},
		"deskd's, and she comes much later":      {next: follows("jane", time.Hour), want: "12:00"},
		"deskd's, ended now, and she comes then": {next: follows("jane", 0), end: nine.Add(2 * time.Hour), want: "11:00"},
		"after a grace":                          {policy: func(p *plan.Policy) { p.Grace = 5 * time.Minute }, want: "12:05"},
		"after a grace, when she is next":        {next: follows("jane", 14*time.Minute), policy: func(p *plan.Policy) { p.Grace = 5 * time.Minute }, want: "stays"},
		"as it begins":                           {end: nine, want: "09:00"},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.DefaultPolicy()
			if c.policy != nil {
				c.policy(&p)
			}
			if c.end.IsZero() {
				c.end = noon
			}
			s := Session{
				Desk: reservations.Desk{ID: "D1", Cluster: "main", Device: "SEP1"}, Next: c.next,
				Seen:    plan.Observation{Device: "SEP1", Person: "jane", Known: true, Exists: true, Ours: !c.theirs},
				Booking: reservations.Reservation{ID: "r1", Desk: "D1", Person: "Jane", Status: reservations.Confirmed, Span: reservations.Span{Start: nine, End: noon}},
			}
			got := "stays"
			if at, out := s.Out(p, c.end); out {
				got = at.Format("15:04")
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
