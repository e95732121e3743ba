package scheduler_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mutant is a guard taken away: old is replaced by new in a file, and the tests that
// run matches have to fail. A file with a slash is named from the module's root, any
// other is one of the scheduler. The tests are those of the file's package, unless run
// begins with the folder of another, and a blank.
type mutant struct{ guard, file, old, new, run string }

// path is where the mutant's file is, from the scheduler's folder.
func (m mutant) path() string {
	if strings.Contains(m.file, "/") {
		return filepath.Join("..", m.file)
	}
	return m.file
}

// tests are the folder and the pattern of the tests that have to fail.
func (m mutant) tests() (folder, pattern string) {
	if folder, pattern, other := strings.Cut(m.run, " "); other {
		return filepath.Join("..", folder), pattern
	}
	return filepath.Dir(m.path()), m.run
}

// mutants are the guards that keep deskd from logging the wrong person in or out,
// or anybody at the wrong time.
var mutants = []mutant{
	{
		"the second look before a delayed step", "senders.go",
		"\t\treturn nil\n\t}\n\treturn errChanged\n", "\t\treturn nil\n\t}\n\treturn nil\n", "Scenarios/changed-while-waiting",
	},
	{
		"a stranger's session is looked at twice", "senders.go",
		"if young && (j.Op == plan.OpLogin || j.before.Ours) {", "if young {", "Scenarios/stranger-gone-behind",
	},
	{
		"an unknown phone is not acted on", "scheduler/plan/plan.go",
		"case !s.Known || !s.Exists:", "case !s.Exists:", "Plan|Policy",
	},
	{
		"an unknown outcome is not one that was not sent", "outcome.go",
		"\tcase errors.Is(err, phones.ErrUnknown):\n\t\ta.Outcome = plan.Unknown\n", "\tcase errors.Is(err, phones.ErrUnknown):\n\t\ta.Outcome = plan.NotSent\n", "Scenarios/answered-by-balancer",
	},
	{
		"an answer from the past is doubt", "scheduler/plan/proofs.go",
		"StaleFor = 65 * time.Second", "StaleFor = 0 * time.Second", "scheduler StaleAnswers/(5s|60s)",
	},
	{
		"a minute is as long as a node may be behind", "scheduler/plan/proofs.go",
		"StaleFor = 65 * time.Second", "StaleFor = 40 * time.Second", "scheduler StaleAnswers/(45s|60s)",
	},
	{
		"no logout in doubt about who is there", "scheduler/observe/stale.go",
		"if shown.Person != \"\" {", "if false {", "scheduler Scenarios/liar-then-stranger",
	},
	{
		"who was on the phone since a lost login may be shown by the past", "scheduler/observe/stale.go",
		" || p.History.ServedSince(late)", "", "scheduler Scenarios/lag-late-login",
	},
	{
		"an outcome that a look tells from the past is presumed", "scheduler/observe/conclude.go",
		"past := asked && p.mayShowPast(h, a, now)", "past := false", "scheduler Scenarios/lag-cut-off",
	},
	{
		"a presumed outcome needs a look that is younger than its request", "scheduler/observe/conclude.go",
		"a.Presumed() && now.Before(a.Began.Add(plan.StaleFor))", "false", "scheduler Scenarios/lag-cut-off",
	},
	{
		"the last success is remembered over a restart", "scheduler/observe/stale.go",
		"\tp.noteProof(a.Shifted(reservations.Earliest(known, now).Sub(a.Confirmed())))\n", "\tp.endElsewhere(a)\n", "scheduler StaleAnswers/(45s-1|60s-2-1|5s-1)",
	},
	{
		"a success that was not seen is looked at after a restart", "scheduler/observe/stale.go",
		"if a.Verified.IsZero() && p.trust.AwaitsProof(a, now) {", "if false {", "scheduler Scenarios/liar-restart",
	},
	{
		"a session that shows late is deskd's own", "scheduler/observe/conclude.go",
		"\tcase reservations.SamePerson(h.Person, a.Person):\n\t\tdelete(p.late, h.Device)\n\t\th = p.conclude(ctx, a, h, now)\n\t\tp.Revised = true // it was taken for lost\n",
		"\tcase reservations.SamePerson(h.Person, a.Person):\n\t\tdelete(p.late, h.Device)\n", "scheduler Faults/(delay-15s|hang|reset-effect-5s)",
	},
	{
		"a session whose logout had no effect stays deskd's own", "scheduler/observe/conclude.go",
		"\t\th.Ours, h.Reservation = true, a.Reservation\n\t}\n\ta.Outcome, a.Ended = plan.NoEffect", "\t}\n\ta.Outcome, a.Ended = plan.NoEffect", "scheduler Scenarios/liar-logout",
	},
	{
		"nothing is begun for the rest of a booking that is hardly worth it", "scheduler/plan/plan.go",
		"if l.Through.Sub(now).Round(Rounding) < p.MinLeft {", "if false {", "scheduler Plan|Scenarios/too-late",
	},
	{
		"what was done ahead of a clock that was set back is not repeated", "scheduler/plan/plan.go",
		"if step.Op == OpHold || at.IsZero() {", "if true {", "scheduler Plan|Scenarios/clock-back",
	},
	{
		"a person who logged out is not logged in again where the policy says so", "scheduler/plan/plan.go",
		"\tcase !served:\n", "\tcase true:\n", "scheduler Plan|Scenarios/vanished-never",
	},
	{
		"a stranger stays until the booking begins", "scheduler/plan/plan.go",
		"in.NotBefore, in.Release = in.From, in.From", "in.Release = in.From", "scheduler Plan|Scenarios/stranger-takeover",
	},
	{
		"a stranger stays by the policy wait", "scheduler/plan/plan.go",
		"if p.Stranger != StrangerTakeover {", "if false {", "scheduler Plan|Scenarios/stranger-wait",
	},
	{
		"a walk-up stays by the policy leave", "scheduler/plan/plan.go",
		"case p.Walkups == WalkupsEnd", "case true", "scheduler Plan|Scenarios/walkup-leave",
	},
	{
		"a visitor of another cluster is not taken over", "scheduler/plan/plan.go",
		"\tif s.Visitor {\n", "\tif false {\n", "scheduler Scenarios/visitor",
	},
	{
		"a session on a phone that is no desk's is not ended for a move", "scheduler/plan/elsewhere.go",
		"\t\tcase !managed:\n", "\t\tcase !managed:\n\t\t\tbreak\n", "scheduler Elsewhere|Plan|Scenarios/elsewhere-",
	},
	{
		"where a person is, is asked before a login that nobody stands for", "scheduler/observe/unattested.go",
		"s.Unattested == \"\" || p.Policy", "true || p.Policy", "scheduler Scenarios/elsewhere-unseen",
	},
	{
		"the person last seen on a phone is there while it is not known", "scheduler/plan/unattested.go",
		"ph.on != l.in || ph.Device == in.Device", "ph.on != l.in || !ph.Known || ph.Device == in.Device", "UnattestedTakesNothing",
	},
	{
		"another person's desk is not taken in a move", "scheduler/plan/elsewhere.go",
		"case booked && !h.Ours:", "case false && booked && !h.Ours:", "scheduler Elsewhere|Plan|Scenarios/elsewhere-",
	},
	{
		"many early logouts wait for a person", "scheduler/guard/logouts.go",
		"\tl.held = pending\n", "\treturn planned\n", "scheduler Scenarios/mass-end-deleted",
	},
	{
		"nothing is sent to a cluster that is paused", "scheduler/guard/pause.go",
		"Effect: plan.Stops, Since: p.Since", "Since: p.Since", "scheduler Scenarios/paused",
	},
	{
		"a refusal of all of deskd stops the senders", "senders.go",
		"\tif done.stops() {\n\t\ts.silenced.Store(true) // what waits behind would fare no better\n\t}\n", "", "RefusalStopsSenders",
	},
	{
		"an id that cannot be sent takes no permit", "books.go",
		"if err := b.Access.Check(l); err != nil {", "if err := b.Access.Check(l); false {", "Scenarios/unusable-names",
	},
	{
		"sessions that vanish together are asked about twice", "planner.go",
		"\t\th.Known = false\n\t\tp.phones.Show(h)\n", "\t\th.Known = true\n\t\tp.phones.Show(h)\n", "Scenarios/loss-denied",
	},
	{
		"one person's sessions do not end each other", "scheduler/plan/twodesks.go",
		"if l.in == 0 || in.Release.After(now) {", "if true {", "scheduler Scenarios/(two|four)-desks-auto-logout",
	},
	{
		"what another login has ended is not from the past", "scheduler/plan/proofs.go",
		"last.ID < a.ID && reservations", "false && reservations", "scheduler Scenarios/two-desks-orphan",
	},
	{
		"a feed's bookings never log protected people in", "scheduler/plan/wanted.go",
		".Protected {", ".Protected && false {", "Plan|Policy",
	},
	{
		"what was done is as old as by the clock it was done by", "scheduler/clock/age.go",
		"case f.Mild || a.ID > f.After:", "case true:", "AgeOf",
	},
	{
		"a clock set back to the evening before is not right again", "scheduler/clock/jump.go",
		"case f.Mild, f.Start && !f.Disproved:", "case f.Mild:", "IsBack",
	},
	{
		"a success is no older for a clock that was set", "scheduler/clock/steps.go",
		"at = at.Add(s.By)", "at = at.Add(0 * s.By)", "ConfirmedOverSteps",
	},
	{
		"how long deskd was off nobody knows", "scheduler/clock/steps.go",
		"at = s.At.Add(-max(0, reservations.Earliest(s.Seen, s.At).Sub(at)))", "_ = reservations.Earliest(s.Seen, s.At)", "ConfirmedOverSteps",
	},
	{
		"a step of seconds moves what a success says", "reconcile.go",
		"r.phones.Proofs.Shift(by)", "r.phones.Proofs.Shift(0)", "Scenarios/clock-creeps-lag",
	},
	{
		"small steps of the clock add up", "scheduler/clock/steps.go",
		"sum.Abs() >= Doubted &&", "false &&", "StepsAddUp",
	},
	{
		"a clock that is not the phone system's is doubted", "scheduler/clock/witness.go",
		"if by.Abs() < Doubted {", "if true {", "Witness",
	},
	{
		"who shows in the first minute may have been there", "scheduler/plan/step.go",
		"!h.At.Before(h.Since.Add(StaleFor))", "true", "scheduler Scenarios/walkups-adopted",
	},
	{
		"a booking that was given another id is not there twice", "store/tables/touched.go",
		"if was := r.formerly(); was != \"\" {", "if was := r.formerly(); false {", "scheduler/booked HouseGoesOn",
	},
	{
		"desks and people that were changed are read again", "scheduler/booked/house.go",
		"\tif t.More {\n", "\tif false {\n", "scheduler/booked HouseGoesOn|ReadsLittle",
	},
	{
		"a booking elsewhere of the same person concerns a desk", "scheduler/booked/rebook.go",
		"\t\t\tdesks[other.Desk] = true\n", "\t\t\t_ = other\n", "scheduler/booked NewsConcerns|ReadsLittle",
	},
	{
		"a desk is looked at again when its bookings are others", "scheduler/plan/agenda.go",
		"d.booked, d.until = byDesk[d.ID], time.Time{}", "d.booked = byDesk[d.ID]", "scheduler/booked HouseGoesOn",
	},
	{
		"a cluster is woken for what is booked there", "scheduler/drive/scheduler.go",
		"if news.Concern(r.Cluster) ||", "if news.Concern(\"\") ||", "scheduler StirWakes",
	},
	{
		"what a feed said long ago waits for its first poll", "scheduler/guard/feeds.go",
		"if len(f.Aged) == 0 {", "if true {", "scheduler Scenarios/feed-(returned|off)",
	},
}

