package scheduler

import (
	"fmt"
	"strings"
	"time"

	"deskd/scheduler/plan"
)

// A session of deskd's ends because its booking has ended, or because of what has
// become of the booking, its desk or its person. A plan knows only that nobody is
// wanted there any more; what happened is in the rows and the audit, which are
// asked for anyway when a session would end early.

// giveReasons says of the logouts among the steps what has become of the bookings their
// sessions were begun for.
func (r *Reconciler) giveReasons(planned []plan.Step, now time.Time) []plan.Step {
	early := make(map[string]plan.EarlyLogout, len(r.logouts.early)) // by device
	for _, e := range r.logouts.early {
		early[e.Device] = e
	}
	for i, s := range planned {
		if s.Op != plan.OpLogout || s.Cause != plan.CauseEnd && s.Cause != plan.CauseHandover {
			continue
		}
		ended := fmt.Sprintf("%s's booking has ended", s.Person)
		rest, ok := strings.CutPrefix(s.Why, ended)
		if !ok {
			continue
		}
		if e, cut := early[s.Device]; cut {
			ended = r.logouts.fates[e.Session].Because(e, now)
		} else if _, known := r.history.Session(s.Login); !known {
			ended = fmt.Sprintf("%s has no booking of this phone now", s.Person) // of which booking the session was is not known
		}
		planned[i].Why = ended + rest
	}
	return planned
}
