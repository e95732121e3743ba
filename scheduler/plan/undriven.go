package plan

import (
	"fmt"
	"time"
)

// Undriven are the holds of desks whose cluster is not configured, one for each of w
// that is booked at now: nobody asks about their phones, and nobody is logged in or
// out there. All gives one for every desk.
func Undriven(w World, all bool, now time.Time) []Step {
	booked := make(map[string]Login)
	for _, l := range Wanted(w, Policy{}, now) {
		booked[l.Device] = l
	}
	var steps []Step
	for _, d := range w.Desks {
		l, ok := booked[d.Device]
		if !ok && !all {
			continue
		}
		l.Desk, l.Device = d.ID, d.Device
		why := fmt.Sprintf("cluster %q is not in the configuration: its phones are not driven", d.Cluster)
		steps = append(steps, hold(l, CauseNoCluster, why)...)
	}
	return steps
}
