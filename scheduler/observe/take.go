package observe

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Take takes in an attempt that has ended.
func (p *Phones) Take(a plan.Attempt) {
	p.here[a.Device] = true
	if h, managed := p.Seen[a.Device]; managed {
		p.Show(a.Leaves(h))
	}
	p.noteProof(a)
	delete(p.Doubted, a.Device)
	if a.Outcome != plan.Unknown { // an unknown outcome is noted once it is resolved
		p.Note(a)
	}
	p.Unit.Forget(a.Device)
	switch {
	case a.Outcome == plan.Done:
		p.noteOutrun(a)
		p.Unproved[a.Device] = a
		p.LookAt(a.Device, a.Ended.Add(plan.LookAfter))
		if a.Op == plan.OpLogin {
			p.Outage.Back(a.Device)
			p.Unit.Begin(a)
			p.lookAtOthers(a)
		}
	case a.Outcome == plan.Unknown:
		p.Open[a.Device] = append(p.Open[a.Device], a)
		p.LookAt(a.Device, a.Ended.Add(plan.LookAfter))
	case a.Outcome == plan.Refused && a.Class.Looks():
		if _, late := p.late[a.Device]; a.Class == plan.ClassOccupied && !late {
			p.Proofs.Refute(a.Device)
		}
		p.LookAt(a.Device, a.Ended)
	}
}

// lookAtOthers sets a look at the other phones of a person who was logged in: the
// phone system may have ended the sessions there, however they began.
func (p *Phones) lookAtOthers(a plan.Attempt) {
	for _, device := range p.others(a) {
		p.LookAt(device, a.Ended.Add(plan.LookAfter))
	}
}

// abandonAfter is how long after the end of its session the outcome of an
// attempt is still asked for. By then the session has ended by its own time,
// and a person who is on the phone came by themselves.
const abandonAfter = 24 * time.Hour

// Abandon closes the attempts at phones that have not answered, once their outcome would
// change nothing any more.
func (p *Phones) Abandon(ctx context.Context, now time.Time) error {
	for _, device := range p.Devices {
		for len(p.Open[device]) > 0 && !p.Seen[device].Known {
			a := p.Open[device][0]
			if reservations.Latest(a.Began, a.SessionEnd()).Add(abandonAfter).After(now) {
				break
			}
			a = a.GiveUp("the phone system says nothing about this phone, and a session would have ended since", now)
			if err := p.Journal.Finish(ctx, a); err != nil {
				return fmt.Errorf("abandon an attempt at %s: %w", device, err)
			}
			p.Note(a)
			p.Open[device] = p.Open[device][1:]
			p.Report(a)
		}
		if len(p.Open[device]) == 0 {
			delete(p.Open, device)
		}
	}
	return nil
}
