package pushes

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"deskd/phone"
	"deskd/phone/push"
	"deskd/scheduler"
	"deskd/scheduler/clock"
	"deskd/scheduler/notices"
	"deskd/scheduler/plan"
)

// Kept is where it is written down what was told.
type Kept interface {
	// Begin writes down that n is being told, and reports whether nobody has before.
	Begin(ctx context.Context, n notices.Notice, now time.Time) (first bool, err error)
	// End writes down what has become of it.
	End(ctx context.Context, n notices.Notice, is notices.Result, now time.Time) error
	// Try writes down why a try came to nothing, and with '' that the next one is under way.
	Try(ctx context.Context, n notices.Notice, problem string) error
	// Abandon writes down that nobody knows what has become of those of which a try is under way;
	// those that wait for the next may begin again.
	Abandon(ctx context.Context, cluster, why string, now time.Time) (int, error)
}

// Notices tells people on the phones of one cluster what they have not asked for. Its fields are
// not changed once it is used.
type Notices struct {
	Cluster string
	Wishes  notices.Wishes
	// Here is the reconciler that drives the cluster, nil while another node does.
	Here func() *scheduler.Reconciler
	// Read reads what notices follow from, but for those that were told.
	Read func(ctx context.Context, now time.Time) (notices.Facts, error)
	// Told are the keys of the notices that were told since an instant.
	Told func(ctx context.Context, since time.Time) ([]string, error)
	Kept Kept
	// Logins asks the phone system who is on phones.
	Logins func(ctx context.Context, devices []string) ([]plan.Observation, error)
	// NextLogins are when logins are due that are near, by desk.
	NextLogins func(ctx context.Context) (map[string]time.Time, error)
	Where      func(ctx context.Context, device string) (netip.Addr, error)
	// Page is the address of the page that a phone shows for a notice, "" where it has none.
	Page  func(n notices.Notice) string
	Push  func(ctx context.Context, to push.Phone, e phone.Execute) error
	Count func(k notices.Kind, o notices.Outcome)
	Clock clock.Clock
	Log   *slog.Logger

	air    *air
	driven *scheduler.Reconciler // by whom the cluster was driven when told was read
	// told are the notices that are not told any more, by their keys: what the database has. When
	// they were noted says when they can be forgotten.
	told    map[string]time.Time
	pending map[string]pending // of which something was tried, by their keys
	mu      sync.Mutex         // of the two: phones are pushed to side by side
}

// pending is a notice that was tried to be told.
type pending struct {
	notices.Notice
	notices.Tries
	begun bool           // its row is written, without an outcome
	ended notices.Result // what could not be written down yet
}

// How often it is looked what is to be told, at most and at least, and for how long it is known
// what was: longer than any of it is due.
const (
	tellsEvery = 10 * time.Second
	tellsApart = time.Second
	remembers  = 48 * time.Hour
)

