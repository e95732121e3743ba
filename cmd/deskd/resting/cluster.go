package resting

import (
	"context"
	"sync"
	"time"

	"deskd/phone/push"
	"deskd/scheduler/idle"
	"deskd/scheduler/plan"
)

// Cluster is what is known of the phones of one cluster. Its methods may be called from several
// goroutines; those of nil know nothing.
type Cluster struct {
	house *House
	kick  func()
	ask   chan string // devices

	mu    sync.Mutex
	rests map[string]*resting
	wake  time.Time // when a round is to look again
}

// mostAsks are the phones that wait to be asked, and together how many are asked at once.
const mostAsks, together = 1000, 8

// Cluster is that of a name; kick begins a round of it.
func (h *House) Cluster(name string, kick func()) *Cluster {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &Cluster{house: h, kick: kick, ask: make(chan string, mostAsks), rests: make(map[string]*resting)}
	h.clusters[name] = c
	return c
}

// Judge is what was planned, with the logouts at phones that rest; nil where none ends so. See
// [deskd/scheduler.Setup].
func (c *Cluster) Judge() func(s idle.Scene, now time.Time) []plan.Step {
	if c == nil {
		return nil
	}
	return func(s idle.Scene, now time.Time) []plan.Step {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, r := range c.rests {
			s.Rests = append(s.Rests, r.Rest)
		}
		s.Rests = idle.Of(s.Rests)
		v := c.house.Judge(s, now)
		c.wake = v.Next
		for _, device := range v.Ask {
			c.wants(device, now)
		}
		return v.Steps
	}
}

// asksApart is how far two questions to one phone are from each other.
const asksApart = 20 * time.Second

// unsayingApart is how far they are while a stream runs, or the phone does not answer.
const unsayingApart = time.Minute

// wants has a phone asked whether a stream runs there; the lock is held.
func (c *Cluster) wants(device string, now time.Time) {
	r := c.rests[device]
	if now.Sub(r.asked).Abs() < asksApart {
		c.again(r.asked.Add(asksApart))
		return
	}
	select {
	case c.ask <- device:
		r.asked = now
	default:
		c.again(now.Add(asksApart))
	}
}

// again has a round look at that instant; the lock is held.
func (c *Cluster) again(at time.Time) {
	if c.wake.IsZero() || at.Before(c.wake) {
		c.wake = at
	}
}

// touch takes in that someone uses a phone.
func (c *Cluster) touch(device string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rests[device]; r != nil && !r.At.After(at) {
		delete(c.rests, device)
	}
}

// take takes in which phones rest, and has a round look at what has come of age.
func (c *Cluster) take(all []resting, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rests := make(map[string]*resting, len(all))
	due := !c.wake.IsZero() && !c.wake.After(now)
	for _, r := range all {
		if was := c.rests[r.Device]; was != nil && was.Since.Equal(r.Since) {
			r.Still, r.asked, r.kicked = was.Still, was.asked, was.kicked
		}
		if !r.kicked && !r.Since.Add(c.house.After).After(now) {
			r.kicked, due = true, true
		}
		rests[r.Device] = &r
	}
	c.rests = rests
	if due {
		c.wake = time.Time{}
		c.kick()
	}
}

// run asks phones until ctx ends.
func (c *Cluster) run(ctx context.Context) {
	var all sync.WaitGroup
	for range together {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case device := <-c.ask:
					c.look(ctx, device)
				}
			}
		})
	}
	all.Wait()
}

// look asks a phone whether a stream runs there. One that does not say it is not still.
func (c *Cluster) look(ctx context.Context, device string) {
	c.mu.Lock()
	r := c.rests[device]
	if r == nil {
		c.mu.Unlock()
		return
	}
	address := r.address
	c.mu.Unlock()
	if !address.IsValid() {
		c.house.Log.Info("phone rests, and is not asked whether a stream runs: no address of it is known", "phone", device)
		return
	}
	active, err := c.house.Streaming(ctx, push.Phone{Name: device, Address: address})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		c.house.Log.Info("phone rests, and does not say whether a stream runs", "phone", device, "err", err)
	}
	now := c.house.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	r = c.rests[device]
	switch {
	case r == nil: // it is in use again
	case err == nil && !active:
		r.Still = now
		c.kick()
	default:
		c.again(now.Add(unsayingApart))
	}
}