// TestMutantsApply holds that each mutant still is an edit of the source.
func TestMutantsApply(t *testing.T) {
	for _, m := range slices.Concat(mutants, mutantsOfTrust) {
		if n := strings.Count(string(must(os.ReadFile(m.path()))), m.old); n != 1 || m.old == m.new {
			t.Errorf("%s: %s has %q %d times", m.guard, m.file, m.old, n)
		}
	}
}

// TestMutants takes each guard away in turn and expects the tests of its package
// to notice. It runs with DESKD_MUTANTS=all, or parts of guards' names or files:
// "clock|pause".
func TestMutants(t *testing.T) {
	which := os.Getenv("DESKD_MUTANTS")
	if which == "" {
		t.Skip("DESKD_MUTANTS is not set: make mutants")
	}
	ran := 0
	defer func() {
		if ran == 0 {
			t.Errorf("no guard is named by DESKD_MUTANTS=%s", which)
		}
	}()
	for _, m := range slices.Concat(mutants, mutantsOfTrust) {
		named := func(part string) bool { return strings.Contains(m.guard+" "+m.file, part) }
		if which != "all" && !slices.ContainsFunc(strings.Split(which, "|"), named) {
			continue
		}
		ran++
		t.Run(m.guard, func(t *testing.T) {
			source := string(must(os.ReadFile(m.path())))
			edited := filepath.Join(t.TempDir(), filepath.Base(m.file))
			if err := os.WriteFile(edited, []byte(strings.Replace(source, m.old, m.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay := filepath.Join(t.TempDir(), "overlay.json")
			text := must(json.Marshal(map[string]map[string]string{"Replace": {must(filepath.Abs(m.path())): edited}}))
			if err := os.WriteFile(overlay, text, 0o600); err != nil {
				t.Fatal(err)
			}
			folder, pattern := m.tests()
			run := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-vet=off", "-run", pattern, ".") //nolint:gosec // from the tables
			run.Dir, run.Env = folder, append(os.Environ(), "DESKD_MUTANTS=")
			out, err := run.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("no test of %s in %s notices:\n%s", pattern, folder, out)
			case !strings.Contains(string(out), "--- FAIL") && !strings.Contains(string(out), "panic:"):
				t.Errorf("the tests did not run: %s", lastLines(string(out), 5))
			}
			t.Log(failed(string(out)))
		})
	}
}

// failed are the tests that have noticed, without the parts of them.
func failed(output string) string {
	var all []string
	for line := range strings.Lines(output) {
		if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			all = append(all, strings.Fields(name)[0])
		}
	}
	return strings.Join(all, " ")
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return fmt.Sprint(strings.Join(lines[max(0, len(lines)-n):], "\n"))
}
