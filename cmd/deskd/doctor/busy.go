package doctor

import (
	"context"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/configs"
	"deskd/scheduler/permits"
	"deskd/scheduler/plan"
)

// looksBack is how many of the newest requests tell whether the phone system is busy.
const looksBack = 2000

// busy says that the phone system was too busy for requests of the daemon's, and so for
// people who pressed the keys of their phones: by the journal, for no question tells.
func (d *doctor) busy(ctx context.Context, what string, c configs.Cluster) {
	if d.Store == nil {
		return
	}
	sent, err := d.Store.Sent(ctx, c.Name, looksBack)
	if err != nil {
		d.wrong(what, "", "%v", err)
		return
	}
	refused, last := 0, time.Time{}
	for _, a := range sent {
		if a.Class == plan.ClassBusy {
			refused++
			if a.Began.After(last) {
				last = a.Began
			}
		}
	}
	if refused == 0 {
		return
	}
	p := permits.New(c.MaxConcurrent)
	p.Resume(sent, nil, d.Clock.Now())
	d.odd(what, "lower max_concurrent, or raise Maximum Concurrent Requests of the phone system",
		"it was too busy for %d of the newest %d logins and logouts, at %s for the last of them: deskd sends %d at once, of the %d that it may",
		refused, len(sent), console.ShortTime(last, d.View.Zone(""), d.Clock.Now()), p.Pace(plan.Pace{}).Concurrent, c.MaxConcurrent)
}
