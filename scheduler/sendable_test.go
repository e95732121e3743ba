package scheduler

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskd/scheduler/plan"
)

// TestSendable shows for random plans that no step overtakes an earlier one of
// its device or person, but a login that is tried again later, and that all
// that is free to go goes.
func TestSendable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := instant("09:00")
		draw := func(name string) plan.Step {
			return plan.Step{
				Op:        rapid.SampledFrom([]plan.Op{plan.OpLogin, plan.OpLogout, plan.OpHold}).Draw(t, name),
				NotBefore: now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "wait")) * time.Second),
				Login: plan.Login{
					From:   now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "from")) * time.Second),
					Device: fmt.Sprintf("SEP%012d", rapid.IntRange(1, 6).Draw(t, "device")),
					Person: rapid.SampledFrom([]string{"ada", "bob", "cyd", "dan", "eve", "fay"}).Draw(t, "person"),
				},
			}
		}
		under := busy{map[string]bool{}, map[string]bool{}}
		for range rapid.IntRange(0, 2).Draw(t, "under way") {
			under.add(draw("under way"))
		}
		planned := make([]plan.Step, rapid.IntRange(0, 20).Draw(t, "steps"))
		var want []plan.Step
		for i := range planned {
			planned[i] = draw("op")
			free := planned[i].Op != plan.OpHold && !planned[i].NotBefore.After(now) && !under.has(planned[i])
			for _, earlier := range planned[:i] {
				overdue := earlier.Op == plan.OpLogin && earlier.NotBefore.After(now) && !earlier.From.After(now)
				if earlier.Op != plan.OpHold && (earlier.Device == planned[i].Device || earlier.Person == planned[i].Person && !overdue) {
					free = false
				}
			}
			if free {
				want = append(want, planned[i])
			}
		}
		if diff := cmp.Diff(want, sendable(planned, under, now, 0)); diff != "" {
			t.Fatalf("sendable (-want +got):\n%s", diff)
		}
	})
}
