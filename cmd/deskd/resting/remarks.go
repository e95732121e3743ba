package resting

import (
	"context"
	"time"

	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler/idle"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/web/view"
)

// Source is what is remarked upon.
type Source struct {
	Config configs.Config
	Store  *store.Store
}

// Remarks are when people are logged out at phones that nobody touches, of one desk or of all if
// it is empty. Of people within their booking nothing is told: who touches their phone when is
// nobody's business.
func (src Source) Remarks(ctx context.Context, desk string, at time.Time) ([]view.Remark, error) {
	rule := ruleOf(src.Config)
	if rule.After <= 0 {
		return nil, nil
	}
	resting, err := src.Store.Phones().Resting(ctx, at.Add(-idle.Gap))
	if err != nil || len(resting) == 0 {
		return nil, err
	}
	s, desks, err := sceneOf(ctx, src.Store, desk, reservations.Span{Start: at, End: at.Add(max(rule.Lead, idle.Early) + time.Second)})
	for _, p := range resting {
		s.Rests = append(s.Rests, restOf(p))
	}
	var all []view.Remark
	for device, due := range rule.Coming(s, at) {
		if d, meant := desks[device]; meant {
			all = append(all, view.Remark{Desk: d.ID, Before: "logged out at", At: reservations.Latest(due, at), After: "unless someone touches the phone (phones.idle_logout)"})
		}
	}
	return all, err
}

// sceneOf is who was seen on phones, and what is booked in a span; and the desks that are meant
// by their phones.
func sceneOf(ctx context.Context, st *store.Store, desk string, around reservations.Span) (s idle.Scene, meant map[string]reservations.Desk, err error) {
	desks, err := st.Desks(ctx)
	if err != nil {
		return s, nil, err
	}
	seen, err := st.Seen(ctx)
	if err != nil {
		return s, nil, err
	}
	booked, err := st.Reservations(ctx, around)
	devices := make(map[string]string)
	meant, s.Seen = make(map[string]reservations.Desk), make(map[string]plan.Observation)
	for _, d := range desks {
		if devices[d.ID] = d.Device; desk == "" || d.ID == desk {
			meant[d.Device] = d
		}
	}
	for _, h := range seen {
		s.Seen[h.Device] = h
	}
	for _, r := range booked {
		s.Want = append(s.Want, plan.Login{Desk: r.Desk, Device: devices[r.Desk], Person: r.Person, From: r.Start, Until: r.End})
	}
	return s, meant, err
}
