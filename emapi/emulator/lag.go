package emulator

import "time"

// Nodes of a cluster behind a load balancer do not know of a change at once:
// the database is replicated, and a query may meet a node that lags behind.

// behind returns the cluster that answers the next query: the one of now, or, for
// every query or every n-th by [Options.Lag] and [Options.LagEvery], that of a
// node which does not know the last sessions yet.
func (e *Emulator) behind(o Options, now time.Time) *cluster {
	if o.Lag <= 0 {
		return &e.cluster
	}
	e.asked++
	if o.LagEvery > 1 && e.asked%o.LagEvery != 0 {
		return &e.cluster
	}
	return e.cluster.asOf(now.Add(-o.Lag))
}

// asOf is the cluster with the sessions of an earlier instant. Phones, users and
// their settings are those of now.
func (c *cluster) asOf(then time.Time) *cluster {
	past := &cluster{devices: make(map[string]*Phone, len(c.devices)), users: make(map[string]*account, len(c.users))}
	for name, d := range c.devices {
		phone := *d
		past.devices[name] = &phone
	}
	n := len(c.events)
	touched := make(map[*Phone]bool)
	for ; n > 0 && c.events[n-1].At.After(then); n-- {
		e := c.events[n-1]
		d := past.devices[fold(e.Device)]
		if d == nil {
			continue
		}
		touched[d], d.Session = true, nil
		if e.Kind == Logout { // a user of no account is a visitor
			d.Session = &Session{Device: e.Device, User: e.User, Visitor: c.users[fold(e.User)] == nil}
		}
	}
	for d := range touched {
		d.LastUser = lastUser(c.events[:n], d.Device)
	}
	for id, u := range c.users {
		past.users[id] = &account{User: u.User}
	}
	for _, d := range past.phones() {
		if d.Session == nil {
			continue
		}
		if u := past.users[fold(d.Session.User)]; u != nil {
			u.at = append(u.at, d)
		}
	}
	return past
}

// lastUser is whose session on a device ended last by these events.
func lastUser(events []Event, device string) string {
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.Kind == Logout && fold(e.Device) == fold(device) {
			return e.User
		}
	}
	return ""
}
