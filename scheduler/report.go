package scheduler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

// Report is what one full reconciliation found and did.
type Report struct {
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Desks    int       `json:"desks"`
	Unknown  int       `json:"unknown"`            // desks whose phone's state is not known
	Differ   int       `json:"differ"`             // desks whose phone was still not as the bookings say at the end
	Doubted  int       `json:"doubted"`            // phones whose last answer contradicts a success of the last minute
	Undriven int       `json:"undriven,omitempty"` // desks whose cluster is not configured, which nobody asked about
	// Problems are the clusters' own: one that did not answer, and why.
	Problems []string       `json:"problems,omitempty"`
	Attempts []plan.Attempt `json:"attempts"`
}

// Right reports whether every phone answered and shows what the bookings say.
func (r Report) Right() bool {
	return r.Unknown == 0 && r.Differ == 0 && r.Doubted == 0 && r.Undriven == 0 && len(r.Problems) == 0
}

// Repairs counts the logins and logouts that were done.
func (r Report) Repairs() int {
	n := 0
	for _, a := range r.Attempts {
		if a.Op != plan.OpHold && a.Outcome == plan.Done {
			n++
		}
	}
	return n
}

// Causes counts the attempts by cause, "stranger=2 vanished=1" in the order of
// the names, empty when there was none.
func (r Report) Causes() string {
	count := make(map[plan.Cause]int)
	for _, a := range r.Attempts {
		count[a.Cause]++
	}
	var words []string
	for cause, n := range count {
		words = append(words, fmt.Sprintf("%s=%d", cause, n))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// WriteTo writes the report as text for people.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "Reconciliation of %s, %s\n", r.Began.Format(time.RFC3339), r.Ended.Sub(r.Began).Round(time.Millisecond))
	fmt.Fprintf(&b, "%d desks asked, %d without an answer, %d repairs, %d steps in all\n", r.Desks, r.Unknown, r.Repairs(), len(r.Attempts))
	for _, p := range r.Problems {
		b.WriteString(reservations.Legible(p) + "\n")
	}
	switch {
	case r.Differ > 0:
		fmt.Fprintf(&b, "%d phones are still not as the bookings say: deskd plan --seen says what is to come.\n", r.Differ)
	case r.Doubted > 0:
		fmt.Fprintf(&b, "%d phones show otherwise than the phone system confirmed within the last minute: they are asked again before anything is done.\n", r.Doubted)
	case r.Unknown == 0 && r.Undriven > 0:
		b.WriteString("Every phone that was asked about shows what the bookings say.\n")
	case r.Unknown == 0:
		b.WriteString("Every phone shows what the bookings say.\n")
	}
	for _, cause := range r.byCause() {
		fmt.Fprintf(&b, "\n%s (%d)\n", cause[0].Cause, len(cause))
		for _, a := range cause {
			line := fmt.Sprintf("  %-10s %-6s %-24s %-10s %s", a.Desk, a.Op, a.Person, a.Outcome, a.Why)
			if a.Error != "" {
				line += ": " + a.Error
			}
			b.WriteString(reservations.Legible(line) + "\n")
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// byCause groups the attempts, the groups by name and each in its order.
func (r Report) byCause() [][]plan.Attempt {
	groups := make(map[plan.Cause][]plan.Attempt)
	for _, a := range r.Attempts {
		groups[a.Cause] = append(groups[a.Cause], a)
	}
	var causes []plan.Cause
	for c := range groups {
		causes = append(causes, c)
	}
	slices.Sort(causes)
	var sorted [][]plan.Attempt
	for _, c := range causes {
		sorted = append(sorted, groups[c])
	}
	return sorted
}

// Reconcile asks about every desk of every cluster, lets the rounds repair what
// differs, and reports it from the journal. The clusters have to be running.
func (s *Scheduler) Reconcile(ctx context.Context) (Report, error) {
	report := Report{Began: s.Clock.Now()}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, r := range s.Clusters {
		all.Go(func() {
			err := r.Sweep(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			if err != nil {
				report.Problems = append(report.Problems, err.Error())
			}
		})
	}
	all.Wait()
	report.Ended = s.Clock.Now()
	for _, r := range s.Clusters {
		status := r.Status()
		report.Desks += status.Desks
		if status.Silent > 0 { // what was seen before says nothing about now
			status.Unknown = status.Desks
		}
		report.Unknown += status.Unknown
		if status.Count(plan.KindPaused) > 0 {
			report.Problems = append(report.Problems, fmt.Sprintf("cluster %q is paused %s: nothing is sent to its phones until deskd resume", r.Cluster, status.First(plan.KindPaused).Text))
		}
		if held := status.Count(plan.KindHeldLogouts); held > 0 {
			report.Problems = append(report.Problems, fmt.Sprintf("cluster %q: %d logouts are held, for many bookings were cut short at once: deskd logouts show %[1]s", r.Cluster, held))
		}
		report.Differ += status.Differ
		report.Doubted += status.Doubted
	}
	attempts, err := s.Journal.Attempts(ctx, report.Began)
	report.Attempts = attempts
	return report, errors.Join(append(errs, err)...)
}
