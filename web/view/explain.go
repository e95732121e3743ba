package view

import (
	"context"
	"deskd/scheduler/guard"
	"time"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// Explanation is the chain from feed line to result for one desk.
type Explanation struct {
	At           time.Time                  `json:"at"`
	Desk         reservations.Desk          `json:"desk"`
	Reservations []reservations.Reservation `json:"reservations"` // around At, also those that do not count
	Invalid      []reservations.Invalid     `json:"invalid,omitempty"`
	Remarks      []Remark                   `json:"remarks,omitempty"`
	Wanted       []plan.Login               `json:"wanted"`
	Seen         plan.Observation           `json:"seen"`
	Ends         time.Time                  `json:"ends,omitzero"` // when deskd's session on the phone ends by itself
	Steps        []plan.Step                `json:"steps"`
	Pause        *guard.Pause               `json:"paused,omitempty"`  // of the desk's cluster; nil when it is not paused
	Refused      *guard.ClusterState        `json:"refused,omitempty"` // of the desk's cluster; nil when it accepts deskd
	Clock        string                     `json:"clock,omitempty"`   // why the clock is in doubt, and what waits for that
	Attempts     []plan.Attempt             `json:"attempts"`          // newest first, the newest of those around At
	Earlier      bool                       `json:"earlier,omitempty"` // there are earlier ones than Attempts
	// Past says that At is one: then everything is as of that instant, Steps are
	// none, Attempts are those before it, and Followed those after, oldest first.
	Past     bool              `json:"past,omitempty"`
	Followed []plan.Attempt    `json:"followed,omitempty"`
	Later    bool              `json:"later,omitempty"`     // there are later ones than Followed
	Since    map[string]string `json:"since,omitempty"`     // by reservation: what has become of it
	NotKnown []string          `json:"not_known,omitempty"` // in words
}

// ExplainAround is how far around the instant reservations are shown.
const ExplainAround = 12 * time.Hour

// Explain explains a desk as of at: as a round would see it, or, for an instant of the
// past, by what audit, observations and journal tell of it.
func (m *Model) Explain(ctx context.Context, d reservations.Desk, at time.Time) (Explanation, error) {
	if at.Before(m.Now().Add(-presentFor)) {
		return m.ExplainThen(ctx, d, at)
	}
	e := Explanation{At: at.UTC(), Desk: d, Wanted: []plan.Login{}, Steps: []plan.Step{}}
	around := reservations.Span{Start: at.Add(-ExplainAround), End: at.Add(ExplainAround)}
	var err error
	e.Reservations, err = m.Records.ListReservations(ctx, reservations.Filter{Span: around, Desk: d.ID, IncludeCancelled: true})
	if err != nil {
		return e, err
	}
	invalid, err := m.Records.InvalidRows(ctx, around)
	if err != nil {
		return e, err
	}
	for _, row := range invalid {
		if row.Desk == d.ID {
			e.Invalid = append(e.Invalid, row)
		}
	}
	for _, c := range m.Clusters {
		if c.Name != d.Cluster {
			continue
		}
		if err := m.explainCluster(ctx, c.Name, &e); err != nil {
			return e, err
		}
	}
	if e.Remarks, err = m.remarks(ctx, d.ID, at); err != nil {
		return e, err
	}
	undriven, err := m.UndrivenSteps(ctx, d.ID, at)
	if err != nil {
		return e, err
	}
	e.Steps = append(e.Steps, undriven...)
	e.Attempts, e.Earlier, err = m.firstAttempts(ctx, plan.AttemptFilter{Desk: d.ID, Since: around.Start})
	return e, err
}

// explainCluster adds what a round of the desk's cluster would do, and what keeps
// it from that.
func (m *Model) explainCluster(ctx context.Context, cluster string, e *Explanation) error {
	p, err := m.Preview(ctx, cluster, e.At)
	if err != nil {
		return err
	}
	e.keep(p)
	e.Clock = p.Clock
	pause, err := m.Records.Pause(ctx, cluster)
	if err != nil {
		return err
	}
	if pause.On() {
		e.Pause = &pause
	}
	state, err := m.Records.ClusterState(ctx, cluster)
	if err != nil {
		return err
	}
	if state.Open() {
		e.Refused = &state
	}
	return nil
}

// keep takes the desk's part of a preview.
func (e *Explanation) keep(p scheduler.Preview) {
	for _, l := range p.Want {
		if l.Desk == e.Desk.ID {
			e.Wanted = append(e.Wanted, l)
		}
	}
	for _, h := range p.Observed {
		if h.Desk == e.Desk.ID {
			e.Seen, e.Ends = h, p.Ends[h.Device]
		}
	}
	for _, s := range p.Steps {
		if s.Desk == e.Desk.ID {
			e.Steps = append(e.Steps, s)
		}
	}
}
