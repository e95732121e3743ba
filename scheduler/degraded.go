package scheduler

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"deskd/reservations"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// What a cluster lacks is told once when it begins and once when it is over, and
// shown all the while. The alarms with rules of their own have their own files.

// lacks is what the log was last told.
type lacks struct {
	trust   bool              // what answers does not prove to be the phone system
	nodes   []phones.NodeDown // others stand in for them
	devices []string          // desks whose phone the phone system does not know
	answers []string          // desks about whose phone it says nothing
	pace    bool              // more is due than the rate lets through
	tries   []string          // desks at whose phone tries have come to nothing, again and again
}

// noteSilence says that the phone system does not answer, as an error where
// waiting does not fix it.
func (r *Reconciler) noteSilence(err error) {
	distrusted := errors.Is(err, phones.ErrDistrusted)
	switch {
	case distrusted && !r.lacks.trust:
		r.Log.Error("phone system is not trusted: its phones are held until its certificate, or what deskd knows of it, is corrected",
			"cluster", r.Cluster, "err", err)
	case !distrusted && (r.failures == 1 || r.lacks.trust):
		r.Log.Warn("phone system does not answer: its phones are held", "cluster", r.Cluster, "err", err)
	}
	r.lacks.trust = distrusted
}

// noteNodes says which nodes requests have to pass by. While none answers, the
// silence of the whole says more.
func (r *Reconciler) noteNodes() {
	if r.failures > 0 || !r.halted.IsZero() {
		return
	}
	among := func(all []phones.NodeDown, host string) bool {
		return slices.ContainsFunc(all, func(n phones.NodeDown) bool { return n.Host == host })
	}
	before, now := r.lacks.nodes, r.Access.Down()
	for _, n := range now {
		if !among(before, n.Host) {
			r.Log.Warn("node does not answer: others stand in for it", "cluster", r.Cluster, "node", n.Host, "err", n.Cause)
		}
	}
	for _, n := range before {
		if !among(now, n.Host) {
			r.Log.Info("node is not passed by any more", "cluster", r.Cluster, "node", n.Host)
		}
	}
	r.lacks.nodes = now
}

// openFor is how long the outcome of an attempt may be asked for before its
// phone counts as one that does not answer.
const openFor = 10 * time.Minute

// census says, after a sweep, which desks' phones are not there to be driven.
func (r *Reconciler) census(now time.Time) {
	var devices, answers []string
	for _, d := range r.world.Desks {
		h := r.seen[d.Device]
		_, again := r.outage.asked[d.Device]
		recent := slices.ContainsFunc(r.open[d.Device], func(a plan.Attempt) bool { return now.Sub(a.Began) < openFor })
		switch {
		case h.Known && !h.Exists:
			devices = append(devices, d.ID)
		case !h.Known && !again && !recent:
			answers = append(answers, d.ID)
		}
	}
	before := r.lacks
	r.lacks.devices, r.lacks.answers = devices, answers
	switch {
	case len(devices) > 0 && !slices.Equal(devices, before.devices):
		r.Log.Error("phone system does not know the phones of these desks: correct their device names, or add the phones to it",
			"cluster", r.Cluster, "desks", devices)
	case len(devices) == 0 && len(before.devices) > 0:
		r.Log.Info("phone system knows every desk's phone", "cluster", r.Cluster)
	}
	switch {
	case len(answers) > 0 && len(before.answers) == 0:
		r.Log.Warn("phone system says nothing about the phones of these desks", "cluster", r.Cluster, "desks", answers)
	case len(answers) == 0 && len(before.answers) > 0:
		r.Log.Info("phone system says something about every desk's phone", "cluster", r.Cluster)
	}
}

// futile is how many tries in a row have to come to nothing at a phone before that
// is a state: the fourth waits for a quarter of an hour.
const futile = 3

// noteFutile says at which desks' phones logins or logouts come to nothing again
// and again. Of a cluster that does not answer, that is said.
func (r *Reconciler) noteFutile(planned []plan.Step) {
	if r.failures > 0 || !r.halted.IsZero() {
		return
	}
	desks := make(map[string]bool)
	for _, s := range planned {
		if s.Op != plan.OpHold && r.history.Failures(s) >= futile {
			desks[cmp.Or(s.Desk, s.Device)] = true
		}
	}
	before := r.lacks.tries
	for _, d := range r.world.Desks { // the next try is under way, or was answered and nothing is seen of it yet
		_, unproved := r.unproved[d.Device]
		if slices.Contains(before, d.ID) && (unproved || r.busy.devices[d.Device] || len(r.open[d.Device]) > 0) {
			desks[d.ID] = true
		}
	}
	r.lacks.tries = slices.Sorted(maps.Keys(desks))
	switch {
	case len(desks) > 0 && len(before) == 0:
		r.Log.Error("logins or logouts have come to nothing three times in a row at the phones of these desks: deskd explain says why",
			"cluster", r.Cluster, "desks", r.lacks.tries)
	case len(desks) == 0 && len(before) > 0:
		r.Log.Info("no phone of a desk fails again and again any more", "cluster", r.Cluster)
	}
}

// without counts the desks whose booking has begun a minute ago at least, and
// whose phone shows nobody, or somebody else. Of one that has not answered nothing
// is known.
func (r *Reconciler) without(want []plan.Login, now time.Time) int {
	n := 0
	for _, l := range want {
		h := r.seen[l.Device]
		if l.Person != "" && h.Known && h.Exists && !l.From.After(now.Add(-plan.StartingFor)) && l.Until.After(now) &&
			!reservations.SamePerson(h.Person, l.Person) {
			n++
		}
	}
	return n
}

// notePace says that more logins and logouts are due than go out within a
// minute, and that none waits any more. While nothing is sent at all, that is
// what is said.
func (r *Reconciler) notePace(waiting int, now time.Time) {
	most := r.Policy.Pace.PerMinute
	if most <= 0 || r.pause.On() || now.Before(r.silentUntil()) {
		return
	}
	switch {
	case waiting > most && !r.lacks.pace:
		r.lacks.pace = true
		r.Log.Warn("more logins and logouts are due than may be sent within a minute: they are late", "cluster", r.Cluster,
			"waiting", waiting, "max_per_minute", most)
	case waiting == 0 && r.lacks.pace:
		r.lacks.pace = false
		r.Log.Info("logins and logouts are on time again", "cluster", r.Cluster)
	}
}
