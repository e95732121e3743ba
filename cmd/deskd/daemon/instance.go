package daemon

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"deskd/cmd/deskd/pushes"
	"deskd/cmd/deskd/remarks"
	"deskd/cmd/deskd/resting"
	"deskd/configs"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/booked"
	"deskd/scheduler/drive"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/scheduler/release"
	"deskd/store"
	"deskd/web"
	"deskd/web/api/events"
	"deskd/web/phone"
	"deskd/web/view"
)

// Instance is everything that runs by one configuration, wired together.
type Instance struct {
	*Parts
	aside     *store.Store // read by pages alone: however many readers they have, the rounds do not wait
	shown     *view.Model  // of aside
	board     *view.Live   // what is in memory of it
	reads     *web.Reads   // of board
	scheduler *drive.Scheduler
	shared    *shared                   // with other nodes; nil where the database is this daemon's alone
	access    map[string]*phones.Access // by cluster
	pushes    []*pushes.Cluster         // in the order of the clusters; nil where nothing is pushed
	rests     *resting.House            // nil where nobody is logged out for being idle
	metrics   *web.Metrics
	page      http.Handler
	events    *events.Hub   // for programs that listen
	asked     chan struct{} // holds one when a program has left a request
	began     time.Time
	notices   notices
	notified  *remarks.Told             // what phones were told; nil where they are told nothing
	ruled     *remarks.Watch            // counts the bookings that break rules
	arrivals  *release.Watch            // nil where nobody has to check in
	adopted   atomic.Pointer[time.Time] // when the database was restored or taken over, zero for not lately; nil until it is known
	hung      atomic.Bool               // rounds were found to stand still
	set       func() time.Duration      // by how much the clock was set since
	lock      store.Lock                // of the database; nil in tests
	// examination is the check of the database, nil in tests
	examination *Examination
	// What the file of anchors was told last, whether that failed since, and the
	// hash that log and metrics were told.
	anchored   store.Anchor
	unanchored bool
	told       string
	replaced   time.Time          // since when a file of the database is another one; zero while none is
	astray     map[[2]string]bool // by kind and name: what the log was told of
	answering  sync.Mutex         // held by the one who answers requests
	running    sync.WaitGroup     // of the same
	renew      chan struct{}      // holds one when all that is remembered is to be read again
	unchained  chan struct{}      // holds one when other programs have written
	walkups    chan string        // clusters to be asked who has logged in at a phone
	settings   configs.Settings   // that other nodes need alike
}

// New wires an app's parts. Besides the metrics, also is told what happens.
func New(a *Parts, also ...scheduler.Watcher) (*Instance, error) {
	d := &Instance{Parts: a, access: make(map[string]*phones.Access), began: a.Clock.Now(), set: a.Clock.Watch(), renew: make(chan struct{}, 1), unchained: make(chan struct{}, 1), walkups: make(chan string, 16), asked: make(chan struct{}, 1)}
	d.metrics = web.NewMetrics(Version(), d.clusters, a.Clock.Now)
	watch := append(watchers{d.metrics}, also...)
	d.scheduler = &drive.Scheduler{
		Jobs:    drive.Jobs{Sweep: a.Config.Jobs.Sweep, Nightly: a.Config.Jobs.Nightly, Zone: a.View.Zone("")},
		Journal: a.Store, Clock: a.Clock, Log: a.Log,
		Changed: a.Store.Changed, Listen: a.Store.Listen, OnChange: d.others, Retain: d.retain,
	}
	aside, err := a.Store.Aside()
	settings, wrong := a.Config.Settings()
	if err := errors.Join(err, wrong); err != nil {
		return nil, err
	}
	shown := *a.View
	d.aside, d.shown, d.settings, d.rests = aside, &shown, settings, resting.Of(a.Config, aside, a.Store, a.PhonesBy).By(a.Clock, a.Log)
	d.ruled = d.watchRules()
	if a.Config.Phones.Tells().Any() {
		d.notified = &remarks.Told{List: aside.PhoneNotices().List}
	}
	shown.Records, shown.Remarks, shown.Broken = recordsOf(aside), d.remarks, d.ruled.Counts
	d.board = view.NewLive(&shown, d.clusters, d.say)
	a.house = booked.New(a.Store, a.Store, Policy(a.Config, configs.Cluster{}).Window)
	if store.IsServer(a.Config.Database.DSN) {
		d.shared = newShared(d)
		d.scheduler.Duties = d.shared.own
	}
	pusher := d.pusher()
	for _, c := range a.Config.Clusters {
		if err := d.add(c, watch, pusher); err != nil {
			return nil, err
		}
	}
	d.awaitArrivals()
	d.reads = web.NewReads(d.board.Look, a.Log)
	d.metrics.Degraded(d.reads, a.Clock.Now)
	d.metrics.LogLost(a.Pipe.Lost)
	if a.Identity != nil {
		d.metrics.Identity(a.Identity)
	}
	if d.shared != nil {
		d.metrics.Nodes(d.shared.running.Load)
		d.scheduler.Feeds = a.poller(watch, d.shared.calendars())
		d.scheduler.Feeds.LeaveToOthers()
	} else {
		d.scheduler.Feeds = a.poller(watch, a.Store)
	}
	programs, err := d.programs()
	if err != nil {
		return nil, err
	}
	var door *web.Door
	if a.Config.Pages == configs.PagesToken {
		door = web.NewDoor(a.Store.Tokens(), a.Clock.Now, a.Log)
	}
	d.page, err = web.Handler(web.Deps{
		Door:  door,
		Reads: d.reads, Metrics: d.metrics.Handler(), API: programs, Calendars: a.calendars(), Phones: d.phonePages(), Hosts: a.Config.PageHosts(), Now: a.Clock.Now, Log: a.Log,
	})
	return d, err
}

