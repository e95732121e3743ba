package daemon

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"deskd/phone/push"
	"deskd/reservations/booking"
	"deskd/scheduler/drive"
	"deskd/store"
	"deskd/store/links"
	"deskd/store/phones"
	"deskd/web/phone"
)

// phonePages are what phones show. What they read, they read aside, as programs do.
func (d *Instance) phonePages() http.Handler {
	c := d.Config.Phones
	setup := phone.Setup{BaseURL: c.BaseURL, Networks: c.Prefixes(), Colleagues: strings.TrimPrefix(c.Colleagues, "@"), Login: make(map[string]string)}
	for _, one := range d.Config.Clusters {
		setup.Login[one.Name] = one.EMLoginURL
	}
	client := &push.Client{Networks: setup.Networks, Timeout: 2 * time.Second}
	return phone.New(phone.Deps{
		Setup: setup, Phones: whereabouts{d.aside.Phones()}, Lately: d.reads.Lately, Now: d.reads.Now,
		Identify: func(ctx context.Context, a netip.Addr) (string, error) {
			is, err := client.Identify(ctx, push.Phone{Address: a})
			return is.Name, err
		},
		Bookings: booking.Bookings{Store: acted{d.Store.Bookings(), d.acted}, Rules: d.rulesOf},
		Reading:  booking.Bookings{Store: d.aside.Bookings(), Rules: d.rulesOf},
		People:   d.aside.People, Links: phoneLinks{d.Store.Links()}, Look: d.look, Rests: d.rests.ForPages(),
		WithActor: store.WithActor, Clock: d.Clock.Now, Log: d.Log,
	})
}

// whereabouts are where phones are known to be.
type whereabouts struct{ phones.Keeper }

// At implements [phone.Phones].
func (w whereabouts) At(ctx context.Context, device string) (all []phone.Known, err error) {
	known, err := w.ByDevice(ctx, device)
	for _, p := range known {
		all = append(all, phone.Known{Cluster: p.Cluster, Address: p.Address})
	}
	return all, err
}

// phoneLinks are the links of a database, as pages ask for them.
type phoneLinks struct{ links.Keeper }

// Spend implements [phone.Links].
func (l phoneLinks) Spend(ctx context.Context, d phone.Deed, now time.Time) (bool, error) {
	return l.Keeper.Spend(ctx, links.Deed(d), now)
}

// Refuse implements [phone.Links].
func (l phoneLinks) Refuse(ctx context.Context, d phone.Deed) error {
	return l.Keeper.Refuse(ctx, links.Deed(d))
}

// look has a cluster be asked who is logged in, soon and once more a little later: someone
// enters their user id and PIN at a phone. Who asks does not wait for it.
func (d *Instance) look(cluster string) {
	select {
	case d.walkups <- cluster:
	default: // others are waiting already
	}
}

// When a cluster is asked after someone has gone to log in at a phone: at once for what is so
// by then, and as they may be through with it.
var looksAfter = []time.Duration{0, 20 * time.Second, 60 * time.Second}

// looksApart is how far two such questions are from each other, no matter who logs in.
const looksApart = 10 * time.Second

// looks is when clusters are asked who has logged in at their phones.
type looks struct {
	due  map[string][]time.Time // by cluster, the earliest first
	last map[string]time.Time
}

// want has a cluster asked from now on.
func (l looks) want(cluster string, now time.Time) {
	var all []time.Time
	for _, after := range looksAfter {
		all = append(all, now.Add(after))
	}
	l.due[cluster] = all
}

// take returns the clusters that are to be asked now.
func (l looks) take(now time.Time) (ask []string) {
	for cluster, at := range l.due {
		due := 0
		for due < len(at) && !at[due].After(now) {
			due++
		}
		if due > 0 && now.Sub(l.last[cluster]).Abs() >= looksApart {
			l.last[cluster] = now
			ask = append(ask, cluster)
		}
		if l.due[cluster] = at[due:]; due == len(at) {
			delete(l.due, cluster)
		}
	}
	return ask
}

// wait is how long it is until one is to be asked, an hour where none is.
func (l looks) wait(now time.Time) time.Duration {
	wait := time.Hour
	for _, at := range l.due {
		wait = min(wait, max(at[0].Sub(now), time.Millisecond))
	}
	return wait
}

// lookAtWalkups asks clusters who is logged in, as [Instance.look] wants it, until ctx ends.
func (d *Instance) lookAtWalkups(ctx context.Context) {
	l := looks{make(map[string][]time.Time), make(map[string]time.Time)}
	for {
		for _, cluster := range l.take(d.Clock.Now()) {
			d.askCluster(ctx, cluster)
		}
		next := time.NewTimer(d.Clock.Real(l.wait(d.Clock.Now())))
		select {
		case <-ctx.Done():
		case cluster := <-d.walkups:
			l.want(cluster, d.Clock.Now())
		case <-next.C:
		}
		if next.Stop(); ctx.Err() != nil {
			return
		}
	}
}

// askCluster asks every phone of a cluster who is logged in; where another node drives it,
// that node does.
func (d *Instance) askCluster(ctx context.Context, name string) {
	for _, c := range d.scheduler.Clusters {
		if c.Status().Cluster != name {
			continue
		}
		d.running.Go(func() {
			err := c.Sweep(ctx)
			if errors.Is(err, drive.ErrElsewhere) {
				_, err = d.Store.Requests().Ask(ctx, requestReconcile, name, d.Clock.Now())
			}
			if err != nil && ctx.Err() == nil {
				d.Log.Info("cluster was not asked after a login at a phone", "cluster", name, "err", err)
			}
		})
	}
}
