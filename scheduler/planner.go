package scheduler

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/clock"
	"deskd/scheduler/guard"
	"deskd/scheduler/idle"
	"deskd/scheduler/observe"
	"deskd/scheduler/permits"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/wave"
)

// planner plans the rounds of a cluster: it knows what is booked, what the phones show,
// where people are, and what the guards say.
type planner struct {
	*Setup
	books  books
	phones *observe.Phones
	away   observe.Whereabouts
	busy   busy // with the senders
	// how many requests at once the cluster takes, as was learned
	permits *permits.Permits
	// how long the phone system takes for what is sent to it
	service plan.Service

	trust    *clock.Trust
	pause    guard.Pause // as it was last read
	circuit  guard.Circuit
	logouts  *guard.Logouts
	feeds    guard.Feeds
	desks    guard.Desks
	nodes    guard.Nodes
	pace     guard.Pace
	database guard.Database

	standing     *plan.Planner // of the rounds
	held         []plan.Step   // of the last plan, for the clock
	hypothetical bool          // a preview is of another instant than the clock's
}

func newPlanner(setup *Setup, under busy, permits *permits.Permits) *planner {
	log := setup.Log.With("cluster", setup.Cluster)
	trust := clock.NewTrust(setup.Clock, log)
	phones := observe.New(observe.Setup{
		Cluster: setup.Cluster, Journal: setup.Journal, Sightings: setup.Sightings, Access: setup.Access, Duration: setup.Duration, Policy: setup.Policy,
		Log: setup.Log, Attempted: func(a plan.Attempt) { setup.Watch.Attempted(a) },
	}, trust)
	return &planner{
		Setup: setup, books: books{Setup: setup}, phones: phones, away: observe.NewWhereabouts(phones), busy: under, permits: permits,
		trust: trust, logouts: guard.NewLogouts(setup.Cluster, setup.Policy.Brake, log), pace: guard.Pace{PerMinute: setup.Policy.Pace.PerMinute},
		standing: plan.NewPlanner(setup.Policy),
	}
}

// now is the instant by the wall clock alone.
func (p *planner) now() time.Time { return p.trust.Now() }

// plan is what there is to do now: what the phones lack, without what the guards block.
// Those of the clock and of the feeds look at the steps, the brake at what they leave,
// and what stops all or some of it comes last.
func (p *planner) plan(ctx context.Context, want []plan.Login, now time.Time) ([]plan.Step, error) {
	p.phones.Outage.Note(p.phones.Own(), now)
	planned := p.compare(want, now, false)
	if p.Idle != nil {
		planned = p.Idle(idle.Scene{Seen: p.phones.Seen, Want: want, Planned: planned, Wait: p.phones.History.Wait}, now)
	}
	if p.trust.Disprove(p.seen(), p.phones.EndsItself) {
		p.books.read = time.Time{} // with the bookings around the other time
	}
	blocks := p.trust.Blocks(planned, p.seen(), p.otherwise, now)
	blocks = append(blocks, p.feeds.BlocksOf(planned, p.phones.Seen, p.books.world.Calendar, now)...)
	planned, err := p.brake(ctx, plan.Subtract(planned, blocks), now)
	if err != nil {
		return nil, err
	}
	planned = plan.Subtract(planned, append(p.stops(now), p.Calls.Blocks(planned, p.phones.History.Hold, now)...))
	return p.logouts.Explain(planned, p.phones.History, now), nil
}

// stops are the blocks of everything that is sent, or of what is sent to some phones.
func (p *planner) stops(now time.Time) []plan.Block {
	blocks := append(p.pause.Blocks(), p.circuit.Blocks(now)...)
	return append(blocks, p.phones.Blocks(now)...)
}

// degraded are the blocks that show what is degraded: of each guard in turn.
func (p *planner) degraded(now time.Time) []plan.Block {
	var all []plan.Block
	for _, blocks := range [][]plan.Block{
		p.pause.Blocks(), p.logouts.Blocks(now, p.trust.Trusted(now)), p.circuit.Blocks(now), p.database.Blocks(), p.nodes.Blocks(),
		p.pace.Blocks(), p.desks.Blocks(), p.trust.States(p.held), p.feeds.Blocks(), p.phones.Unit.Blocks(), p.phones.Outage.Blocks(),
	} {
		all = append(all, blocks...)
	}
	return all
}

