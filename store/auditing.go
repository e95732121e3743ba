package store

import (
	"context"
	"fmt"
	"time"
)

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
func (s *Store) Audit(ctx context.Context, f AuditFilter) ([]Audited, error) {
	return s.audit.Entries(ctx, f)
}

// VerifyAudit computes the audit's chain again and compares it with its rows and with
// the marker beside the file, and the schema with deskd's: see [Log.Verify].
func (s *Store) VerifyAudit(ctx context.Context) (AuditReport, error) {
	marked, err := s.db.Marked() // before the rows, which only become more
	if err != nil {
		return AuditReport{}, err
	}
	report, err := s.audit.Verify(ctx, marked)
	if err == nil {
		report.Schema, err = s.SchemaFaults(ctx)
	}
	return report, err
}

// PruneAudit removes the oldest rows of the audit: see [Log.Prune].
func (s *Store) PruneAudit(ctx context.Context, before time.Time) (int, error) {
	return s.audit.Prune(ctx, before)
}

// VerifyAnchors looks whether the audit contains each head that stands in the
// file of anchors called name.
func (s *Store) VerifyAnchors(ctx context.Context, name string) (AnchorsReport, error) {
	return s.audit.VerifyAnchors(ctx, name)
}

// Head is the newest row of the audit's chain.
func (s *Store) Head(ctx context.Context, now time.Time) (Anchor, error) {
	h, err := s.db.Head(ctx)
	if err != nil {
		return Anchor{}, fmt.Errorf("read the head of the audit: %w", err)
	}
	return Anchor{now.UTC().Truncate(time.Second), h.Database, h.Row, h.Hash}, nil
}
