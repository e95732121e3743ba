package view

import (
	"context"
	"deskd/scheduler/guard"
	"fmt"
	"time"

	"deskd/scheduler/plan"
)

// Cluster is what is remembered of a configured cluster. Nothing is of one that was
// never asked.
type Cluster struct {
	guard.ClusterState
	Pause *guard.Pause `json:"paused,omitempty"` // nil when nobody has paused it
	Held  int          `json:"held,omitempty"`   // logouts that wait for a person

	Name string `json:"-"`
	// Waiting are the held logouts.
	Waiting plan.HeldLogouts `json:"-"`
	// Doubtful says that the unit of its sessions looks wrong.
	Doubtful bool `json:"-"`
}

// ListClusters is what is remembered of the configured clusters at now, in their
// order.
func (m *Model) ListClusters(ctx context.Context, now time.Time) ([]Cluster, error) {
	all := []Cluster{}
	for _, c := range m.Clusters {
		s, err := m.Records.ClusterState(ctx, c.Name)
		if err != nil {
			return nil, err
		}
		p, err := m.Records.Pause(ctx, c.Name)
		if err != nil {
			return nil, err
		}
		held, err := m.Records.HeldLogouts(ctx, c.Name)
		if err != nil {
			return nil, err
		}
		listed := Cluster{ClusterState: s, Name: c.Name, Waiting: held.Waiting(now), Doubtful: s.Doubts(c.Duration)}
		listed.Held = len(listed.Waiting)
		if p.On() {
			listed.Pause = &p
		}
		all = append(all, listed)
	}
	return all, nil
}

// LogoutsHeld says in words that logouts of a cluster wait for a person.
func LogoutsHeld(cluster string, waiting plan.HeldLogouts) string {
	return fmt.Sprintf("many bookings were cut short at once, and %s: deskd logouts show %s", count(len(waiting), "logout is held", "logouts are held"), cluster)
}

// count is n with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
