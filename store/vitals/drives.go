package vitals

import (
	"context"

	"deskd/store/postgres"
)

// Drives tries whether a node could drive with these DSNs: see [postgres.Drives]. Without one for
// driving there is nothing to try.
func Drives(ctx context.Context, dsn, driving string) error {
	if driving == "" {
		return nil
	}
	return postgres.Drives(ctx, dsn, driving)
}
