// Package census asks a cluster's services where its phones are and how they are set up, and
// keeps what they say.
//
// It owns when they are asked, and what of an answer becomes news. It never stands in the way
// of a login: it runs beside the rounds, asks nothing of them, and a service that fails costs
// its own news alone. Its invariant: what was not said is not written; that a phone is not
// registered is said by a whole answer that lacks it, and by no part of one.
package census

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"deskd/phone/inventory"
	"deskd/scheduler/clock"
	"deskd/store/phones"
)

// The services, by their keys in the configuration.
const (
	RIS = "ris"
	AXL = "axl"
)

// Names are what people call them.
var Names = map[string]string{RIS: "RISPort70", AXL: "AXL"}

// Census is that of one cluster.
type Census struct {
	Cluster string
	Every   time.Duration
	// Open reads where a service is and with what it is asked, again for each look: passwords
	// change. It is called for those alone that are configured.
	Open map[string]func() (inventory.Service, error)
	// Version is that of AXL's schema.
	Version string
	// Devices are the names of the phones that matter.
	Devices func(ctx context.Context) ([]string, error)
	// Here says whether this node drives the cluster: another asks nothing.
	Here  func() bool
	Save  func(ctx context.Context, news []phones.News, now time.Time) (phones.Saved, error)
	Tell  func(ctx context.Context, s Standing) error
	Watch func(s Standing) // told when a service has begun to fail, and when that is over
	Clock clock.Clock
	Log   *slog.Logger

	once     sync.Once
	ris      *inventory.RIS
	standing Standing
}

// Standing is how the services of a cluster stand, by their keys.
type Standing map[string]Service

// Service is how one stands.
type Service struct {
	Asked    time.Time `json:"asked"`             // last
	Answered time.Time `json:"answered,omitzero"` // last, wholly
	Phones   int       `json:"phones"`            // of which there was news then
	Since    time.Time `json:"since,omitzero"`    // when it began to fail
	Problem  string    `json:"problem,omitempty"` // in words; empty while it answers
}

// setUpEvery is how often AXL is asked at most: how a phone is set up changes by hand.
const setUpEvery = time.Hour

// awaitDuty is how soon a node that drives the cluster no longer, or not yet, looks again
// whether it does.
const awaitDuty = 10 * time.Second

// Run looks every [Census.Every], until ctx ends.
func (c *Census) Run(ctx context.Context) {
	for {
		wait := awaitDuty
		if c.Here() {
			c.Look(ctx)
			wait = c.Every
		}
		for end := c.Clock.Now().Add(wait); ; {
			left := min(awaitDuty, end.Sub(c.Clock.Now()))
			if left <= 0 || wait > awaitDuty && !c.Here() {
				break
			}
			if c.Clock.Sleep(ctx, left) != nil {
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// Look asks each service that is due, once.
func (c *Census) Look(ctx context.Context) {
	c.once.Do(func() { c.ris, c.standing = inventory.NewRIS(inventory.Service{}), make(Standing) })
	names, err := c.Devices(ctx)
	if err != nil || len(names) == 0 {
		return // the rounds meet the same error, and say it
	}
	for _, service := range []string{RIS, AXL} {
		open := c.Open[service]
		was := c.standing[service]
		now := c.Clock.Now()
		if open == nil || service == AXL && was.Problem == "" && now.Sub(was.Asked) < max(setUpEvery, c.Every) && !was.Asked.After(now) {
			continue
		}
		ask := c.where
		if service == AXL {
			ask = c.setUp
		}
		n, err := c.ask(ctx, open, ask, names)
		if ctx.Err() != nil {
			return
		}
		c.note(service, n, err)
	}
	if err := c.Tell(ctx, c.standing); err != nil && ctx.Err() == nil {
		c.Log.Debug("how the inventory stands is not told", "cluster", c.Cluster, "err", err)
	}
}

// question asks a service about phones, and returns what is worth to be kept of the answer, also
// with an error.
type question func(ctx context.Context, s inventory.Service, names []string, asked time.Time) ([]phones.News, error)

func (c *Census) ask(ctx context.Context, open func() (inventory.Service, error), ask question, names []string) (n int, err error) {
	s, err := open()
	if err != nil {
		return 0, err
	}
	asked := c.Clock.Now()
	news, err := ask(ctx, s, names, asked)
	if len(news) > 0 {
		if _, failed := c.Save(ctx, news, c.Clock.Now()); failed != nil {
			return 0, cmp.Or(err, failed)
		}
	}
	return len(news), err
}

// note notes how a service stands, and tells the log when that has begun or ended.
func (c *Census) note(service string, n int, err error) {
	was := c.standing[service]
	is := was
	is.Asked = c.Clock.Now()
	switch {
	case err == nil:
		is = Service{Asked: is.Asked, Answered: is.Asked, Phones: n}
		if was.Problem != "" {
			c.Log.Info("inventory is answered again", "cluster", c.Cluster, "service", Names[service])
		}
	case was.Problem == "":
		is.Problem, is.Since = err.Error(), is.Asked
		c.Log.Warn("inventory is not answered: where phones are stays as it was known", "cluster", c.Cluster, "service", Names[service], "err", err)
	default:
		is.Problem = err.Error()
	}
	c.standing[service] = is
	if was.Problem != is.Problem {
		c.Watch(maps.Clone(c.standing))
	}
}

// where asks RISPort70. The address of a phone that is not registered is not news: another may
// have it by now.
func (c *Census) where(ctx context.Context, s inventory.Service, names []string, asked time.Time) ([]phones.News, error) {
	c.ris.Service = s
	found, err := c.ris.Select(ctx, names)
	told := make(map[string]bool, len(found))
	var news []phones.News
	for _, p := range found {
		told[p.Name] = true
		n := phones.News{Cluster: c.Cluster, Device: p.Name, Source: phones.RIS, Seen: asked, Registered: &p.Registered, WebAccess: p.Web}
		if p.Registered && p.Address.IsValid() {
			if at, err := phones.Plain(p.Address); err == nil {
				n.Address = &at
			}
		}
		if !p.Registered {
			n.WebAccess = nil // of then
		}
		news = append(news, n)
	}
	for _, name := range names {
		if err == nil && !told[name] { // nobody has seen it for long
			news = append(news, phones.News{Cluster: c.Cluster, Device: name, Source: phones.RIS, Seen: asked, Registered: new(false)})
		}
	}
	return news, err
}

// setUp asks AXL.
func (c *Census) setUp(ctx context.Context, s inventory.Service, names []string, asked time.Time) ([]phones.News, error) {
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	axl := &inventory.AXL{Service: s, Version: c.Version}
	found, err := axl.Phones(ctx, Prefix(names)+"%")
	var news []phones.News
	for _, d := range found {
		if wanted[d.Name] {
			news = append(news, phones.News{Cluster: c.Cluster, Device: d.Name, Source: phones.AXL, Seen: asked, Model: &d.Model, EM: d.EM, Profile: d.Profile})
		}
	}
	return news, err
}

// Prefix is what all names begin with.
func Prefix(names []string) string {
	if len(names) == 0 {
		return ""
	}
	prefix := names[0]
	for _, n := range names {
		for !strings.HasPrefix(n, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}
