package scheduler_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"deskd/scheduler/plan"
	"deskd/store"
)

// An attempt of a cluster that has left the configuration is not left open
// without a word: there is nobody any more who could be asked.
func TestAbandonedWithItsCluster(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, new(txtar.Archive), dir)
		s.started = time.Now()
		s.open()
		defer s.close()
		s.fill()
		for _, cluster := range []string{"main", "sold"} {
			_, err := s.store.Begin(t.Context(), plan.Attempt{
				Cluster: cluster, Outcome: plan.Open, Began: time.Now(), Step: plan.Step{
					Op: plan.OpLogin, Login: plan.Login{Desk: "D1", Device: device(1), Person: "jane", Through: time.Now().Add(time.Hour)},
				},
			})
			s.ok(err)
		}
		s.start()
		time.Sleep(time.Minute)
		got := make(map[string]plan.Attempt)
		for _, a := range s.attempts() {
			got[a.Cluster] = a
		}
		if a := got["sold"]; a.Outcome != plan.Abandoned || a.Error != `cluster "sold" is not in the configuration any more, and cannot be asked` {
			t.Errorf("of the cluster that is gone: %s, %q", a.Outcome, a.Error)
		}
		if a := got["main"]; a.Outcome != plan.NoEffect {
			t.Errorf("of the one that is there: %s, %q", a.Outcome, a.Error)
		}
		s.alarmed("logged", []string{"1", "attempt is abandoned"})
		st, err := store.Open(t.Context(), filepath.Join(dir, "deskd.db"), store.Options{ReadOnly: true})
		s.ok(err)
		open, err := st.Unresolved(t.Context())
		s.ok(err)
		s.ok(st.Close())
		if len(open) > 0 {
			t.Errorf("still open: %v", open)
		}
	})
}
