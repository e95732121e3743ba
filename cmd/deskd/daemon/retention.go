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

// keepPhones is how long it is known where a phone is that is of no desk any more: it may be
// one again soon.
const keepPhones = 30 * 24 * time.Hour

// retain removes what has been kept long enough: the rows of journal and audit,
// the keys of reservations, the names in rows and reservations, and reservations that lost
// theirs long ago. Then it gives back the space, and looks at what the audit has become.
func (d *Instance) retain(ctx context.Context, now time.Time) error {
	if err := d.examined(ctx); err != nil {
		return err
	}
	defer d.verify(ctx)
	if by := d.set(); by > mostSet {
		return fmt.Errorf("no names and no old rows are removed: the clock was set forward by %s while deskd ran; restart deskd once it is right", by.Round(time.Second))
	}
	return errors.Join(d.prune(ctx, now), d.anonymise(ctx, now), d.retire(ctx, now), d.shrink(ctx))
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

// shrink gives back the space of all that was removed.
func (d *Instance) shrink(ctx context.Context) error {
	bytes, err := d.Store.Shrink(ctx)
	if bytes > 0 {
		d.Log.Info("space given back", "bytes", bytes)
	}
	return err
}

// prune removes the rows of the journal and the audit and the keys that are old enough.
func (d *Instance) prune(ctx context.Context, now time.Time) error {
	keep := d.Config.Retention
	for _, old := range []removal{
		{"attempts", "attempts removed", d.Store.PruneAttempts, time.Duration(keep.Attempts)},
		{"audit", "audit rows removed", d.Store.PruneAudit, time.Duration(keep.Audit)},
		{"phone_notices", "notices on phones removed", d.Store.PhoneNotices().Prune, time.Duration(keep.Attempts)},
		{"closures", "closures that were over removed", d.Store.PruneClosures, time.Duration(keep.Reservations)},
		{"phones", "phones of no desk removed", d.Store.Phones().Prune, keepPhones},
		{"reservation_keys", "keys of reservations removed", d.Store.PruneKeys, keepKeys},
	} {
		if err := d.remove(ctx, old, now); err != nil {
			return err
		}
	}
	return nil
}

// retire removes reservations that were over long ago, and keeps their counts.
func (d *Instance) retire(ctx context.Context, now time.Time) error {
	return d.remove(ctx, removal{
		"reservations", "reservations removed, their counts kept", d.Store.Retire, time.Duration(d.Config.Retention.Reservations),
	}, now)
}

// removal is how rows of a table go that were kept long enough.
type removal struct {
	table, said string
	remove      func(ctx context.Context, before time.Time) (int, error)
	keep        time.Duration
}

// remove removes them, and says how many: also those before an error.
func (d *Instance) remove(ctx context.Context, old removal, now time.Time) error {
	n, err := old.remove(ctx, now.Add(-old.keep))
	if n > 0 {
		d.metrics.Removed(old.table, n)
		d.Log.Info(old.said, "count", n)
	}
	return err
}
