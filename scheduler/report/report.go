// Package report says what a full reconciliation has found and done.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
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

// Add takes in the report of another cluster.
func (r *Report) Add(o Report) {
	if r.Began.IsZero() {
		r.Began = o.Began
	}
	r.Began, r.Ended = reservations.Earliest(r.Began, o.Began), reservations.Latest(r.Ended, o.Ended)
	r.Desks, r.Unknown, r.Differ, r.Doubted = r.Desks+o.Desks, r.Unknown+o.Unknown, r.Differ+o.Differ, r.Doubted+o.Doubted
	r.Undriven += o.Undriven
	r.Problems = append(r.Problems, o.Problems...)
	r.Attempts = append(r.Attempts, o.Attempts...)
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
