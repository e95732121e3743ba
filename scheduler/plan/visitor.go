package plan

import "fmt"

// visited is the hold of a booking whose phone a person of another cluster is on
// (cross-cluster Extension Mobility). That cluster runs the session, so no policy
// ends it.
func (s scene) visited(l Login) chain {
	return hold(l, CauseStranger, fmt.Sprintf("%s of another cluster is on the phone (cross-cluster Extension Mobility), whom deskd never logs out: "+
		"the desk's booking begins when they have gone", s.Person))
}

// visiting is what there is to do about a visitor on a desk nobody has booked:
// nothing, and to say so where walk-ups are ended.
func (s scene) visiting(p Policy) chain {
	if p.Walkups != WalkupsEnd {
		return nil
	}
	return hold(Login{Desk: s.Desk, Device: s.Device, Person: s.Person}, CauseWalkup,
		fmt.Sprintf("%s of another cluster is on the phone (cross-cluster Extension Mobility): walkups: end does not concern them", s.Person))
}
