package plan

import (
	"cmp"
	"slices"
	"time"
)

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

// wantedByDevice are the logins that should be on each device, in their order.
func (in Input) wantedByDevice() map[string][]Login {
	want := in.Want
	byDevice := func(a, b Login) int { return cmp.Compare(a.Device, b.Device) }
	if !slices.IsSortedFunc(want, byDevice) {
		want = slices.Clone(want)
		slices.SortStableFunc(want, byDevice)
	}
	groups, from := make(map[string][]Login, len(want)), 0
	for i, l := range want {
		if i+1 == len(want) || want[i+1].Device != l.Device {
			groups[l.Device] = want[from : i+1 : i+1]
			from = i + 1
		}
	}
	return groups
}

// Away is where a person is logged in.
type Away struct {
	On    []string // devices
	Doubt string   // why the phone system has not said it; empty when it has
}

// move turns the logins of people who are logged in elsewhere into moves, or holds.
func (in Input) move(steps []Step, seen map[string]Observation, p Policy, now time.Time) []Step {
	if len(in.Away) == 0 {
		return steps
	}
	var moved []Step
	for _, s := range steps {
		switch at, ok := in.Away[s.PersonKey()]; {
		case !ok || s.Op != OpLogin:
			moved = append(moved, s)
		case at.Doubt != "" && s.Unattested != "":
			moved = append(moved, hold(s.Login, CauseElsewhere, s.unasked(at.Doubt))...)
		default:
			c := relocate(s, in.around(s, at.On, seen, now), p, now)
			delay(c[:len(c)-1], in.History)
			moved = append(moved, c...)
		}
	}
	return moved
}
