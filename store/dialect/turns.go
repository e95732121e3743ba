package dialect

import (
	"context"
	"time"
)

// MostParameters bounds the parameters of one statement.
const MostParameters = 1000

// Breath is how long others have the database between two transactions of one deed.
// SQLite's lock is not fair: without it another program could wait for the last.
const Breath = 10 * time.Millisecond

// Pause waits. The error is that of the context when it ends first.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// InParts does something to all, so many at a time, and lets others write in between.
func InParts[T any](ctx context.Context, all []T, n int, do func(part []T, last bool) error) error {
	for from := 0; from < len(all); from += n {
		if from > 0 {
			if err := Pause(ctx, Breath); err != nil {
				return err
			}
		}
		to := min(from+n, len(all))
		if err := do(all[from:to], to == len(all)); err != nil {
			return err
		}
	}
	return nil
}

// PruneBatch is how many rows are removed in one transaction, less than 0.1 s: a
// retention that was made shorter may have a million to remove.
const PruneBatch = 1000

type auditedKey struct{}

// WithAudited says of the transactions made with the returned context that they change what
// the audit records. A database where other programs may be in the way of such takes their
// lock first.
func WithAudited(ctx context.Context) context.Context {
	return context.WithValue(ctx, auditedKey{}, true)
}

// IsAudited reports whether ctx is one of [WithAudited].
func IsAudited(ctx context.Context) bool {
	audited, _ := ctx.Value(auditedKey{}).(bool)
	return audited
}
