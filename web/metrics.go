package web

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
)

// Metrics counts what happens for Prometheus, in a registry of its own. It is a
// [scheduler.Watcher], may be used from any goroutine, and is made by
// [NewMetrics]. No label holds a person, desk, phone or address.
type Metrics struct {
	registry  *prometheus.Registry
	logins    *prometheus.CounterVec
	logouts   *prometheus.CounterVec
	holds     *prometheus.CounterVec
	drift     *prometheus.CounterVec
	lateness  *prometheus.HistogramVec
	sweeps    *prometheus.CounterVec
	sweepTime *prometheus.HistogramVec
	auditHead *prometheus.GaugeVec
	sweepSize *prometheus.GaugeVec
	checkTime *prometheus.GaugeVec
	polls     *prometheus.CounterVec
	removed   *prometheus.CounterVec
	idle      *prometheus.CounterVec
	callLists *prometheus.CounterVec
	notices   *prometheus.CounterVec
	feeds     *feedGauges
}

var _ scheduler.Watcher = (*Metrics)(nil)

// The buckets in seconds. A login that was confirmed before its booking began
// has a lateness of zero and falls into the first.
var (
	latenessBuckets = []float64{0, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900}
	sweepBuckets    = []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}
)

// scrapes is how many are answered at once; one more is refused.
const scrapes = 64

// NewMetrics returns metrics at zero. At each scrape it asks clusters how they
// stand and now for the time that feeds and rounds are aged by; both are called from many
// goroutines.
func NewMetrics(version string, clusters func() []scheduler.ClusterStatus, now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		logins: counter("logins_total",
			"Logins by outcome and code of the phone system; one of unknown outcome counts again when it is resolved.", "cluster", "outcome", "code"),
		logouts: counter("logouts_total",
			"Logouts by outcome and code of the phone system; one of unknown outcome counts again when it is resolved.", "cluster", "outcome", "code"),
		holds:     counter("holds_total", "Steps deskd declined to take, by cause.", "cluster", "cause"),
		drift:     counter("drift_total", "Differences no booking's start or end explains, repaired or held, by cause.", "cluster", "cause"),
		lateness:  histogram("login_lateness_seconds", "From a booking's start, or from when it was entered or changed if that was later, to its first confirmed login; outages and pauses count, logins that are repeated do not.", latenessBuckets),
		sweeps:    counter("sweeps_total", "Full checks of a cluster; incomplete when a phone did not answer.", "cluster", "result"),
		sweepTime: histogram("sweep_duration_seconds", "How long full checks took.", sweepBuckets),
		sweepSize: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "deskd", Name: "sweep_devices", Help: "Phones in the last full check.",
		}, []string{"cluster"}),
		auditHead: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "deskd", Name: "audit_head", Help: "Number of the newest row of the audit when its head was last anchored, with its hash.",
		}, []string{"hash"}),
		checkTime: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "deskd", Name: "database_check_seconds", Help: "How long the check of the whole database took since the start; absent until it is through.",
		}, nil),
		polls:   counter("feed_polls_total", "Polls of a feed, by result.", "feed", "result"),
		removed: counter("retention_removed_total", "Rows that retention has removed since the start; the counts of reservations stay.", "table"),
		callLists: counter("call_lists_total",
			"Lists of calls that were to be cleared after a session, by what became of them: cleared, refused, not_cleared.", "outcome"),
		notices: counter("notices_total",
			"Notices to people on their phones, by kind (before_end, moved, next) and what became of them: sent, absent, someone_else, refused, not_sent, dropped, unknown.", "kind", "outcome"),
		idle:  counter("idle_logouts_total", "Sessions that were ended outside bookings because nobody had touched the phone for long.", "cluster"),
		feeds: newFeedGauges(now),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "deskd", Name: "build_info", Help: "Always 1; the labels name the build.",
	}, []string{"version", "goversion"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.logins, m.logouts, m.holds, m.drift, m.lateness, m.sweeps, m.sweepTime, m.sweepSize, m.auditHead, m.checkTime,
		m.polls, m.removed, m.callLists, m.notices, m.idle, m.feeds, newClusterGauges(clusters, now), build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "deskd", Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "deskd", Name: name, Help: help, Buckets: buckets,
	}, []string{"cluster"})
}

// LogLost adds the number of log lines that were not read in time.
func (m *Metrics) LogLost(lines func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "deskd", Name: "log_lines_dropped_total", Help: "Lines of the log that were dropped because its reader hung or had gone.",
	}, func() float64 { return float64(lines()) }))
}

