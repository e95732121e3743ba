package view

import (
	"context"
	"time"

	"deskd/scheduler/plan"
)

// HeldLogouts are the logouts of a cluster that are held since many bookings were cut
// short at once.
type HeldLogouts struct {
	Cluster string       `json:"cluster"`
	Change  string       `json:"change,omitempty"` // their number, empty when none is held
	Since   time.Time    `json:"since,omitzero"`
	Logouts []HeldLogout `json:"logouts"`
	// Waiting says that nobody has let them go out yet.
	Waiting bool `json:"-"`
}

// HeldLogout is a held logout with what has become of the booking.
type HeldLogout struct {
	plan.HeldLogout
	plan.Fate
}

// ListHeldLogouts are the logouts that wait at now in the named clusters.
func (m *Model) ListHeldLogouts(ctx context.Context, clusters []string, now time.Time) ([]HeldLogouts, error) {
	var all []HeldLogouts
	for _, c := range clusters {
		kept, err := m.Records.HeldLogouts(ctx, c)
		if err != nil {
			return nil, err
		}
		held, err := m.HeldLogouts(ctx, c, kept.Waiting(now), now)
		if err != nil {
			return nil, err
		}
		all = append(all, held)
	}
	return all, nil
}

// HeldLogouts adds to the held logouts of a cluster what has become of each booking
// by now.
func (m *Model) HeldLogouts(ctx context.Context, cluster string, logouts plan.HeldLogouts, now time.Time) (HeldLogouts, error) {
	held := HeldLogouts{Cluster: cluster, Logouts: []HeldLogout{}}
	if len(logouts) == 0 {
		return held, nil
	}
	held.Change, held.Since, held.Waiting = logouts.ID(), logouts.Since(), logouts[0].Released.IsZero()
	early := make([]plan.EarlyLogout, len(logouts))
	for i, e := range logouts {
		early[i] = e.EarlyLogout
	}
	fates, err := m.Records.Fates(ctx, early, now)
	if err != nil {
		return held, err
	}
	for i, e := range logouts {
		held.Logouts = append(held.Logouts, HeldLogout{e, fates[i]})
	}
	return held, nil
}