// seen is what the clock's guard has to know of the phones.
func (p *planner) seen() clock.Seen {
	return clock.Seen{Phones: p.phones.Seen, History: p.phones.History}
}

// otherwise plans by another clock. That deeds are still to come by it says nothing.
func (p *planner) otherwise(bookings reservations.Calendar, then time.Time) ([]plan.Login, []plan.Step) {
	world := p.books.world
	world.Calendar = bookings
	want := p.books.wantedOf(world, then)
	return want, p.compare(want, then, true)
}

// compare is [plan.Plan] on what was last seen; hypothetical says that it is for another
// instant than the clock's. The plans for the clock's own are made by one that goes on.
func (p *planner) compare(want []plan.Login, now time.Time, hypothetical bool) []plan.Step {
	policy := p.learned()
	if hypothetical || p.hypothetical {
		return plan.Plan(p.input(want, true), policy, now)
	}
	p.phones.Brief(p.standing)
	p.standing.Want(want)
	p.standing.Recall(p.phones.History, p.facts(false))
	steps := p.standing.Plan(plan.Round{Now: now, Pace: policy.Pace, Service: p.service, UnderWay: p.busy.devices, Away: p.away.ForPlan()})
	if compared != nil {
		compared(steps, func() []plan.Step { return plan.Plan(p.input(want, false), policy, now) })
	}
	return steps
}

// compared, in tests, is given every plan that was made by going on, and the way to make
// it from scratch.
var compared func(steps []plan.Step, scratch func() []plan.Step)

func (p *planner) facts(hypothetical bool) plan.Facts {
	return plan.Facts{Lost: p.phones.Outage.Lost, Units: p.phones.Unit.Units, Misdated: p.trust.Misdated, Hypothetical: hypothetical}
}

// input is all that a plan from scratch has to know.
func (p *planner) input(want []plan.Login, hypothetical bool) plan.Input {
	in := plan.Input{
		Want: want, Observed: make([]plan.Observation, 0, len(p.phones.Devices)), History: p.phones.History, Away: p.away.ForPlan(), Service: p.service, UnderWay: p.busy.devices,
		Facts: p.facts(hypothetical),
	}
	for _, device := range p.phones.Devices {
		in.Observed = append(in.Observed, p.phones.Seen[device])
	}
	return in
}

// confirmOutage has the phones asked once more whose sessions have vanished together. An
// alarm that says why they end together stands, and nobody is logged in again.
func (p *planner) confirmOutage(now time.Time) {
	p.phones.Outage.Note(p.phones.Own(), now)
	if p.phones.Unit.Units != "" {
		return
	}
	for _, device := range p.phones.Outage.Confirm(p.phones.Seen, now) {
		h := p.phones.Seen[device]
		h.Known = false
		p.phones.Show(h)
		p.phones.LookAt(device, now.Add(plan.LookAfter))
	}
}

// learned is the policy at the pace that the cluster takes, as far as was learned.
func (p *planner) learned() plan.Policy {
	policy := p.Policy
	policy.Pace = p.permits.Pace(policy.Pace)
	return policy
}

// clusterPace is how much the cluster takes.
func (p *planner) clusterPace() wave.Pace { return p.learned().Pace.Wave(p.service, 0, 0) }

// scene is what the brake on early logouts has to know.
func (p *planner) scene(now time.Time) guard.Scene {
	return guard.Scene{
		Seen: p.phones.Seen, History: p.phones.History, Busy: func(device string) bool { return p.busy.devices[device] },
		Own: p.phones.Own(), Now: now, Trusted: p.trust.Trusted(now),
	}
}

// brake holds back the early logouts of a plan, if there are too many.
func (p *planner) brake(ctx context.Context, planned []plan.Step, now time.Time) ([]plan.Step, error) {
	scene := p.scene(now)
	if ask := p.logouts.Look(planned, scene); len(ask) > 0 {
		fates, err := p.Book.Fates(ctx, ask, now)
		if err != nil {
			return nil, fmt.Errorf("read who has changed bookings: %w", err)
		}
		p.logouts.Learn(ask, fates)
	}
	return p.logouts.Withhold(planned, scene), nil
}