// Nodes adds how many nodes run on the database.
func (m *Metrics) Nodes(running func() int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "deskd", Name: "nodes", Help: "Nodes that run on the database, with this one; absent where a file is the database.",
	}, func() float64 { return float64(running()) }))
}

// Arrivals adds how many bookings wait for their people to come, how many of them are due
// and held, and how many were released.
func (m *Metrics) Arrivals(counts func() (waiting, held, released int)) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "deskd", Name: name, Help: help}, value))
	}
	gauge("check_in_expected", "Bookings that will be released unless their people come.", func() float64 { n, _, _ := counts(); return float64(n) })
	gauge("check_in_held", "Bookings to which nobody has come in time, and that are not released because deskd could not see who came.", func() float64 { _, n, _ := counts(); return float64(n) })
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "deskd", Name: "releases_total", Help: "Bookings that were released since the start because nobody had come.",
	}, func() float64 { _, _, n := counts(); return float64(n) }))
}

// AuditHead takes the number and hash of the newest row of the audit's chain.
func (m *Metrics) AuditHead(row int64, hash string) {
	m.auditHead.Reset()
	m.auditHead.WithLabelValues(hash).Set(float64(row))
}

// DatabaseChecked takes how long the check of the whole database took.
func (m *Metrics) DatabaseChecked(took time.Duration) {
	m.checkTime.WithLabelValues().Set(took.Seconds())
}

// CallList counts a list of calls by what became of it, in words.
func (m *Metrics) CallList(outcome string) {
	m.callLists.WithLabelValues(strings.ReplaceAll(outcome, " ", "_")).Inc()
}

// Notice counts a notice on a phone by its kind, and by what became of it in words.
func (m *Metrics) Notice(kind, outcome string) {
	m.notices.WithLabelValues(kind, strings.ReplaceAll(outcome, " ", "_")).Inc()
}

// Removed counts the rows of a table that retention has removed.
func (m *Metrics) Removed(table string, rows int) {
	m.removed.WithLabelValues(table).Add(float64(rows))
}

// Handler answers a scrape. Only this machine sees what is built into the
// program: attackers look up known faults by version.
func (m *Metrics) Handler() http.Handler {
	options := promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: scrapes}
	all := promhttp.HandlerFor(m.registry, options)
	unversioned := promhttp.HandlerFor(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := m.registry.Gather()
		return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool {
			return f.GetName() == "deskd_build_info" || f.GetName() == "go_info"
		}), err
	}), promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLocal(r) {
			all.ServeHTTP(w, r)
			return
		}
		unversioned.ServeHTTP(w, r)
	})
}

// Attempted counts an attempt that has ended.
func (m *Metrics) Attempted(a plan.Attempt) {
	switch a.Op {
	case plan.OpLogin:
		m.logins.WithLabelValues(a.Cluster, string(a.Outcome), code(a)).Inc()
	case plan.OpLogout:
		m.logouts.WithLabelValues(a.Cluster, string(a.Outcome), code(a)).Inc()
	case plan.OpHold:
		m.holds.WithLabelValues(a.Cluster, string(a.Cause)).Inc()
	}
	if a.Cause == plan.CauseIdle && a.Outcome == plan.Done {
		m.idle.WithLabelValues(a.Cluster).Inc()
	}
	// Retries of a step that was not done would count one difference many times.
	if a.Cause.Drift() && (a.Outcome == plan.Done || a.Outcome == plan.Held) {
		m.drift.WithLabelValues(a.Cluster, string(a.Cause)).Inc()
	}
	if late, ok := a.Lateness(); ok {
		m.lateness.WithLabelValues(a.Cluster).Observe(late.Seconds())
	}
}

// code is the label of a refusal's code, empty for every other outcome: zero is
// a code of the phone system too.
func code(a plan.Attempt) string {
	if a.Outcome != plan.Refused {
		return ""
	}
	return strconv.Itoa(a.Code)
}

// Swept counts a full check of a cluster.
func (m *Metrics) Swept(cluster string, devices int, took time.Duration, err error) {
	result := "complete"
	if err != nil {
		result = "incomplete"
	}
	m.sweeps.WithLabelValues(cluster, result).Inc()
	m.sweepTime.WithLabelValues(cluster).Observe(took.Seconds())
	m.sweepSize.WithLabelValues(cluster).Set(float64(devices))
}

// Polled counts a poll and keeps the feed's state for the next scrape.
func (m *Metrics) Polled(s reservations.FeedState) {
	result := "good"
	switch {
	case s.HeldSeen > 0:
		result = "held"
	case s.Failures > 0:
		result = "failed"
	}
	m.polls.WithLabelValues(s.Name, result).Inc()
	m.feeds.keep(s)
}
