package forecast

import (
	"time"

	"deskd/scheduler/plan"
)

// Input is what is known of a cluster now. None of it is changed.
type Input struct {
	World   plan.World  // with the bookings from now to the end of what is asked for
	Policy  plan.Policy // its pace is what the cluster takes, as far as was learned
	Allowed int         // how many requests at once the configuration allows, 0: as many as Policy
	Untried bool        // more of those would be tried if there was enough to send
	Service plan.Service
	Seen    map[string]plan.Observation // by device
	History plan.History
	Facts   plan.Facts
	Away    map[string]plan.Away
	// Steps are what there is to do now, with what the guards say of it.
	Steps []plan.Step
	// Wanted is [plan.Wanted], for some desks at an instant to come.
	Wanted func(w plan.World, at time.Time) []plan.Login
	// Blocks are what guards will say of such steps, as far as that is known now.
	Blocks func(steps []plan.Step) []plan.Block
}
