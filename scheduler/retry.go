package scheduler

import "time"

// How the whole cluster is treated.
const (
	askAgainIn = 5 * time.Second // after a query without answer, doubling …
	askAtMost  = time.Minute     // … up to this
)
