package store

import (
	"context"
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/store/audit"
)

type (
	// AuditReport is what [Store.VerifyAudit] has found.
	AuditReport = audit.Report
	// Anchor is a head of the audit's chain as it was at an instant.
	Anchor = audit.Anchor
	// AnchorsReport is what [Store.VerifyAnchors] has found.
	AnchorsReport = audit.AnchorsReport
)

// AnchorEvery is how often the head of the audit is written where who writes the
// database cannot change it.
const AnchorEvery = audit.AnchorEvery

// WithActor names who asks for the changes made with the returned context, for
// the audit: see [audit.WithActor].
func WithActor(ctx context.Context, actor string) context.Context { return audit.WithActor(ctx, actor) }

// AppendAnchor adds a to the file of anchors called name: see [audit.AppendAnchor].
func AppendAnchor(name string, a Anchor) error { return audit.AppendAnchor(name, a) }

// ChainAudit gives the rows that other programs have left in the audit their
// place in the chain, and returns how many there were.
func (s *Store) ChainAudit(ctx context.Context) (int, error) {
	n, err := s.audit.ChainParts(ctx)
	if err != nil {
		return n, fmt.Errorf("chain audit: %w", err)
	}
	return n, nil
}

// Audit returns rows of the audit, newest first. It does not verify them: see
// [Store.VerifyAudit].
func (s *Store) Audit(ctx context.Context, f reservations.AuditFilter) ([]reservations.AuditEntry, error) {
	return s.audit.Entries(ctx, f)
}

// VerifyAudit computes the audit's chain again and compares it with its rows and with
// the marker beside the file, and the schema with deskd's: see [audit.Log.Verify].
func (s *Store) VerifyAudit(ctx context.Context) (audit.Report, error) {
	marked, err := s.db.Marked() // before the rows, which only become more
	if err != nil {
		return audit.Report{}, err
	}
	report, err := s.audit.Verify(ctx, marked)
	if err == nil {
		report.Schema, err = s.SchemaFaults(ctx)
	}
	return report, err
}

// PruneAudit removes the oldest rows of the audit: see [audit.Log.Prune].
func (s *Store) PruneAudit(ctx context.Context, before time.Time) (int, error) {
	return s.audit.Prune(ctx, before)
}

// VerifyAnchors looks whether the audit contains each head that stands in the
// file of anchors called name.
func (s *Store) VerifyAnchors(ctx context.Context, name string) (audit.AnchorsReport, error) {
	return s.audit.VerifyAnchors(ctx, name)
}

// Head is the newest row of the audit's chain.
func (s *Store) Head(ctx context.Context, now time.Time) (audit.Anchor, error) {
	h, err := s.db.Head(ctx)
	if err != nil {
		return audit.Anchor{}, fmt.Errorf("read the head of the audit: %w", err)
	}
	return audit.Anchor{At: now.UTC().Truncate(time.Second), Database: h.Database, Row: h.Row, Hash: h.Hash}, nil
}
