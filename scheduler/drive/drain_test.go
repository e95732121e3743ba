package drive

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskd/scheduler"
)

// A reload waits 15 s for a cluster that does not end, and says that it is left.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := Scheduler{
			Clusters: []Cluster{scheduler.NewReconciler(scheduler.Setup{Cluster: "main", Log: slog.New(slog.DiscardHandler)})},
			Log:      slog.New(slog.NewTextHandler(&log, nil)),
		}
		began := time.Now()
		s.Drain(t.Context())
		if waited := time.Since(began); waited != 15*time.Second {
			t.Errorf("it waited %v", waited)
		}
		if !strings.Contains(log.String(), "cluster is left over a question without an answer") {
			t.Errorf("the log says %q", log.String())
		}
	})
}
