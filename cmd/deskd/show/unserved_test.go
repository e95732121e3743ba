package show

import (
	"testing"
	"time"

	"deskd/scheduler/plan"
	"deskd/web/view"
)

// That nothing follows says that the phone is as it should be only where it is.
func TestUnserved(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	jane := plan.Login{Person: "jane", From: now.Add(-time.Hour), Until: now.Add(time.Minute)}
	later, unnamed, doubtful := jane, jane, jane
	later.From, unnamed.Person, doubtful.Doubt = now.Add(time.Second), "", "two of them"
	for name, c := range map[string]struct {
		wanted plan.Login
		seen   plan.Observation
		want   bool
	}{
		"nobody is there":   {jane, plan.Observation{Known: true}, true},
		"another is":        {jane, plan.Observation{Known: true, Person: "max"}, true},
		"they are":          {jane, plan.Observation{Known: true, Person: "Jane"}, false},
		"it is not known":   {jane, plan.Observation{Person: "max"}, false},
		"it begins later":   {later, plan.Observation{Known: true}, false},
		"it is nobody's":    {unnamed, plan.Observation{Known: true}, false},
		"it is not decided": {doubtful, plan.Observation{Known: true}, false},
	} {
		e := Explanation{Explanation: view.Explanation{At: now, Wanted: []plan.Login{c.wanted}, Seen: c.seen}}
		if got := e.unserved(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
