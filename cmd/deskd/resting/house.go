package resting

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"deskd/configs"
	"deskd/phone/push"
	"deskd/scheduler/clock"
	"deskd/scheduler/idle"
	"deskd/store"
	"deskd/store/phones"
	"deskd/web/phone"
)

// Rests keep what phones have told; see [phones.Keeper].
type Rests interface {
	Resting(ctx context.Context, since time.Time) ([]phones.Phone, error)
	NoteIdle(ctx context.Context, all []phones.Idled) error
}

// Setup is what a [House] works with.
type Setup struct {
	idle.Rule
	// Read and Write are the same rests: those that are read aside from what rounds write.
	Read, Write Rests
	// Streaming asks a phone whether a stream runs there.
	Streaming func(ctx context.Context, p push.Phone) (active bool, err error)
	Clock     clock.Clock
	Log       *slog.Logger
}

// House is what is known of the phones of all clusters. Make one with [New]. The methods of nil
// hear nothing and do nothing.
type House struct {
	Setup
	mu       sync.Mutex
	news     map[place]idle.News
	told     chan struct{} // someone uses a phone, and that is not written down yet
	clusters map[string]*Cluster
}

type place struct{ cluster, device string }

// Of is the house of a configuration that has been checked, which reads from one store what
// it writes to another: nil where no session ends by that. Transport leads to phones; nil for
// connections that are checked as they are dialled.
func Of(c configs.Config, read, write *store.Store, transport http.RoundTripper) *House {
	if c.Phones.IdleLogout.After <= 0 {
		return nil
	}
	client := &push.Client{Networks: c.Phones.Prefixes(), Timeout: answersWithin, Transport: transport}
	return New(Setup{
		Rule: ruleOf(c),
		Read: read.Phones(), Write: write.Phones(), Streaming: client.Streaming,
	})
}

func ruleOf(c configs.Config) idle.Rule {
	return idle.Rule{After: time.Duration(c.Phones.IdleLogout.After), Lead: time.Duration(c.Policy.Lead)}
}

// answersWithin bounds each request to a phone.
const answersWithin = 2 * time.Second

// By is h, which goes by a clock and tells a log.
func (h *House) By(c clock.Clock, log *slog.Logger) *House {
	if h != nil {
		h.Clock, h.Log = c, log
	}
	return h
}

// ForPages is h as pages know it, nil for a nil h.
func (h *House) ForPages() phone.Rests {
	if h == nil {
		return nil
	}
	return h
}

// New returns a house without clusters.
func New(s Setup) *House {
	return &House{Setup: s, news: make(map[place]idle.News), told: make(chan struct{}, 1), clusters: make(map[string]*Cluster)}
}

// Every implements deskd/web/phone.Rests.
func (h *House) Every() time.Duration { return idle.Every }

// Rested implements deskd/web/phone.Rests.
func (h *House) Rested(cluster, device string, still bool, at time.Time) {
	if !still {
		h.Used(cluster, device, at)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	of := place{cluster, device}
	n := h.news[of]
	n.Device = device
	h.news[of] = n.Rested(at)
}

// Used implements deskd/web/phone.Rests.
func (h *House) Used(cluster, device string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.news[place{cluster, device}] = idle.News{Device: device, Touched: at}
	if c := h.clusters[cluster]; c != nil {
		c.touch(device, at)
	}
	select {
	case h.told <- struct{}{}:
	default: // it is awake already
	}
}

// tick is how far apart two looks are, unless someone uses a phone.
const tick = 10 * time.Second

// Run writes down and reads what phones tell until ctx ends.
func (h *House) Run(ctx context.Context) {
	if h == nil {
		return
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, c := range h.all() {
		asking.Go(func() { c.run(ctx) })
	}
	for ctx.Err() == nil {
		h.flush(ctx)
		h.read(ctx)
		timer := time.NewTimer(h.Clock.Real(tick))
		select {
		case <-ctx.Done():
		case <-h.told:
		case <-timer.C:
		}
		timer.Stop()
	}
	h.flush(context.WithoutCancel(ctx))
}

func (h *House) all() []*Cluster {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.clusters))
}

// flush writes the news down. What cannot be written stays for the next time.
func (h *House) flush(ctx context.Context) {
	h.mu.Lock()
	news := h.news
	h.news = make(map[place]idle.News)
	h.mu.Unlock()
	var all []phones.Idled
	for of, n := range news {
		all = append(all, phones.Idled{Cluster: of.cluster, Device: of.device, Next: func(was phones.Phone) (since, at time.Time) {
			is := restOf(was).Take(n)
			return is.Since, is.At
		}})
	}
	if err := h.Write.NoteIdle(ctx, all); err == nil {
		return
	}
	h.mu.Lock() // the rounds meet the same error, and say it
	defer h.mu.Unlock()
	for of, n := range news {
		h.news[of] = n.Then(h.news[of])
	}
}

func restOf(p phones.Phone) idle.Rest {
	return idle.Rest{Device: p.Device, Since: p.Idle, At: p.IdleAt}
}

// read hands the phones that rest to their clusters.
func (h *House) read(ctx context.Context) {
	now := h.Clock.Now()
	all, err := h.Read.Resting(ctx, now.Add(-idle.Gap))
	if err != nil {
		return // the rounds meet the same error, and say it
	}
	rests := make(map[string][]resting)
	for _, p := range all {
		if r := restOf(p); r.Rests(now) {
			rests[p.Cluster] = append(rests[p.Cluster], resting{Rest: r, address: p.Address})
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, c := range h.clusters {
		c.take(rests[name], now)
	}
}

// resting is a phone that rests, and where it is.
type resting struct {
	idle.Rest
	address netip.Addr
	asked   time.Time // whether a stream runs, last
	kicked  bool      // a round was begun once its time had come
}
