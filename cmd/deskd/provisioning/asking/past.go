package asking

import (
	"context"
	"strings"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/provisioning"
	"deskd/emapi"
	"deskd/scheduler/callhistory"
	told "deskd/scheduler/notices"
	"deskd/scheduler/plan"
	"deskd/store/notices"
	"deskd/store/phones"
)

// lately is how far back pushes and logins tell how a phone is set up.
const lately = 14 * 24 * time.Hour

// past is what is known without asking: of phones what was told, by cluster and device, and what
// has become of pushes and logins, by device.
type past struct {
	phones map[[2]string]phones.Phone
	pushed map[string]provisioning.Pushed
	logins map[string]provisioning.Login
}

// readPast reads what has become of pushes and logins lately.
func readPast(ctx context.Context, p *daemon.Parts) (past, error) {
	all := past{make(map[[2]string]phones.Phone), make(map[string]provisioning.Pushed), make(map[string]provisioning.Login)}
	from := p.Clock.Now().Add(-lately)
	if err := p.Store.EachAttempt(ctx, from, all.attempt); err != nil {
		return past{}, err
	}
	noticed, err := p.Store.PhoneNotices().List(ctx, notices.Filter{From: from})
	for _, n := range noticed {
		if n.Outcome == told.Sent || n.Outcome == told.Refused {
			all.push(n.Device, n.Ended, n.Outcome == told.Refused)
		}
	}
	return all, err
}

// attempt takes in one of the journal, the oldest first.
func (p *past) attempt(a plan.Attempt) {
	switch {
	case a.CallList == string(callhistory.Cleared):
		p.push(a.Device, a.Ended, false)
	case strings.HasPrefix(a.CallList, string(callhistory.Refused)):
		p.push(a.Device, a.Ended, true)
	}
	off := a.Outcome == plan.Refused && emapi.Code(a.Code) == emapi.CodeEMDisabled
	if done := a.Outcome == plan.Done; a.Op == plan.OpLogin && (done || off) {
		p.logins[a.Device] = provisioning.Login{At: a.Began, Off: off, Done: done}
	}
}

func (p *past) push(device string, at time.Time, refused bool) {
	if !at.Before(p.pushed[device].At) {
		p.pushed[device] = provisioning.Pushed{At: at, Refused: refused}
	}
}
