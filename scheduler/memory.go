package scheduler

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"

	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
)

// memory keeps what deskd remembers of a cluster beyond a restart: the states of its
// circuit, of the doubt about its unit, and of its clock.
type memory struct {
	states  States
	cluster string
	log     *slog.Logger
	circuit *guard.Circuit
	unit    *guard.Unit
	trust   *clock.Trust
	clocks  clock.Clocks // as they were last read or written
	unsaved bool         // what is remembered could not be written
}

// read reads what is remembered, and takes in what is known of the clock.
func (m *memory) read(ctx context.Context) (guard.ClusterState, error) {
	s, err := m.states.ClusterState(ctx, m.cluster)
	if err != nil {
		return s, fmt.Errorf("read state of the cluster: %w", err)
	}
	return s, nil
}

// state is what there is to remember.
func (m *memory) state() guard.ClusterState {
	return guard.ClusterState{Cluster: m.cluster, Refusals: m.circuit.Refusals, UnitDoubt: m.unit.UnitDoubt, Clocks: m.clocks}
}

// keep writes down how the cluster stands. A database that cannot be written shows in
// the rounds; circuit and unit work without.
func (m *memory) keep(ctx context.Context) {
	err := m.states.SaveClusterState(context.WithoutCancel(ctx), m.state())
	if err != nil {
		m.log.Error("record state of the cluster", "err", err)
	}
	m.unsaved = err != nil
}

// keepIf does so if that has changed.
func (m *memory) keepIf(ctx context.Context, changed bool) {
	if changed {
		m.keep(ctx)
	}
}

// keepClock writes down what is remembered of the clock, if that has changed, and
// nothing else: another program may have been let in with credentials that were refused.
func (m *memory) keepClock(ctx context.Context) error {
	if !m.trust.Unsaved() {
		return nil
	}
	s := m.state()
	if !m.unsaved { // else what is written down is older
		var err error
		if s, err = m.states.ClusterState(ctx, m.cluster); err != nil {
			return fmt.Errorf("record clock: %w", err)
		}
	}
	s.Clocks = m.trust.Clone()
	if err := m.states.SaveClusterState(ctx, s); err != nil {
		return fmt.Errorf("record clock: %w", err)
	}
	m.clocks, m.unsaved = s.Clocks, false
	m.trust.MarkSaved()
	return nil
}

// firstQuestion writes down that the phone system is about to be asked for the
// first time by this process.
func (m *memory) firstQuestion(ctx context.Context) error {
	s, first := m.circuit.First(m.trust.Now())
	if !first {
		return nil
	}
	all := m.state()
	all.Refusals = s
	if err := m.states.SaveClusterState(ctx, all); err != nil {
		return fmt.Errorf("record question: %w", err)
	}
	m.circuit.Asked(s)
	return nil
}

// sign adds the fingerprint of the credentials that were refused, which takes a while.
func (m *memory) sign(ctx context.Context, fingerprint func(salt []byte) ([]byte, error)) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	print, err := fingerprint(salt)
	if err != nil {
		m.log.Error("record state of the cluster", "err", err)
		return
	}
	m.circuit.Salt, m.circuit.Fingerprint = salt, print
	m.keep(ctx)
}

// othersLetIn reports whether another program was let in with the credentials that were
// refused. Where what is written down is older than what is known, that cannot be told.
func (m *memory) othersLetIn(ctx context.Context) bool {
	if m.unsaved || m.circuit.Accepted() {
		return false
	}
	kept, err := m.states.ClusterState(ctx, m.cluster)
	return err == nil && kept.Accepted()
}
