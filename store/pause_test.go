package store

import (
	"deskd/scheduler/guard"
	"errors"
	"testing"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/sqlite"
)

// A pause is known to every process, keeps who made it first, is in the audit,
// and refuses intents in its own cluster alone.
func testPause(t *testing.T, w world) {
	s, daemon := w.open(t), w.open(t)
	jane, max := audit.WithActor(ctx, "cli:jane"), audit.WithActor(ctx, "cli:max")
	same(t, "paused", []string{"main", "annex"}, must(s.PauseClusters(jane, []string{"main", "annex"}, "new wiring", at(1, 0)))(t))
	same(t, "again", []string(nil), must(s.PauseClusters(max, []string{"main"}, "fire", at(2, 0)))(t))
	want := guard.Pause{Since: at(1, 0), By: "cli:jane", Why: "new wiring"}
	same(t, "seen by the daemon", want, must(daemon.Pause(ctx, "main"))(t))
	same(t, "another cluster", guard.Pause{}, must(daemon.Pause(ctx, "harbour"))(t))

	begin := func(cluster string, o plan.Outcome) error {
		_, err := daemon.Begin(ctx, plan.Attempt{Cluster: cluster, Step: plan.Step{Op: plan.OpLogin}, Outcome: o, Began: at(1, 1)})
		return err
	}
	if err := begin("main", plan.Open); !errors.Is(err, guard.ErrPaused) {
		t.Errorf("intent in the paused cluster: %v", err)
	}
	check(t, begin("main", plan.Held)) // nothing is sent for it
	check(t, begin("harbour", plan.Open))

	same(t, "resumed", []string{"main"}, must(s.ResumeClusters(max, []string{"harbour", "main"}))(t))
	same(t, "after", guard.Pause{}, must(daemon.Pause(ctx, "main"))(t))
	check(t, begin("main", plan.Open))
	same(t, "still paused", true, must(w.open(t).Pause(ctx, "annex"))(t).On())

	var rows []string
	for _, a := range must(s.Audit(ctx, reservations.AuditFilter{}))(t) {
		if a.Kind == "cluster" {
			rows = append(rows, a.Actor+" "+a.Verb+" "+a.Item+" "+string(a.What))
		}
	}
	same(t, "audit", []string{
		`cli:max resume main {"was":{"why":"new wiring"}}`,
		`cli:jane pause annex {"is":{"why":"new wiring"}}`,
		`cli:jane pause main {"is":{"why":"new wiring"}}`,
	}, rows)
	same(t, "verified", int64(0), must(s.VerifyAudit(ctx))(t).Broken)
}

// A restore resumes no cluster that a person has paused: neither since the
// backup, nor before it.
func TestRestoreKeepsPauses(t *testing.T) {
	noRaces(t)
	path := begun(t)
	s := openFile(t, path, Options{})
	must(s.PauseClusters(ctx, []string{"before"}, "old wiring", at(0, 0)))(t)
	must(Backup(ctx, Copy{From: path, To: path + ".saved"}, sqlite.BackupOptions{}, at(0, 0)))(t)
	must(s.ResumeClusters(ctx, []string{"before"}))(t)
	must(s.PauseClusters(ctx, []string{"since"}, "new wiring", at(1, 0)))(t)
	check(t, s.Close())
	must(Restore(ctx, Copy{From: path + ".saved", To: path}, nil, at(2, 0)))(t)
	s = openFile(t, path, Options{})
	for cluster, want := range map[string]guard.Pause{
		"before": {Since: at(0, 0), By: "daemon", Why: "old wiring"}, "since": {Since: at(1, 0), By: "daemon", Why: "new wiring"}, "other": {},
	} {
		same(t, cluster, want, must(s.Pause(ctx, cluster))(t))
	}
	sound(t, s)
}
