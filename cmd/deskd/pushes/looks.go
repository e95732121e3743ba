package pushes

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"deskd/phone/push"
	"deskd/scheduler"
	"deskd/scheduler/calls"
	"deskd/scheduler/clock"
)

// Looks ask the phones of a cluster whether someone is in a call. No round waits for an answer:
// one follows when it is there.
type Looks struct {
	Here      func() *scheduler.Reconciler
	Where     func(ctx context.Context, device string) (netip.Addr, error)
	Streaming func(ctx context.Context, p push.Phone) (active bool, err error)
	Clock     clock.Clock
	Log       *slog.Logger

	mu    sync.Mutex
	looks map[string]*look
	asked chan string // devices
}

// look is what a phone has said last.
type look struct {
	calls.Look
	asking time.Time // since when it is being asked; zero: it is not
}

// How often a phone is asked while its person is in a call, how many are asked at once, and how
// long a look takes at most, or waits for others: a logout waits no longer for the answer.
const (
	lookEvery  = 10 * time.Second
	mostLooks  = 128
	lookWithin = 5 * time.Second
)

func newLooks(l *Looks) *Looks {
	l.looks, l.asked = make(map[string]*look), make(chan string, 10_000)
	return l
}

// Look is what the phone of a device has said last, as [calls.Guard] asks for it.
func (l *Looks) Look(device string, now time.Time) calls.Look {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.looks[device]
	if one == nil {
		one = new(look)
		l.looks[device] = one
	}
	if one.asking.IsZero() && now.Sub(one.At).Abs() >= lookEvery {
		select {
		case l.asked <- device:
			one.asking = now
		default:
			one.Look = calls.Look{At: now, Problem: "too many phones are being asked"}
		}
	}
	return one.Look
}

// Run asks until ctx ends. A nil l asks nobody.
func (l *Looks) Run(ctx context.Context) {
	if l == nil {
		return
	}
	var all sync.WaitGroup
	for range mostLooks {
		all.Go(func() {
			for {
				select {
				case device := <-l.asked:
					l.ask(ctx, device)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	all.Go(func() { l.again(ctx) })
	all.Wait()
}

// again has rounds ask again about phones whose person was in a call.
func (l *Looks) again(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(l.Clock.Real(lookEvery))
		select {
		case <-ctx.Done():
		case <-timer.C:
			if here := l.Here(); here != nil && l.anyActive(l.Clock.Now()) {
				here.Kick()
			}
		}
		timer.Stop()
	}
}

// anyActive reports whether someone was in a call when their phone was asked last, a while ago at
// most: of a phone that nobody asks about any more nothing is to be said.
func (l *Looks) anyActive(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.looks {
		if one.Active && now.Sub(one.At).Abs() < 3*lookEvery {
			return true
		}
	}
	return false
}

func (l *Looks) ask(ctx context.Context, device string) {
	l.mu.Lock()
	waited := l.Clock.Now().Sub(l.looks[device].asking)
	l.mu.Unlock()
	is := calls.Look{Problem: "too many phones are being asked"}
	if waited.Abs() < lookWithin {
		is = l.askOne(ctx, device)
	}
	if ctx.Err() != nil {
		return
	}
	if is.At = l.Clock.Now(); is.Problem != "" {
		l.Log.Info("nobody knows whether the person is in a call: the logout does not wait", "phone", device, "err", is.Problem)
	}
	l.mu.Lock()
	*l.looks[device] = look{Look: is}
	l.mu.Unlock()
	if here := l.Here(); here != nil {
		here.Kick()
	}
}

func (l *Looks) askOne(ctx context.Context, device string) calls.Look {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	at, problem := address(ctx, l.Where, device)
	if problem != "" {
		return calls.Look{Problem: problem}
	}
	active, err := l.Streaming(ctx, push.Phone{Name: device, Address: at})
	if err != nil {
		return calls.Look{Problem: err.Error()}
	}
	return calls.Look{Active: active}
}
