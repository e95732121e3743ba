package web

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// gauge is a metric whose value is read from a T at each scrape.
type gauge[T any] struct {
	desc  *prometheus.Desc
	value func(T) float64
}

func gaugeOf[T any](label, name, help string, value func(T) float64) gauge[T] {
	return gauge[T]{prometheus.NewDesc("deskd_"+name, help, []string{label}, nil), value}
}

// read is the metric of v. One that cannot be, for a label that is not UTF-8,
// fails the scrape and not the daemon.
func (g gauge[T]) read(v T, label string) prometheus.Metric {
	m, err := prometheus.NewConstMetric(g.desc, prometheus.GaugeValue, g.value(v), label)
	if err != nil {
		return prometheus.NewInvalidMetric(g.desc, err)
	}
	return m
}

// clusterGauges reads how the clusters stand at each scrape.
type clusterGauges struct {
	clusters func() []scheduler.ClusterStatus
	gauges   []gauge[scheduler.ClusterStatus]
}

func newClusterGauges(clusters func() []scheduler.ClusterStatus, now func() time.Time) clusterGauges {
	type status = scheduler.ClusterStatus
	of := func(name, help string, value func(status) float64) gauge[status] {
		return gaugeOf("cluster", name, help, value)
	}
	return clusterGauges{clusters, []gauge[status]{
		of("queue_length", "Logins and logouts due and not sent.", func(s status) float64 { return float64(s.Waiting) }),
		of("open_intents", "Logins and logouts whose outcome is not known.", func(s status) float64 { return float64(s.Open) }),
		of("round_age_seconds", "Since the last round was finished; infinite if none ever was.", func(s status) float64 { return age(s.Round, now()) }),
		of("sweep_age_seconds", "Since the phone system last answered a full check; infinite if it never did.", func(s status) float64 { return age(s.Swept, now()) }),
		of("cluster_concurrency", "Logins and logouts that are sent at once, as was learned that the phone system takes beside people.", func(s status) float64 { return float64(s.Concurrent) }),
		of("cluster_concurrency_configured", "Logins and logouts that may be sent at once: max_concurrent.", func(s status) float64 { return float64(s.MaxConcurrent) }),
		of("cluster_driven", "1 on the node that drives the cluster; of several that share a server, the others show what it told last.", func(s status) float64 { return truth(s.Here) }),
		of("cluster_takeovers", "How often the cluster has changed hands between nodes.", func(s status) float64 { return float64(s.Takeovers) }),
		of("cluster_nodes_down", "Nodes that do not answer while others stand in for them.", func(s status) float64 { return float64(s.Count(plan.KindNode)) }),
		of("cluster_silent", "Queries without an answer, in a row.", func(s status) float64 { return float64(s.Silent) }),
		of("cluster_halted", "1 while nothing is sent because the phone system refuses deskd.", func(s status) float64 { return truth(s.Count(plan.KindRefused, plan.KindUnanswered) > 0) }),
		of("cluster_paused", "1 while nothing is sent because a person has paused the cluster.", func(s status) float64 { return truth(s.Count(plan.KindPaused) > 0) }),
		of("cluster_unit_doubtful", "1 while sessions end after as many seconds as minutes were asked for.", func(s status) float64 { return truth(s.Count(plan.KindUnit) > 0) }),
		of("clock_jumped", "1 while phones or steps wait because the clock has jumped, or is not where it was before the start.", func(s status) float64 { return truth(s.Count(plan.KindClock) > 0) }),
		of("cluster_sessions_lost", "Sessions that vanished together and are still to be begun again.", func(s status) float64 { return float64(s.Count(plan.KindSessionsLost)) }),
		of("held_logouts", "Sessions whose logout waits for a person because many bookings were cut short at once.", func(s status) float64 { return float64(s.Count(plan.KindHeldLogouts)) }),
		of("forecast_late_phones", "Phones that are or will be late: of bookings of the coming hour, and of those that have begun and wait for their first login.", func(s status) float64 { return ahead(s).late }),
		of("forecast_lateness_seconds", "By how much the last of them will be late.", func(s status) float64 { return ahead(s).most }),
		of("desks", "Desks of the cluster.", func(s status) float64 { return float64(s.Desks) }),
		of("desks_without_person", "Booked desks whose phone shows nobody, or another person, a minute or more after the booking's start.", func(s status) float64 { return float64(s.WithoutPerson) }),
		of("desks_no_device", "Desks whose phone the phone system did not know at the last full check.", func(s status) float64 { return float64(s.Count(plan.KindUnknownDevice)) }),
		of("desks_unknown", "Desks whose phone's state is not known.", func(s status) float64 { return float64(s.Unknown) }),
	}}
}

