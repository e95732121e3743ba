package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"deskd/configs"
	"deskd/phone/push"
	"deskd/reservations/booking"
	"deskd/scheduler/drive"
	"deskd/scheduler/plan"
	"deskd/store"
	"deskd/store/links"
	"deskd/store/phones"
	"deskd/web/phone"
)

// phonePages are what phones show. What they read, they read aside, as programs do.
func (d *Instance) phonePages() http.Handler {
	c := d.Config.Phones
	setup := phone.Setup{
		BaseURL: c.BaseURL, PlainURL: c.PlainURL, Networks: c.Prefixes(), Colleagues: strings.TrimPrefix(c.Colleagues, "@"), WaitForCall: time.Duration(d.Config.Policy.End.WaitForCall),
		Login: make(map[string]string), Policy: Policy(d.Config, configs.Cluster{}),
	}
	for _, one := range d.Config.Clusters {
		setup.Login[one.Name] = one.EMLoginURL
	}
	var identify func(ctx context.Context, a netip.Addr) (string, error)
	if c.BelieveNames {
		client := &push.Client{Networks: setup.Networks, Timeout: 2 * time.Second}
		identify = func(ctx context.Context, a netip.Addr) (string, error) {
			is, err := client.Identify(ctx, push.Phone{Address: a})
			return is.Name, err
		}
	}
	return phone.New(phone.Deps{
		Setup: setup, Phones: whereabouts{d.aside.Phones()}, Lately: d.reads.Lately, Now: d.reads.Now, OnPhone: d.onPhone, Identify: identify,
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

// onPhone asks a phone system who is logged in at a phone.
func (d *Instance) onPhone(ctx context.Context, cluster, device string) (plan.Observation, error) {
	access := d.access[cluster]
	if access == nil {
		return plan.Observation{}, fmt.Errorf("cluster %q is not configured", cluster)
	}
	seen, err := access.Logins(ctx, []string{device})
	for _, o := range seen {
		if strings.EqualFold(o.Device, device) {
			return o, nil
		}
	}
	return plan.Observation{}, cmp.Or(err, fmt.Errorf("the phone system says nothing of phone %s", device))
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

// How often a cluster is asked so, no matter how many log in: some times in a row, so that a
// page that is opened again shows who has, and then less often. A question that comes too soon
// waits.
const (
	looksApart = time.Second
	looksInRow = 3
	looksEvery = 10 * time.Second
)

// looks is when clusters are asked who has logged in at their phones.
type looks map[string]*watched

// watched is a cluster that is asked so.
type watched struct {
	due  []time.Time // the earliest first
	last time.Time
	rate *rate.Limiter
}

// want has a cluster asked from now on.
func (l looks) want(cluster string, now time.Time) {
	w := l[cluster]
	if w == nil {
		w = &watched{rate: rate.NewLimiter(rate.Every(looksEvery), looksInRow)}
		l[cluster] = w
	}
	w.due = nil
	for _, after := range looksAfter {
		w.due = append(w.due, now.Add(after))
	}
}

// take returns the clusters that are to be asked now.
func (l looks) take(now time.Time) (ask []string) {
	for cluster, w := range l {
		if w.take(now) {
			ask = append(ask, cluster)
		}
	}
	return ask
}

func (w *watched) take(now time.Time) bool {
	over := 0
	for over < len(w.due) && !w.due[over].After(now) {
		over++
	}
	if over == 0 {
		return false
	}
	w.due = w.due[over:]
	if early := w.early(now); early > 0 {
		w.due = append(w.due, now.Add(early))
		slices.SortFunc(w.due, time.Time.Compare)
		return false
	}
	w.last = now
	return true
}

// early is how much too soon it is for a question, which is counted where it is not.
func (w *watched) early(now time.Time) time.Duration {
	if since := now.Sub(w.last).Abs(); since < looksApart {
		return looksApart - since
	}
	booked := w.rate.ReserveN(now, 1)
	wait := booked.DelayFrom(now)
	if wait > 0 {
		booked.CancelAt(now)
	}
	return wait
}

// wait is how long it is until one is to be asked, an hour where none is.
func (l looks) wait(now time.Time) time.Duration {
	wait := time.Hour
	for _, w := range l {
		if len(w.due) > 0 {
			wait = min(wait, max(w.due[0].Sub(now), time.Millisecond))
		}
	}
	return wait
}

// lookAtWalkups asks clusters who is logged in, as [Instance.look] wants it, until ctx ends.
func (d *Instance) lookAtWalkups(ctx context.Context) {
	l := make(looks)
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