// add wires a cluster.
func (d *Instance) add(c configs.Cluster, watch watchers, pusher *pushes.Pushes) error {
	access, err := d.Access(c)
	if err != nil {
		return err
	}
	d.access[c.Name] = access
	i := len(d.scheduler.Clusters)
	pushed := pusher.Cluster(c.Name, access, func() *scheduler.Reconciler { return d.scheduler.Clusters[i].Here() })
	to := outlets{watch: watch, board: d.board, pushed: pushed, rests: d.rests.Cluster(c.Name, func() { d.scheduler.Clusters[i].Kick() })}
	d.pushes = append(d.pushes, pushed)
	if d.shared != nil {
		d.scheduler.Clusters = append(d.scheduler.Clusters, d.shared.cluster(c, access, to))
		return nil
	}
	to.ledger = d.Store
	d.scheduler.Clusters = append(d.scheduler.Clusters, d.reconciler(c, access, to))
	return nil
}

// pusher is what has phones do something.
func (d *Instance) pusher() *pushes.Pushes {
	return pushes.New(pushes.Setup{
		Config: d.Config, Store: d.Store, Aside: d.aside, Transport: d.PhonesBy, Count: d.metrics.CallList, Told: d.board.CallList,
		CountNotice: d.metrics.Notice, Page: phone.NoticeAddress, Clock: d.Clock, Log: d.Log,
	})
}

// watchers tells several watchers what happened.
type watchers []scheduler.Watcher

func (ws watchers) Attempted(a plan.Attempt) {
	for _, w := range ws {
		w.Attempted(a)
	}
}

func (ws watchers) Swept(cluster string, devices int, took time.Duration, err error) {
	for _, w := range ws {
		w.Swept(cluster, devices, took, err)
	}
}

func (ws watchers) Polled(s reservations.FeedState) {
	for _, w := range ws {
		w.Polled(s)
	}
}

// live is the daemon's life, until ctx ends. What makes it impossible to go on
// ends the process by stop.
func (d *Instance) live(ctx context.Context, stop context.CancelCauseFunc) error {
	d.running.Go(func() { d.guard(ctx, stop) })
	d.running.Go(func() { d.lookBack(ctx) })
	d.running.Go(func() { d.reads.Keep(ctx) })
	d.running.Go(func() { d.chainAudit(ctx) })
	d.running.Go(func() { d.measure(ctx) })
	d.running.Go(func() { d.sayNode(ctx) })
	d.running.Go(func() { d.lookAtWalkups(ctx) })
	d.running.Go(func() { d.rests.Run(ctx) })
	for _, c := range d.pushes {
		d.running.Go(func() { c.Run(ctx) })
	}
	d.running.Go(func() { d.ruled.Run(ctx) })
	for _, c := range d.censuses() {
		d.running.Go(func() { c.Run(ctx) })
	}
	d.running.Go(func() { d.events.Run(ctx) })
	d.running.Go(func() { d.attendPrograms(ctx) })
	d.answer(ctx) // what the daemon before did not come to
	err := d.scheduler.Run(ctx)
	d.running.Wait()
	return err
}