// lateness is how many phones will be late, and by how many seconds the last.
type lateness struct{ late, most float64 }

// ahead is that of the coming hour.
func ahead(s scheduler.ClusterStatus) lateness {
	if s.Ahead == nil {
		return lateness{}
	}
	return lateness{float64(s.Ahead.Late), s.Ahead.Most.Seconds()}
}

// Describe implements [prometheus.Collector].
func (c clusterGauges) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range c.gauges {
		ch <- g.desc
	}
}

// Collect implements [prometheus.Collector].
func (c clusterGauges) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.clusters() {
		for _, g := range c.gauges {
			ch <- g.read(s, s.Cluster)
		}
	}
}

// feedGauges shows how each feed stood after its last poll. A feed's age grows
// between polls, so that it is worked out at the scrape.
type feedGauges struct {
	gauges []gauge[reservations.FeedState]

	mu   sync.Mutex
	last map[string]reservations.FeedState
}

func newFeedGauges(now func() time.Time) *feedGauges {
	type state = reservations.FeedState
	of := func(name, help string, value func(state) float64) gauge[state] {
		return gaugeOf("feed", name, help, value)
	}
	return &feedGauges{last: make(map[string]state), gauges: []gauge[state]{
		of("feed_age_seconds", "Since the server last said what the feed holds; infinite if it never did.", func(s state) float64 { return age(s.Good, now()) }),
		of("feed_failures", "Failed polls in a row.", func(s state) float64 { return float64(s.Failures) }),
		of("feed_unread", "Events of the last good state that were not understood.", func(s state) float64 { return float64(s.Unread) }),
		of("feed_kept", "Bookings that stay as they were because their events are not understood any more.", func(s state) float64 { return float64(s.Kept) }),
		of("feed_noted", "Events of the last good state that were understood in a way their owner should know of, such as a time zone nobody knows.", func(s state) float64 { return float64(s.Noted) }),
		of("feed_tentative", "Bookings of the last good state whose desk has not answered its invitation.", func(s state) float64 { return float64(s.Tentative) }),
		of("feed_held", "Bookings a held change would take away; 0 when none waits for an answer.", heldLoss),
		of("feed_held_added", "Bookings a held change would add; 0 when none waits for an answer.", heldGain),
		of("feed_rejected", "1 while a feed is not followed because its held change was rejected.", func(s state) float64 { return truth(s.HeldRejected) }),
	}}
}

// heldLoss is what waits for a person to decide; a rejected change does not.
func heldLoss(s reservations.FeedState) float64 {
	if s.HeldRejected {
		return 0
	}
	return float64(s.HeldLoss)
}

func heldGain(s reservations.FeedState) float64 {
	if s.HeldRejected {
		return 0
	}
	return float64(s.HeldGain)
}

func (f *feedGauges) keep(s reservations.FeedState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[s.Name] = s
}

// Describe implements [prometheus.Collector].
func (f *feedGauges) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range f.gauges {
		ch <- g.desc
	}
}

// Collect implements [prometheus.Collector].
func (f *feedGauges) Collect(ch chan<- prometheus.Metric) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, s := range f.last {
		for _, g := range f.gauges {
			ch <- g.read(s, name)
		}
	}
}

// age never falls below zero, and is infinite where nothing was ever good: an
// alert on an old feed has to catch the one that never worked.
func age(good, now time.Time) float64 {
	if good.IsZero() {
		return math.Inf(1)
	}
	return max(0, now.Sub(good).Seconds())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
