package observe

import (
	"deskd/reservations"
	"deskd/scheduler/plan"
)

// met is on which devices each person may be: it tells those that an attempt of theirs
// concerns from all the others of a house. It may name more, and leaves none out.
type met map[string]map[string]bool // by the person's key

// note takes in that a person is on a device, or is to be.
func (m met) note(person, device string) {
	if person == "" {
		return
	}
	key := reservations.PersonKey(person)
	if m[key] == nil {
		m[key] = make(map[string]bool)
	}
	m[key][device] = true
}

// of is on which devices a person may be.
func (m met) of(person string) map[string]bool { return m[reservations.PersonKey(person)] }

// others are the other phones that show a's person. Those on which nothing of them is left
// are not looked at again.
func (p *Phones) others(a plan.Attempt) []string {
	var devices []string
	may := p.met.of(a.Person)
	for device := range may {
		_, proved := p.Proofs[device]
		switch shown := reservations.SamePerson(p.Seen[device].Person, a.Person); {
		case device == a.Device:
		case shown:
			devices = append(devices, device)
		case !proved:
			delete(may, device)
		}
	}
	return devices
}
