package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"deskd/reservations"
	"deskd/scheduler"
	"deskd/scheduler/plan"
	"deskd/scheduler/plan/forecast"
	"deskd/web/view"
)

func annexAndMain() []scheduler.ClusterStatus {
	return []scheduler.ClusterStatus{
		{Cluster: "main", Round: noon.Add(-15 * time.Second), Swept: noon.Add(-time.Minute), Desks: 43, Unknown: 2, Waiting: 7, Open: 1, Ahead: &forecast.Wave{Late: 37, Most: 372 * time.Second}, Concurrent: 3, MaxConcurrent: 5, Blocks: slices.Concat(blocked(plan.KindUnknownDevice, "", "4.1", "4.2"), blocked(plan.KindPaused, ""))},
		{Cluster: "annex", Desks: 4, Unknown: 4, Silent: 3, Blocks: slices.Concat(
			blocked(plan.KindHeldLogouts, "", strings.Fields(strings.Repeat("D ", 20))...), blocked(plan.KindRefused, ""), blocked(plan.KindNode, "", "cucm2"),
			blocked(plan.KindClock, "later"), blocked(plan.KindUnit, "seconds"), blocked(plan.KindSessionsLost, "", "1", "2", "3"),
		)},
	}
}

// ended is how an attempt ended: with which outcome and code, and how long after noon.
type ended struct {
	outcome plan.Outcome
	code    int
	late    time.Duration
}

func attempt(op plan.Op, cause plan.Cause, end ended) plan.Attempt {
	return plan.Attempt{
		Cluster: "main", Outcome: end.outcome, Code: end.code, Began: noon, Ended: noon.Add(end.late),
		Step: plan.Step{Op: op, Cause: cause, Login: plan.Login{Person: "jane", From: noon}},
	}
}

func exercised() *Metrics {
	m := NewMetrics("1.2.3", annexAndMain, func() time.Time { return noon })
	m.AuditHead(7, "ab")
	m.DatabaseChecked(12 * time.Second)
	m.Removed("reservations", 3)
	m.CallList("cleared")
	m.CallList("not cleared")
	m.CallList("not cleared")
	m.Notice("before_end", "sent")
	m.Notice("moved", "someone else")
	for _, a := range []plan.Attempt{
		attempt(plan.OpLogin, plan.CauseStart, ended{outcome: plan.Done, late: -15 * time.Second}), // early
		attempt(plan.OpLogin, plan.CauseStart, ended{outcome: plan.Done, late: 45 * time.Second}),
		attempt(plan.OpLogin, plan.CauseStart, ended{outcome: plan.Refused}), // zero is a code
		attempt(plan.OpLogin, plan.CauseStart, ended{outcome: plan.Refused, code: 25}),
		attempt(plan.OpLogin, plan.CauseVanished, ended{outcome: plan.Unknown, late: time.Hour}),
		attempt(plan.OpLogin, plan.CauseVanished, ended{outcome: plan.Done, late: time.Hour}), // the same, resolved
		attempt(plan.OpLogout, plan.CauseEnd, ended{outcome: plan.Done}),
		attempt(plan.OpLogout, plan.CauseStranger, ended{outcome: plan.Refused, code: 18}),
		attempt(plan.OpLogout, plan.CauseStranger, ended{outcome: plan.Done}),
		attempt(plan.OpLogout, plan.CauseIdle, ended{outcome: plan.Refused, code: 18}),
		attempt(plan.OpLogout, plan.CauseIdle, ended{outcome: plan.Done}),
		attempt(plan.OpHold, plan.CauseNoDevice, ended{outcome: plan.Held}),
	} {
		m.Attempted(a)
	}
	m.Swept("main", 43, 2*time.Second, nil)
	m.Swept("annex", 4, 10*time.Second, errors.New("no answer"))
	m.Polled(reservations.FeedState{Name: "hq", Good: noon.Add(-90 * time.Second), Unread: 2, Tentative: 4})
	m.Polled(reservations.FeedState{Name: "new", Failures: 1})
	m.Polled(reservations.FeedState{Name: "visitors", Good: noon.Add(time.Hour), HeldSeen: 1, HeldLoss: 61})
	m.Polled(reservations.FeedState{Name: "wrong", Good: noon, HeldSeen: 4, HeldLoss: 61, HeldRejected: true})
	return m
}

