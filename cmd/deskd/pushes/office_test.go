package pushes_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskd/cmd/deskd/pushes"
	"deskd/cmd/emulator/house"
	"deskd/configs"
	"deskd/emapi"
	service "deskd/emapi/emulator"
	"deskd/phone"
	"deskd/phone/emulator"
	pushing "deskd/phone/push"
	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/clock"
	"deskd/scheduler/drive"
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
	"deskd/store"
	where "deskd/store/phones"
)

// office is a cluster with its phones, the people at them, and a deskd that clears their lists of
// calls: all but the clock is real.
type office struct {
	*testing.T
	cluster *service.Emulator
	house   *house.House
	store   *store.Store
	config  configs.Config
	secret  string // the file of the pusher's password
	random  *rand.Rand
	log     bytes.Buffer
	counts  map[string]int
	mu      sync.Mutex
	pushed  []string     // by whatever deskd: when, to which phone, with what result
	failing atomic.Int32 // so many outcomes cannot be written down

	dead    *atomic.Bool // the deskd that runs was killed
	lost    atomic.Bool  // another drives the cluster
	reads   atomic.Int64 // how long the journal is read, a time.Duration
	begins  atomic.Int64 // how long an intent is written, likewise
	journal scheduler.Journal
	stop    context.CancelFunc
	kick    func() // as another program's change does
	running chan struct{}
	relogin plan.Relogin // of the policy
	unsaid  atomic.Int32 // so many outcomes of notices cannot be written down
	silent  atomic.Bool  // phones take notices, and the answer is lost

	calls map[string][]string // by phone: those of the session that runs
	of    map[string]string   // whose that is
	n     int
}

func (o *office) ok(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

const day = 24 * time.Hour

// spoil gives some phones faults for good.
func (o *office) spoil() {
	for i, home := range o.house.Homes() {
		switch {
		case i == 3:
			home.SetFaults(emulator.Faults{WebAccessOff: true})
		case i == 4:
			home.SetFaults(emulator.Faults{Slow: 20 * time.Second})
		case i == 5:
			home.SetFaults(emulator.Faults{Padded: true})
		case i == 6:
			home.SetFaults(emulator.Faults{Old: true})
		}
	}
}

// refuses is the phone that is none of the user's controlled devices.
var refuses = service.DeviceName(7)

func newOffice(t *testing.T, n int) *office {
	o := &office{T: t, random: rand.New(rand.NewPCG(1, 2)), counts: make(map[string]int), calls: make(map[string][]string), of: make(map[string]string)}
	o.cluster = service.New(service.Options{AppID: "deskd", Password: "secret", Restart: service.RealRestarts(), Times: service.RealTimes()})
	o.cluster.Populate(n, 4*n)
	var err error
	o.house, err = house.New(o.cluster, house.Options{First: netip.MustParseAddr("10.0.0.1"), Phones: emulator.Options{
		Service: pages{},
		Authenticate: func(user, password, device string) bool {
			return user == "pusher" && password == "secret" && device != refuses
		},
	}})
	o.ok(err)
	o.secret = filepath.Join(t.TempDir(), "push-password")
	o.password("secret")
	o.config = configs.Default()
	o.config.Phones = configs.Phones{Networks: []string{"10.0.0.0/16"}, ClearHistory: true, Push: configs.Push{User: "pusher", PasswordFile: o.secret}}
	o.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "deskd.db"), store.Options{})
	o.ok(err)
	o.ok(o.store.Configure(t.Context(), []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}))
	var desks []reservations.Desk
	var people []reservations.Person
	for i := range n {
		desks = append(desks, reservations.Desk{ID: fmt.Sprintf("D%d", i+1), Site: "here", Cluster: "main", Device: service.DeviceName(i + 1)})
	}
	for i := range 4 * n {
		people = append(people, reservations.Person{ID: service.UserName(i + 1)})
	}
	_, err = o.store.ImportDesks(t.Context(), desks, false)
	o.ok(err)
	_, err = o.store.ImportPeople(t.Context(), people, false)
	o.ok(err)
	o.inventory()
	return o
}

// inventory has deskd know where the phones are now.
func (o *office) inventory() {
	var news []where.News
	for _, home := range o.house.Homes() {
		at := home.Address
		news = append(news, where.News{Cluster: "main", Device: home.Name(), Source: where.RIS, Seen: time.Now(), Address: &at})
	}
	_, err := o.store.Phones().Save(o.Context(), news, time.Now())
	o.ok(err)
}

var errKilled = errors.New("the process was killed")

// grave is a store that a killed process writes nothing to.
type grave struct {
	*store.Store
	dead   *atomic.Bool
	begins *atomic.Int64
}

func (g grave) Begin(ctx context.Context, a plan.Attempt) (plan.Attempt, error) {
	if g.dead.Load() {
		return a, errKilled
	}
	time.Sleep(time.Duration(g.begins.Load()))
	return g.Store.Begin(ctx, a)
}

func (g grave) Finish(ctx context.Context, a plan.Attempt, seen ...plan.Observation) error {
	if g.dead.Load() {
		return errKilled
	}
	return g.Store.Finish(ctx, a, seen...)
}

