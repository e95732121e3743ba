package pushes

import (
	"context"
	"sync"

	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// air is what keeps pushes and logins apart, for the phones of a cluster: the intent of a login
// ends a push to its phone, and none begins there until the intent is written. One push at a time
// goes to a phone.
type air struct {
	mu      sync.Mutex
	claimed map[string]int // by device: the intents that are being written
	claims  map[string]int // by device: those that there have been
	flights map[string]context.CancelFunc
}

func newAir() *air {
	return &air{claimed: make(map[string]int), claims: make(map[string]int), flights: make(map[string]context.CancelFunc)}
}

// claim ends a push to a phone, and lets none begin until it is given back.
func (a *air) claim(device string) (back func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.claimed[device]++
	a.claims[device]++
	if end := a.flights[device]; end != nil {
		end()
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.claimed[device]--; a.claimed[device] <= 0 {
			delete(a.claimed, device)
		}
	}
}

// seen is how many intents there have been of logins at a phone: a push that follows from an
// older answer about the phone begins only if there were no more.
func (a *air) seen(device string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.claims[device]
}

// takeOff begins a push, nil where none may: a login's intent is being written, or another push
// is under way. Land ends it.
func (a *air) takeOff(ctx context.Context, device string) (flight context.Context, land func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.claimed[device] > 0 || a.flights[device] != nil {
		return nil, nil
	}
	flight, cancel := context.WithCancel(ctx)
	a.flights[device] = cancel
	return flight, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.flights, device)
		cancel()
	}
}

// journal is one whose writing is heard by those who push.
type journal struct {
	scheduler.Journal
	air  *air
	hear func(plan.Attempt) // of what was written
}

func (j journal) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	if a.Op == plan.OpLogin && a.Outcome == plan.Open {
		defer j.air.claim(a.Device)()
	}
	a, err := j.Journal.Begin(ctx, a)
	if err == nil {
		j.hear(a)
	}
	return a, err
}

func (j journal) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	err := j.Journal.Finish(ctx, a, seen...)
	if err == nil {
		j.hear(a)
	}
	return err
}
