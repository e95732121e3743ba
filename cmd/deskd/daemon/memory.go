package daemon

import "github.com/KimMachineGun/automemlimit/memlimit"

// LimitMemory has memory collected in time where the service manager, or a
// container, allows so much of it and no more. GOMEMLIMIT says otherwise.
func LimitMemory(allowed memlimit.Provider) {
	_, _ = memlimit.Set(memlimit.WithProvider(allowed), memlimit.WithRatio(memoryShare)) // without a limit, nothing is set
}

// memoryShare is the part of the memory that is allowed which Go's heap may use:
// SQLite's caches are beside it.
const memoryShare = 0.8
