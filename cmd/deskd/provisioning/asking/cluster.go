package asking

import (
	"context"
	"strings"
	"sync"

	"deskd/cmd/deskd/daemon"
	"deskd/cmd/deskd/provisioning"
	"deskd/configs"
	"deskd/phone/inventory"
)

// inquiry is what is asked of one cluster, and what was told.
type inquiry struct {
	*daemon.Parts
	config  configs.Cluster
	setting provisioning.Setting
	silent  bool

	cluster provisioning.Cluster
	desks   []provisioning.Desk
	people  []provisioning.Person
}

// ask asks the services of the cluster beside each other, and then what depends on their
// answers: the phones where they are, and AXL for what each is subscribed to.
func (i *inquiry) ask(ctx context.Context) {
	if i.silent {
		i.quiet()
		return
	}
	axl, why := i.axl()
	var first sync.WaitGroup
	first.Go(func() { i.em(ctx) })
	first.Go(func() { i.places(ctx) })
	first.Go(func() { why = i.setUp(ctx, axl, why) })
	first.Wait()
	i.addresses()
	var then sync.WaitGroup
	then.Go(func() { i.pages(ctx) })
	then.Go(func() { i.subscriptions(ctx, axl, why) })
	then.Wait()
}

// quiet says of what is asked of a cluster as a whole that it was not asked.
func (i *inquiry) quiet() {
	const why = "not asked"
	i.cluster.Service, i.cluster.Controlled = provisioning.Untold[provisioning.Service](why), provisioning.Untold[map[string]bool](why)
	i.cluster.Profiles = provisioning.Untold[map[string]string](why)
	i.addresses()
}

// devices are the names of the desks' phones.
func (i *inquiry) devices() []string {
	names := make([]string, len(i.desks))
	for n := range i.desks {
		names[n] = i.desks[n].Device // and nothing else of it: other goroutines write the rest
	}
	return names
}

// addresses puts each phone to where it is registered, else to where it was known to be.
func (i *inquiry) addresses() {
	for n := range i.desks {
		d := &i.desks[n]
		d.Inside = d.Where.Is.IsValid() && inside(i.Config, d.Where.Is)
	}
}

// each does something with the numbers below n, so many at once.
func each(n, atOnce int, do func(n int)) {
	next := make(chan int)
	var running sync.WaitGroup
	for range min(n, atOnce) {
		running.Go(func() {
			for one := range next {
				do(one)
			}
		})
	}
	for one := range n {
		next <- one
	}
	close(next)
	running.Wait()
}

// reason is why a service has not told something, in words.
func reason(service string, err error) string { return service + ": " + err.Error() }

// over reports whether an error ends the questions to a service: all but that it does not know a
// name.
func over(err error) bool { return err != nil && inventory.KindOf(err) != inventory.NotFound }

// same reports whether a URL is that of deskd's page, whatever its query.
func same(url, page string) bool {
	bare, _, _ := strings.Cut(url, "?")
	return strings.EqualFold(strings.TrimSuffix(bare, "/"), page)
}
