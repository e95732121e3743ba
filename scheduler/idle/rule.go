package idle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Rule says whose session ends.
type Rule struct {
	After time.Duration // nobody has touched the phone for so long
	Lead  time.Duration // so long before their booking begins a person is logged in
}

// Recent is how old what a phone has told is at most when its session ends: someone who has pressed
// a key since is still unknown to deskd. Soon is when a round looks whether the phone has told
// more by then.
const (
	Recent = 45 * time.Second
	soon   = 10 * time.Second
)

// FreshFor is how long an answer of a phone counts that no stream runs there.
const FreshFor = 30 * time.Second

// Early is how long before their booking someone who came early keeps their session, at least.
const Early = 15 * time.Minute

// Scene is what a round knows of phones.
type Scene struct {
	Rests   []Rest
	Seen    map[string]plan.Observation // by device
	Want    []plan.Login
	Planned []plan.Step
	// Wait is the instant before which a step that was refused is not sent again; see
	// [plan.History.Wait].
	Wait func(plan.Step) (time.Time, string)
}

// Verdict is what follows from a scene.
type Verdict struct {
	Steps []plan.Step // those that were planned, with the logouts of phones that rest
	Ask   []string    // the devices that have to be asked whether a stream runs
	Next  time.Time   // when there may be more to decide, if nothing else happens; zero: never
}

// Judge decides on the phones that rest:
//
//	seen at the phone                            | decided
//	---------------------------------------------+------------------------------------------
//	nobody, not known, in doubt, a visitor       | nothing
//	someone within their booking, or near it     | nothing
//	someone where it is not known who has booked | nothing
//	anyone, touched within After                 | nothing yet
//	anyone who may have touched it just now      | nothing before the phone says that it rests
//	anyone else                                  | is there a stream? no: logout; not known: ask
//
// A logout that waits for its grace comes forward; what else is planned for a phone stays.
func (u Rule) Judge(s Scene, now time.Time) Verdict {
	v := Verdict{Steps: s.Planned}
	for _, r := range s.Rests {
		h := s.Seen[r.Device]
		out, ends := u.ends(s, r, h, now)
		if !ends {
			continue
		}
		if at := u.due(r, h); at.After(r.At) || now.Sub(r.At) > Recent {
			v.wake(reservations.Latest(at, now.Add(soon)))
			continue
		}
		if at, _ := s.Wait(out); at.After(now) {
			v.wake(at)
			continue
		}
		if now.Sub(r.Still).Abs() > FreshFor {
			v.Ask = append(v.Ask, r.Device)
			continue
		}
		v.Steps = with(v.Steps, out)
	}
	return v
}

// Coming is when sessions end at phones that rest, by device, if nobody touches these and no
// stream runs there.
func (u Rule) Coming(s Scene, now time.Time) map[string]time.Time {
	all := make(map[string]time.Time)
	for _, r := range s.Rests {
		h := s.Seen[r.Device]
		if _, ends := u.ends(s, r, h, now); ends {
			all[r.Device] = u.due(r, h)
		}
	}
	return all
}

func (v *Verdict) wake(at time.Time) {
	if v.Next.IsZero() || at.Before(v.Next) {
		v.Next = at
	}
}

// due is when the session of a phone that rests may end: by then, neither the rest nor the
// session is young, as the phone has to say once more.
func (u Rule) due(r Rest, h plan.Observation) time.Time {
	return reservations.Latest(r.Since, h.Since).Add(u.After)
}

// ends is the logout of a session that ends if nobody touches the phone, and whether it does.
func (u Rule) ends(s Scene, r Rest, h plan.Observation, now time.Time) (plan.Step, bool) {
	settled := h.Known && h.Exists && h.Doubt == "" && h.Person != "" && !h.Visitor && !h.Spared
	if !settled || !r.Rests(now) || u.booked(s.Want, h, now) {
		return plan.Step{}, false
	}
	out := plan.Step{
		Op:    plan.OpLogout,
		Login: plan.Login{Desk: h.Desk, Device: h.Device, Person: h.Person, Reservation: h.Reservation},
		Cause: plan.CauseIdle, Due: now, NotBefore: now,
		Why: fmt.Sprintf("%s is on the phone outside any booking of theirs, and nobody has touched it since %s (phones.idle_logout)",
			h.Person, reservations.Latest(r.Since, h.Since).UTC().Format(time.RFC3339)),
	}
	for _, p := range s.Planned {
		if p.Device == h.Device && !waits(p, now) {
			return out, false
		}
	}
	return out, true
}

// booked reports whether the person on a phone has booked its desk, or may have.
func (u Rule) booked(want []plan.Login, h plan.Observation, now time.Time) bool {
	return slices.ContainsFunc(want, func(l plan.Login) bool {
		if l.Device != h.Device || !l.Until.After(now) {
			return false
		}
		if reservations.SamePerson(l.Person, h.Person) {
			return !l.From.After(now.Add(max(u.Lead, Early)))
		}
		unclear := l.Person == "" || l.Doubt != "" || l.Orphan != ""
		return unclear && !l.From.After(now)
	})
}

// waits reports whether a step at a phone does nothing yet, so that its session may end
// before: it is a login, or the logout after a grace.
func waits(s plan.Step, now time.Time) bool {
	switch s.Op {
	case plan.OpLogin:
		return s.NotBefore.After(now)
	case plan.OpLogout:
		return s.NotBefore.After(now) && s.Cause == plan.CauseEnd
	}
	return false
}

// with is what was planned, with a logout: in place of the one that waits at the phone, else
// behind the other logouts.
func with(planned []plan.Step, out plan.Step) []plan.Step {
	planned = slices.Clone(planned)
	at := slices.IndexFunc(planned, func(s plan.Step) bool { return s.Device == out.Device })
	switch {
	case at >= 0 && planned[at].Op == plan.OpLogout:
		planned[at] = out
		return planned
	case at < 0:
		if at = slices.IndexFunc(planned, func(s plan.Step) bool { return s.Op == plan.OpHold }); at < 0 {
			at = len(planned)
		}
	}
	return slices.Insert(planned, at, out)
}

// Of sorts rests by device.
func Of(rests []Rest) []Rest {
	slices.SortFunc(rests, func(a, b Rest) int { return strings.Compare(a.Device, b.Device) })
	return rests
}
