package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/scheduler/plan"
	"deskd/scheduler/report"
)

// TestReport shows a report as people read it.
func TestReport(t *testing.T) {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := report.Report{Began: nine, Ended: nine.Add(time.Minute), Desks: 3, Unknown: 1, Differ: 2, Attempts: []plan.Attempt{
		{Step: plan.Step{Op: plan.OpLogin, Cause: plan.CauseVanished, Why: "nobody is on the phone", Login: plan.Login{Desk: "D1", Person: "jane"}}, Outcome: plan.Done},
		{Step: plan.Step{Op: plan.OpHold, Cause: plan.CauseStranger, Why: "max is on the phone", Login: plan.Login{Desk: "D2", Person: "ada"}}, Outcome: plan.Held},
		{Step: plan.Step{Op: plan.OpLogin, Cause: plan.CauseVanished, Why: "nobody is on the phone", Login: plan.Login{Desk: "D3", Person: "eve"}}, Outcome: plan.Refused, Error: "no such user (code 23)"},
	}}
	var b strings.Builder
	if _, err := r.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := `Reconciliation of 2026-03-02T09:00:00Z, 1m0s
3 desks asked, 1 without an answer, 1 repairs, 3 steps in all
2 phones are still not as the bookings say: deskd plan --seen says what is to come.

stranger (1)
  D2         hold   ada                      held       max is on the phone

vanished (2)
  D1         login  jane                     done       nobody is on the phone
  D3         login  eve                      refused    nobody is on the phone: no such user (code 23)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if got := r.Causes(); got != "stranger=1 vanished=2" {
		t.Errorf("causes %q", got)
	}
}
