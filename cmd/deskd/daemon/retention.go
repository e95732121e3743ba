package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskd/store"
)

// keepKeys is how long the key of a reservation is known: a program that retries does
// so soon.
const keepKeys = 30 * 24 * time.Hour

// retain removes what has been kept long enough: the rows of journal and audit,
// the keys of reservations, and before that the names in rows and reservations.
// Then it looks at what the audit has become.
func (d *Instance) retain(ctx context.Context, now time.Time) error {
	if err := d.examined(ctx); err != nil {
		return err
	}
	defer d.verify(ctx)
	if by := d.set(); by > mostSet {
		return fmt.Errorf("no names and no old rows are removed: the clock was set forward by %s while deskd ran; restart deskd once it is right", by.Round(time.Second))
	}
	return errors.Join(d.prune(ctx, now), d.anonymise(ctx, now))
}

// mostSet is by how much the clock may have been set forward while the daemon
// ran for anything to be removed by it: it cannot be had back, also not once a
// clock that was far ahead is right again.
const mostSet = 24 * time.Hour

// anonymise removes the names of what has been over for long enough.
func (d *Instance) anonymise(ctx context.Context, now time.Time) error {
	done, err := d.Store.Anonymise(ctx, now.Add(-time.Duration(d.Config.Retention.People)), now)
	if done != (store.Anonymised{}) {
		d.Log.Info("names removed", "reservations", done.Reservations, "attempts", done.Attempts, "audit", done.Audit)
	}
	if errors.Is(err, store.ErrLingers) { // tomorrow is another night
		d.Log.Warn("retention", "err", err)
		return nil
	}
	return err
}

func (d *Instance) prune(ctx context.Context, now time.Time) error {
	n, err := d.Store.PruneAttempts(ctx, now.Add(-time.Duration(d.Config.Retention.Attempts)))
	if err == nil && n > 0 {
		d.Log.Info("attempts removed", "count", n)
	}
	if err != nil {
		return err
	}
	n, err = d.Store.PruneAudit(ctx, now.Add(-time.Duration(d.Config.Retention.Audit)))
	if err == nil && n > 0 {
		d.Log.Info("audit rows removed", "count", n)
	}
	if err != nil {
		return err
	}
	n, err = d.Store.PruneKeys(ctx, now.Add(-keepKeys))
	if err == nil && n > 0 {
		d.Log.Info("keys of reservations removed", "count", n)
	}
	return err
}
