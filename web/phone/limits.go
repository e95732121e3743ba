package phone

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one address, and all together, may ask for. A person presses a key a second; 200
// phones may ask at once when a building fills.
const (
	perSecond, burst = 2, 20
	// guesses are the links that an address may follow that deskd has not made.
	guessesPerMinute, guessesBurst = 2, 5
	// auditedPerMinute are the links that an address may follow that do not count any more, or
	// not from there, and that are in the audit.
	auditedPerMinute, auditedBurst = 6, 20
	mostAtOnce                     = 32
	mostAddresses                  = 20_000 // whose rate is remembered
)

// gate bounds what is asked.
type gate struct {
	slots chan struct{}
	mu    sync.Mutex
	rates map[netip.Addr]*allowance
}

// allowance is what an address may still ask for.
type allowance struct {
	pages, guesses *rate.Limiter
	audited        *rate.Limiter
	told           time.Time // when the log was told that it asks too much
}

func newGate() *gate {
	return &gate{slots: make(chan struct{}, mostAtOnce), rates: make(map[netip.Addr]*allowance)}
}

// toldEvery is how often the log is told that an address asks too much.
const toldEvery = 10 * time.Minute

// admits reports whether an address may ask for a page, and whether the log is to be told
// that it may not.
func (g *gate) admits(a netip.Addr, now time.Time) (admitted, tell bool) {
	return g.spend(a, now, func(of *allowance) bool { return of.pages.AllowN(now, 1) && of.guesses.TokensAt(now) >= 1 })
}

// guessed takes in that an address has followed a link that deskd has not made for it.
func (g *gate) guessed(a netip.Addr, now time.Time) {
	g.spend(a, now, func(of *allowance) bool { return of.guesses.AllowN(now, 1) })
}

// audits reports whether another link that did not count is to be in the audit.
func (g *gate) audits(a netip.Addr, now time.Time) bool {
	yes, _ := g.spend(a, now, func(of *allowance) bool { return of.audited.AllowN(now, 1) })
	return yes
}

func (g *gate) spend(a netip.Addr, now time.Time, from func(*allowance) bool) (admitted, tell bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.rates[a]
	if of == nil {
		if len(g.rates) >= mostAddresses {
			clear(g.rates)
		}
		of = &allowance{pages: rate.NewLimiter(perSecond, burst), guesses: rate.NewLimiter(rate.Every(time.Minute/guessesPerMinute), guessesBurst),
			audited: rate.NewLimiter(rate.Every(time.Minute/auditedPerMinute), auditedBurst)}
		g.rates[a] = of
	}
	if from(of) {
		return true, false
	}
	if tell = of.told.IsZero() || now.Sub(of.told).Abs() >= toldEvery; tell {
		of.told = now
	}
	return false, tell
}

// enter waits for a place among those who are answered.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
