package plan

// Input is what is compared.
type Input struct {
	Want     []Login
	Observed []Observation // one for each device
	History  History
	Facts    Facts
	Service  Service
	// UnderWay are the devices that a step is sent to.
	UnderWay map[string]bool
	// Away says of people, by [reservations.PersonKey], where they are logged in on
	// whose account a login was refused, or not sent.
	Away map[string]Away
}

// Away is where a person is logged in.
type Away struct {
	On    []string // devices
	Doubt string   // why the phone system has not said it; empty when it has
}

// move turns the logins of people who are logged in elsewhere into moves, or holds.
func (p *Planner) move(steps []Step, r Round) []Step {
	if len(r.Away) == 0 {
		return steps
	}
	var moved []Step
	for _, s := range steps {
		switch at, ok := r.Away[s.PersonKey()]; {
		case !ok || s.Op != OpLogin:
			moved = append(moved, s)
		case at.Doubt != "" && s.Unattested != "":
			moved = append(moved, hold(s.Login, CauseElsewhere, s.unasked(at.Doubt))...)
		default:
			c := relocate(s, p.around(s, at.On, r.Now), p.policy, r.Now)
			var waits []wait
			for _, out := range c[:len(c)-1] {
				until, why := p.past.Wait(out)
				waits = append(waits, wait{until, why})
			}
			delay(c, waits)
			moved = append(moved, c...)
		}
	}
	return moved
}
