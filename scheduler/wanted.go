package scheduler

import (
	"fmt"
	"time"

	"deskd/scheduler/plan"
)

// wanted is [plan.Wanted], with those logins in doubt that cannot be sent: they are held
// with the reason, and take nothing of the cluster's rate.
func (r *Reconciler) wanted(w plan.World, now time.Time) []plan.Login {
	want := plan.Wanted(w, r.Policy, now)
	for i, l := range want {
		if l.Person == "" || l.Doubt != "" {
			continue
		}
		if err := r.Access.Check(l); err != nil {
			want[i].Doubt = fmt.Sprintf("the login of %q cannot be sent: %v; correct the person, or the booking", l.Person, err)
		}
	}
	return want
}