func TestMetrics(t *testing.T) {
	const want = `
# HELP deskd_call_lists_total Lists of calls that were to be cleared after a session, by what became of them: cleared, refused, not_cleared.
# TYPE deskd_call_lists_total counter
deskd_call_lists_total{outcome="cleared"} 1
deskd_call_lists_total{outcome="not_cleared"} 2
# HELP deskd_clock_jumped 1 while phones or steps wait because the clock has jumped, or is not where it was before the start.
# TYPE deskd_clock_jumped gauge
deskd_clock_jumped{cluster="annex"} 1
deskd_clock_jumped{cluster="main"} 0
# HELP deskd_cluster_halted 1 while nothing is sent because the phone system refuses deskd.
# TYPE deskd_cluster_halted gauge
deskd_cluster_halted{cluster="annex"} 1
deskd_cluster_halted{cluster="main"} 0
# HELP deskd_cluster_nodes_down Nodes that do not answer while others stand in for them.
# TYPE deskd_cluster_nodes_down gauge
deskd_cluster_nodes_down{cluster="annex"} 1
deskd_cluster_nodes_down{cluster="main"} 0
# HELP deskd_cluster_paused 1 while nothing is sent because a person has paused the cluster.
# TYPE deskd_cluster_paused gauge
deskd_cluster_paused{cluster="annex"} 0
deskd_cluster_paused{cluster="main"} 1
# HELP deskd_cluster_sessions_lost Sessions that vanished together and are still to be begun again.
# TYPE deskd_cluster_sessions_lost gauge
deskd_cluster_sessions_lost{cluster="annex"} 3
deskd_cluster_sessions_lost{cluster="main"} 0
# HELP deskd_cluster_silent Queries without an answer, in a row.
# TYPE deskd_cluster_silent gauge
deskd_cluster_silent{cluster="annex"} 3
deskd_cluster_silent{cluster="main"} 0
# HELP deskd_cluster_unit_doubtful 1 while sessions end after as many seconds as minutes were asked for.
# TYPE deskd_cluster_unit_doubtful gauge
deskd_cluster_unit_doubtful{cluster="annex"} 1
deskd_cluster_unit_doubtful{cluster="main"} 0
# HELP deskd_desks Desks of the cluster.
# TYPE deskd_desks gauge
deskd_desks{cluster="annex"} 4
deskd_desks{cluster="main"} 43
# HELP deskd_desks_no_device Desks whose phone the phone system did not know at the last full check.
# TYPE deskd_desks_no_device gauge
deskd_desks_no_device{cluster="annex"} 0
deskd_desks_no_device{cluster="main"} 2
# HELP deskd_desks_without_person Booked desks whose phone shows nobody, or another person, a minute or more after the booking's start.
# TYPE deskd_desks_without_person gauge
deskd_desks_without_person{cluster="annex"} 0
deskd_desks_without_person{cluster="main"} 0
# HELP deskd_desks_unknown Desks whose phone's state is not known.
# TYPE deskd_desks_unknown gauge
deskd_desks_unknown{cluster="annex"} 4
deskd_desks_unknown{cluster="main"} 2
# HELP deskd_drift_total Differences no booking's start or end explains, repaired or held, by cause.
# TYPE deskd_drift_total counter
deskd_drift_total{cause="no-device",cluster="main"} 1
deskd_drift_total{cause="stranger",cluster="main"} 1
deskd_drift_total{cause="vanished",cluster="main"} 1
# HELP deskd_held_logouts Sessions whose logout waits for a person because many bookings were cut short at once.
# TYPE deskd_held_logouts gauge
deskd_held_logouts{cluster="annex"} 20
deskd_held_logouts{cluster="main"} 0
# HELP deskd_feed_age_seconds Since the server last said what the feed holds; infinite if it never did.
# TYPE deskd_feed_age_seconds gauge
deskd_feed_age_seconds{feed="hq"} 90
deskd_feed_age_seconds{feed="new"} +Inf
deskd_feed_age_seconds{feed="visitors"} 0
deskd_feed_age_seconds{feed="wrong"} 0
# HELP deskd_feed_failures Failed polls in a row.
# TYPE deskd_feed_failures gauge
deskd_feed_failures{feed="hq"} 0
deskd_feed_failures{feed="new"} 1
deskd_feed_failures{feed="visitors"} 0
deskd_feed_failures{feed="wrong"} 0
# HELP deskd_feed_held Bookings a held change would take away; 0 when none waits for an answer.
# TYPE deskd_feed_held gauge
deskd_feed_held{feed="hq"} 0
deskd_feed_held{feed="new"} 0
deskd_feed_held{feed="visitors"} 61
deskd_feed_held{feed="wrong"} 0
# HELP deskd_feed_polls_total Polls of a feed, by result.
# TYPE deskd_feed_polls_total counter
deskd_feed_polls_total{feed="hq",result="good"} 1
deskd_feed_polls_total{feed="new",result="failed"} 1
deskd_feed_polls_total{feed="visitors",result="held"} 1
deskd_feed_polls_total{feed="wrong",result="held"} 1
# HELP deskd_feed_rejected 1 while a feed is not followed because its held change was rejected.
# TYPE deskd_feed_rejected gauge
deskd_feed_rejected{feed="hq"} 0
deskd_feed_rejected{feed="new"} 0
deskd_feed_rejected{feed="visitors"} 0
deskd_feed_rejected{feed="wrong"} 1
# HELP deskd_feed_tentative Bookings of the last good state whose desk has not answered its invitation.
# TYPE deskd_feed_tentative gauge
deskd_feed_tentative{feed="hq"} 4
deskd_feed_tentative{feed="new"} 0
deskd_feed_tentative{feed="visitors"} 0
deskd_feed_tentative{feed="wrong"} 0
# HELP deskd_feed_unread Events of the last good state that were not understood.
# TYPE deskd_feed_unread gauge
deskd_feed_unread{feed="hq"} 2
deskd_feed_unread{feed="new"} 0
deskd_feed_unread{feed="visitors"} 0
deskd_feed_unread{feed="wrong"} 0
# HELP deskd_forecast_late_phones Phones that are or will be late: of bookings of the coming hour, and of those that have begun and wait for their first login.
# TYPE deskd_forecast_late_phones gauge
deskd_forecast_late_phones{cluster="annex"} 0
deskd_forecast_late_phones{cluster="main"} 37
# HELP deskd_forecast_lateness_seconds By how much the last of them will be late.
# TYPE deskd_forecast_lateness_seconds gauge
deskd_forecast_lateness_seconds{cluster="annex"} 0
deskd_forecast_lateness_seconds{cluster="main"} 372
# HELP deskd_holds_total Steps deskd declined to take, by cause.
# TYPE deskd_holds_total counter
deskd_holds_total{cause="no-device",cluster="main"} 1
# HELP deskd_idle_logouts_total Sessions that were ended outside bookings because nobody had touched the phone for long.
# TYPE deskd_idle_logouts_total counter
deskd_idle_logouts_total{cluster="main"} 1
# HELP deskd_login_lateness_seconds From a booking's start, or from when it was entered or changed if that was later, to its first confirmed login; outages and pauses count, logins that are repeated do not.
# TYPE deskd_login_lateness_seconds histogram
deskd_login_lateness_seconds_bucket{cluster="main",le="0"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="1"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="2"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="5"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="10"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="20"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="30"} 1
deskd_login_lateness_seconds_bucket{cluster="main",le="60"} 2
deskd_login_lateness_seconds_bucket{cluster="main",le="120"} 2
deskd_login_lateness_seconds_bucket{cluster="main",le="300"} 2
deskd_login_lateness_seconds_bucket{cluster="main",le="600"} 2
deskd_login_lateness_seconds_bucket{cluster="main",le="900"} 2
deskd_login_lateness_seconds_bucket{cluster="main",le="+Inf"} 2
deskd_login_lateness_seconds_sum{cluster="main"} 45
deskd_login_lateness_seconds_count{cluster="main"} 2
# HELP deskd_logins_total Logins by outcome and code of the phone system; one of unknown outcome counts again when it is resolved.
# TYPE deskd_logins_total counter
deskd_logins_total{cluster="main",code="",outcome="done"} 3
deskd_logins_total{cluster="main",code="",outcome="unknown"} 1
deskd_logins_total{cluster="main",code="0",outcome="refused"} 1
deskd_logins_total{cluster="main",code="25",outcome="refused"} 1
# HELP deskd_logouts_total Logouts by outcome and code of the phone system; one of unknown outcome counts again when it is resolved.
# TYPE deskd_logouts_total counter
deskd_logouts_total{cluster="main",code="",outcome="done"} 3
deskd_logouts_total{cluster="main",code="18",outcome="refused"} 2
# HELP deskd_notices_total Notices to people on their phones, by kind (before_end, moved, next) and what became of them: sent, absent, someone_else, refused, not_sent, dropped, unknown.
# TYPE deskd_notices_total counter
deskd_notices_total{kind="before_end",outcome="sent"} 1
deskd_notices_total{kind="moved",outcome="someone_else"} 1
# HELP deskd_open_intents Logins and logouts whose outcome is not known.
# TYPE deskd_open_intents gauge
deskd_open_intents{cluster="annex"} 0
deskd_open_intents{cluster="main"} 1
# HELP deskd_queue_length Logins and logouts due and not sent.
# TYPE deskd_queue_length gauge
deskd_queue_length{cluster="annex"} 0
deskd_queue_length{cluster="main"} 7
# HELP deskd_round_age_seconds Since the last round was finished; infinite if none ever was.
# TYPE deskd_round_age_seconds gauge
deskd_round_age_seconds{cluster="annex"} +Inf
deskd_round_age_seconds{cluster="main"} 15
# HELP deskd_sweep_age_seconds Since the phone system last answered a full check; infinite if it never did.
# TYPE deskd_sweep_age_seconds gauge
deskd_sweep_age_seconds{cluster="annex"} +Inf
deskd_sweep_age_seconds{cluster="main"} 60
# HELP deskd_sweep_devices Phones in the last full check.
# TYPE deskd_sweep_devices gauge
deskd_sweep_devices{cluster="annex"} 4
deskd_sweep_devices{cluster="main"} 43
# HELP deskd_sweeps_total Full checks of a cluster; incomplete when a phone did not answer.
# TYPE deskd_sweeps_total counter
deskd_sweeps_total{cluster="annex",result="incomplete"} 1
deskd_sweeps_total{cluster="main",result="complete"} 1
`
	names := []string{
		"deskd_clock_jumped", "deskd_cluster_halted", "deskd_cluster_nodes_down", "deskd_desks_no_device", "deskd_desks_without_person", "deskd_sweep_age_seconds", "deskd_cluster_sessions_lost", "deskd_cluster_silent", "deskd_cluster_unit_doubtful", "deskd_desks", "deskd_desks_unknown", "deskd_drift_total", "deskd_held_logouts",
		"deskd_feed_age_seconds", "deskd_feed_failures", "deskd_feed_held", "deskd_feed_polls_total", "deskd_feed_tentative", "deskd_feed_unread",
		"deskd_forecast_late_phones", "deskd_forecast_lateness_seconds", "deskd_holds_total", "deskd_idle_logouts_total", "deskd_login_lateness_seconds", "deskd_logins_total", "deskd_logouts_total", "deskd_open_intents",
		"deskd_queue_length", "deskd_round_age_seconds", "deskd_sweep_devices", "deskd_sweeps_total",
	}
	if err := testutil.GatherAndCompare(exercised().registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestMetricsAreConventional(t *testing.T) {
	problems, err := testutil.GatherAndLint(exercised().registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetricsPage(t *testing.T) {
	body := ask(exercised().Handler(), "GET", "/metrics").Body.String()
	for _, want := range []string{`deskd_build_info{goversion="go1.`, `version="1.2.3"} 1`, "go_goroutines ", "process_start_time_seconds ", `deskd_sweep_duration_seconds_count{cluster="main"} 1`} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if strings.Contains(body, "jane") {
		t.Error("metrics name a person")
	}
}

// A name that is not UTF-8 spoils the scrape and says so; it ends no daemon.
func TestMetricsWithBadLabel(t *testing.T) {
	m := NewMetrics("1.2.3", func() []scheduler.ClusterStatus { return []scheduler.ClusterStatus{{Cluster: "\xff"}} }, func() time.Time { return noon })
	if w := ask(m.Handler(), "GET", "/metrics"); w.Code != 500 || !strings.Contains(w.Body.String(), "UTF-8") {
		t.Errorf("status %d: %.200s", w.Code, w.Body)
	}
}

func TestMetricsFromManyGoroutines(t *testing.T) {
	m := NewMetrics("1.2.3", annexAndMain, func() time.Time { return noon })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				m.Attempted(attempt(plan.OpLogin, plan.CauseStart, ended{outcome: plan.Done}))
				m.Swept("main", 1, time.Second, nil)
				m.Polled(reservations.FeedState{Name: "hq"})
				ask(m.Handler(), "GET", "/metrics")
			}
		})
	}
	all.Wait()
	if n := testutil.ToFloat64(m.logins); n != 200 {
		t.Errorf("%v logins counted, want 200", n)
	}
}