// Run tells notices until ctx ends. A nil n tells none.
func (n *Notices) Run(ctx context.Context) {
	if n == nil {
		return
	}
	for ctx.Err() == nil {
		timer := time.NewTimer(n.Clock.Real(n.round(ctx)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round tells what is due, and returns how long there is nothing else to do.
func (n *Notices) round(ctx context.Context) (wait time.Duration) {
	here := n.Here()
	if !drives(here) {
		n.driven = nil
		return tellsApart
	}
	now := n.Clock.Now()
	if here != n.driven {
		if err := n.takeOver(ctx, now); err != nil {
			return tellsApart // the rounds meet the same error, and say it
		}
		n.driven = here
	}
	facts, err := n.Read(ctx, now)
	if err != nil {
		return tellsApart
	}
	facts.Told = n.known(now)
	all, next := facts.Due(n.Wishes, now)
	wait = tellsEvery
	if !next.IsZero() {
		wait = min(wait, max(tellsApart, next.Sub(now)))
	}
	n.withdraw(ctx, all)
	n.tell(ctx, here, n.ready(ctx, all, now))
	return wait
}

// withdraw ends those that were tried, and are due no more: the booking has another end by now,
// or the phone another session.
func (n *Notices) withdraw(ctx context.Context, due []notices.Notice) {
	still := make(map[string]bool, len(due))
	for _, one := range due {
		still[one.Key()] = true
	}
	for key, p := range n.pending {
		if !still[key] {
			o := p.ended
			if o.Outcome == "" {
				o = notices.Result{Outcome: notices.NotSent, Problem: p.Problem}
			}
			n.over(ctx, p.Notice, o)
		}
	}
}

// takeOver reads what was told. What was being pushed by the node that drove the cluster before is
// not known any more; what waited for its next try is told by this one.
func (n *Notices) takeOver(ctx context.Context, now time.Time) error {
	if _, err := n.Kept.Abandon(ctx, n.Cluster, "deskd was ended while it was told", now); err != nil {
		return err
	}
	told, err := n.Told(ctx, now.Add(-remembers))
	if err != nil {
		return err
	}
	n.told, n.pending = make(map[string]time.Time), make(map[string]pending)
	for _, key := range told {
		n.told[key] = now
	}
	return nil
}

// known are the notices that are not told any more.
func (n *Notices) known(now time.Time) map[string]bool {
	all := make(map[string]bool, len(n.told))
	for key, at := range n.told {
		if now.Sub(at).Abs() > remembers {
			delete(n.told, key)
			continue
		}
		all[key] = true
	}
	return all
}

// ready are those of all whose next try is now. What is too late, or was tried in vain for long
// enough, is over.
func (n *Notices) ready(ctx context.Context, all []notices.Notice, now time.Time) (ready []notices.Notice) {
	for _, one := range all {
		p := n.pending[one.Key()]
		at, again := p.Again(now)
		switch late := one.Late(now); {
		case p.ended.Outcome != "":
			n.over(ctx, one, p.ended)
		case late != "" && p.Problem == "":
			n.over(ctx, one, notices.Result{Outcome: notices.Dropped, Problem: late})
		case late != "" || !again:
			n.over(ctx, one, notices.Result{Outcome: notices.NotSent, Problem: p.Problem})
		case !at.After(now):
			ready = append(ready, one)
		}
	}
	return ready
}

// telling is a notice for whose phone nothing is known to stand in the way.
type telling struct {
	notices.Notice
	address netip.Addr
	sight   notices.Sight
	claims  int // of logins at the phone, when it was asked who is there
}

// tell looks who is on the phones, and pushes.
func (n *Notices) tell(ctx context.Context, here *scheduler.Reconciler, ready []notices.Notice) {
	if len(ready) == 0 {
		return
	}
	status := here.Status()
	if block := status.First(blinding...); block.Kind != "" {
		for _, one := range ready {
			n.tried(one, "deskd does not ask the phone system: "+string(block.Kind))
		}
		return
	}
	for part := range slices.Chunk(ready, together) {
		var all sync.WaitGroup
		for _, one := range n.look(ctx, part) {
			all.Go(func() { n.push(ctx, here, one) })
		}
		all.Wait()
	}
}

// look asks where phones are, and who is on them.
func (n *Notices) look(ctx context.Context, part []notices.Notice) (all []telling) {
	next, nextErr := n.NextLogins(ctx)
	var devices []string
	for _, one := range part {
		t := telling{Notice: one, claims: n.air.seen(one.Device), sight: notices.Sight{Due: next[one.Desk]}}
		problem := ""
		if nextErr != nil {
			problem = "it cannot be read who has booked the desk"
		} else {
			t.address, problem = address(ctx, n.Where, one.Device)
		}
		if problem != "" {
			n.tried(one, problem)
			continue
		}
		all, devices = append(all, t), append(devices, one.Device)
	}
	if len(devices) == 0 {
		return nil
	}
	slices.Sort(devices)
	asked := n.Clock.Now()
	seen, _ := n.Logins(ctx, slices.Compact(devices)) // of one of which nothing is said, nothing is known
	for _, h := range seen {
		for i := range all {
			if all[i].Device == h.Device {
				due := all[i].sight.Due
				all[i].sight = notices.SightOf(h, asked)
				all[i].sight.Due = due
			}
		}
	}
	return all
}

// push tells one notice, if nothing speaks against it.
func (n *Notices) push(ctx context.Context, here *scheduler.Reconciler, t telling) {
	now := n.Clock.Now()
	over, problem := t.Judge(t.sight, now)
	page := n.Page(t.Notice)
	switch late := t.Late(now); {
	case late != "": // of many phones, the last ones waited
		n.over(ctx, t.Notice, notices.Result{Outcome: notices.Dropped, Problem: late})
		return
	case over != "":
		n.over(ctx, t.Notice, notices.Result{Outcome: over})
		return
	case problem == "" && page == "":
		n.over(ctx, t.Notice, notices.Result{Outcome: notices.NotSent, Problem: "the address of its page is too long for a phone"})
		return
	case problem != "":
		n.tried(t.Notice, problem)
		return
	}
	flight, land := n.air.takeOff(ctx, t.Device)
	if flight == nil || n.air.seen(t.Device) != t.claims || !drives(here) {
		if land != nil {
			land()
		}
		n.tried(t.Notice, "a login at the phone began meanwhile")
		return
	}
	defer land()
	if !n.begin(ctx, t.Notice) {
		return
	}
	err := n.Push(flight, push.Phone{Name: t.Device, Address: t.address}, phone.Execute{
		Items: []phone.ExecuteItem{{URL: page, Priority: priorityOf(t.Kind)}},
	})
	n.heard(ctx, flight, t.Notice, err)
}

// priorityOf is when a phone shows a notice. That the next person waits is for someone who may be
// in a call, and their phone shows it at once; all others wait for the end of a call.
func priorityOf(k notices.Kind) phone.Priority {
	if k == notices.Next {
		return phone.AtOnce
	}
	return phone.WhenIdle
}