// start runs a deskd.
func (o *office) start() {
	o.dead, o.running = new(atomic.Bool), make(chan struct{})
	dead, done := o.dead, o.running
	access, err := phones.NewAccess(func() (phones.System, []string, error) {
		client, err := emapi.New(emapi.Config{URL: "http://cucm" + service.Path, AppID: "deskd", Password: emapi.NewSecret("secret"), HTTP: o.cluster.Transport()})
		return phones.EM{Client: client, Duration: phones.Duration{Unit: time.Minute, Pad: 5*time.Minute + time.Duration(o.config.Policy.End.WaitForCall)}}, nil, err
	})
	o.ok(err)
	log := slog.New(slog.NewTextHandler(&o.log, nil))
	var r *scheduler.Reconciler
	pusher := pushes.New(pushes.Setup{
		Config: o.config, Store: o.store, Aside: o.store, Transport: o.house, Clock: clock.Clock{}, Log: log,
		Told:        func(string, int64, string) {},
		Count:       o.count,
		CountNotice: func(kind, outcome string) { o.count(kind + " " + outcome) },
		Page: func(base, device, kind, about string) string {
			return base + "?name=" + device + "&k=" + kind + "&r=" + about
		},
	})
	lists := pusher.Lists("main", access, func() *scheduler.Reconciler { return r })
	if lists != nil {
		o.watch(lists, dead)
	}
	here := func() *scheduler.Reconciler { return r }
	both := pusher.Looking(pushes.Together(lists, o.notices(pusher.Notices("main", access, here), dead)), "main", here)
	o.journal = both.Heed(grave{o.store, dead, &o.begins})
	policy := plan.DefaultPolicy()
	policy.Relogin = cmp.Or(o.relogin, policy.Relogin)
	policy.Pace = plan.Pace{Concurrent: 5} // requests that are to be some time apart wait in a way that stops the clock of a bubble
	r = scheduler.NewReconciler(scheduler.Setup{
		Cluster: "main", Book: o.store, Changes: o.store, Journal: o.journal, Sightings: o.store, States: o.store, Access: access,
		Duration: phones.Duration{Unit: time.Minute, Pad: 5*time.Minute + time.Duration(o.config.Policy.End.WaitForCall)}, Limit: emapi.NewLimit(5, 0), Policy: policy, Log: log, Watch: scheduler.Unwatched{}, Calls: both.Calls(time.Duration(o.config.Policy.End.WaitForCall)),
	})
	r.Fence = func() error {
		if o.lost.Load() {
			return errKilled
		}
		return nil
	}
	s := &drive.Scheduler{
		Clusters: []drive.Cluster{r}, Jobs: drive.Jobs{Sweep: "@every 5m", Nightly: "0 3 * * *"}, Journal: o.store, Clock: clock.Clock{}, Log: log, Changed: o.store.Changed,
	}
	ctx, stop := context.WithCancel(o.Context())
	o.stop, o.kick = stop, r.Kick
	listing := make(chan struct{})
	go func() { both.Run(ctx); close(listing) }()
	go func() {
		if err := s.Run(ctx); err != nil {
			o.Error(err)
		}
		<-listing
		close(done)
	}()
}

// played reports whether a run plays a case of a table: a short one plays a third of them, by
// their names, since all have the same goroutines.
func played(name string) bool {
	drawn := fnv.New32()
	_, _ = drawn.Write([]byte(name))
	return !testing.Short() || drawn.Sum32()%3 == 0
}

// count counts an outcome, of pushes that run at once.
func (o *office) count(outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[outcome]++
}

// watch writes down what lists push, and has them fail as a killed process does.
func (o *office) watch(lists *pushes.Lists, dead *atomic.Bool) {
	record := lists.Record
	lists.Record = func(ctx context.Context, id int64, outcome string) error {
		if dead.Load() || o.failing.Add(-1) >= 0 {
			return errKilled
		}
		return record(ctx, id, outcome)
	}
	attempts := lists.Attempts
	lists.Attempts = func(ctx context.Context, since time.Time, take func(plan.Attempt)) error {
		defer time.Sleep(time.Duration(o.reads.Load()))
		return attempts(ctx, since, take)
	}
	push := lists.Push
	lists.Push = func(ctx context.Context, to pushing.Phone, e phone.Execute) error {
		began := time.Now()
		err := push(ctx, to, e)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.pushed = append(o.pushed, fmt.Sprintf("%s+%s %s", began.Format("15:04:05"), time.Since(began).Round(time.Second), pushing.OutcomeOf(err)))
		if home := o.house.Home(to.Name); err == nil && (len(home.Calls()) > 0 || home.User() != "") {
			o.Errorf("%s: cleared with %q on the phone: %v", to.Name, home.User(), home.Calls())
		}
		return err
	}
}

// halt ends the deskd that runs, if killed without anything being written down any more.
func (o *office) halt(killed bool) {
	o.dead.Store(killed)
	o.stop()
	<-o.running
}

// password is what deskd pushes with from now on.
func (o *office) password(text string) {
	o.Helper()
	o.ok(os.WriteFile(o.secret, []byte(text+"\n"), 0o600))
}

// forget has deskd know no address any more.
func (o *office) forget() {
	o.Helper()
	var nowhere netip.Addr
	for _, home := range o.house.Homes() {
		_, err := o.store.Phones().Save(o.Context(), []where.News{{Cluster: "main", Device: home.Name(), Source: where.RIS, Seen: time.Now(), Address: &nowhere}}, time.Now())
		o.ok(err)
	}
}