// What the page says in banners the metrics say in values, and a database that
// does not answer is one of them.
func TestDegradedMetric(t *testing.T) { synctest.Test(t, testDegradedMetric) }

func testDegradedMetric(t *testing.T) {
	read, failing := always(example(t)), errors.New("locked")
	m := NewMetrics("1.2.3", annexAndMain, func() time.Time { return noon })
	m.Degraded(NewReads(func(ctx context.Context) (view.Snapshot, error) { return read(ctx) }, nil), func() time.Time { return noon })
	const head = "# HELP deskd_degraded 1 for each thing that is degraded, as the page's banners say it; of names the cluster, feed or site.\n# TYPE deskd_degraded gauge\n"
	want := head
	for _, b := range banners(example(t), noon) {
		want += fmt.Sprintf("deskd_degraded{kind=%q,of=%q} 1\n", b.Kind, b.Of)
	}
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "deskd_degraded"); err != nil || len(want) < 400 {
		t.Error(err, want)
	}
	time.Sleep(lately)
	read = func(context.Context) (view.Snapshot, error) { return view.Snapshot{}, failing }
	want = head + `deskd_degraded{kind="database",of=""} 1` + "\n"
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "deskd_degraded"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(m.registry, "deskd_degraded"); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	time.Sleep(restsMost)
}