// recordHeldLogouts writes down what the last plan holds back, and what is over.
func (p *planner) recordHeldLogouts(ctx context.Context, now time.Time) error {
	further, over := p.logouts.Changes(p.scene(now))
	if len(further)+len(over) == 0 {
		return nil
	}
	if err := p.States.KeepLogouts(ctx, p.Cluster, further, over); err != nil {
		return fmt.Errorf("record held logouts: %w", err)
	}
	kept, err := p.States.HeldLogouts(ctx, p.Cluster)
	if err != nil {
		return fmt.Errorf("read held logouts: %w", err)
	}
	p.logouts.Stored = kept
	return nil
}

// holds record what is held; sweeping says that some phones are still to be asked.
func (p *planner) holds(sweeping bool) holds {
	return holds{p.phones, len(p.feeds.Pending) > 0, !p.circuit.Well() || sweeping, p.busy}
}

// readDecisions takes in whether the cluster is paused, which logouts are held, and which
// feeds were not read yet.
func (p *planner) readDecisions(ctx context.Context, now time.Time) error {
	pause, err := p.States.Pause(ctx, p.Cluster)
	if err != nil {
		return fmt.Errorf("read pause: %w", err)
	}
	held, err := p.States.HeldLogouts(ctx, p.Cluster)
	if err != nil {
		return fmt.Errorf("read held logouts: %w", err)
	}
	p.pause = pause
	p.logouts.Read(held)
	if p.Unsynced != nil {
		unsynced, err := p.Unsynced(ctx, now)
		p.feeds = guard.Feeds{Unsynced: unsynced}
		return err
	}
	return nil
}

// noteRound lets the guards look at the end of a round. While the cluster does not
// answer, or is paused, what is known of single phones and nodes stays.
func (p *planner) noteRound(planned []plan.Step, left int, now time.Time) {
	p.held = planned
	if p.circuit.Well() {
		p.nodes.Note(p.Access.Down())
		p.desks.Tried(p.phones.Failing(planned), p.pendingAt())
	}
	if !p.pause.On() && !now.Before(p.circuit.SilentUntil()) {
		p.pace.Note(left)
	}
}

// pendingAt reports of a desk whether the next try there is under way, or was answered
// and nothing is seen of it yet.
func (p *planner) pendingAt() func(desk string) bool {
	devices := sync.OnceValue(func() map[string]string {
		devices := make(map[string]string, len(p.books.world.Desks))
		for _, d := range p.books.world.Desks {
			devices[d.ID] = d.Device
		}
		return devices
	})
	return func(desk string) bool {
		device, known := devices()[desk]
		_, unproved := p.phones.Unproved[device]
		return known && (unproved || p.busy.devices[device] || len(p.phones.Open[device]) > 0)
	}
}

// examineClock compares the clock with the phone system's, and reports whether a step has
// to be planned again.
func (p *planner) examineClock() bool {
	if p.Beside || !p.trust.Examine(p.Access.Date(), p.phones.Newest) {
		return false
	}
	p.books.read = time.Time{} // with the bookings around the other time
	return true
}

// Trusted is the instant by the clock that was trusted last, which is that of now
// unless the wall clock has jumped and is not believed yet. It may be called from
// any goroutine, and is up to date also while a round is under way.
func (p *planner) Trusted(now time.Time) time.Time { return p.trust.Trusted(now) }

// prove writes something known to a database that has failed: a round with
// nothing to write says nothing about a full disk. State is what is remembered of the
// cluster.
func (p *planner) prove(ctx context.Context, state guard.ClusterState) error {
	if !p.database.Failed() {
		return nil
	}
	for _, device := range p.phones.Devices {
		if h := p.phones.Seen[device]; !h.At.IsZero() {
			return p.Sightings.See(ctx, []plan.Observation{h})
		}
	}
	return p.States.SaveClusterState(ctx, state)
}
