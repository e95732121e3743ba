package plan

// news are the devices of which a history has noted something that a [Planner] has not
// taken in yet.
type news struct {
	devices map[string]bool
	all     bool
}

func newNews() *news { return &news{devices: make(map[string]bool)} }

func (n *news) of(device string) { n.devices[device] = true }

// take returns the news, and forgets them.
func (n *news) take() (devices map[string]bool, all bool) {
	devices, all = n.devices, n.all
	n.devices, n.all = make(map[string]bool), false
	return devices, all
}
