package drive

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A database that cannot be watched is told of once, and once when it can be again, which is
// no error.
func TestWatchTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		away := errors.New("the server is away")
		began := time.Now()
		s := &Scheduler{Log: slog.New(slog.NewTextHandler(&log, nil)), Changed: func(context.Context) (bool, error) {
			if since := time.Since(began); since > 10*time.Second && since < 20*time.Second {
				return false, away
			}
			return false, nil
		}}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		s.watch(ctx)
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `level=WARN msg="database cannot be watched" err="the server is away"`) ||
			!strings.Contains(lines[1], `level=INFO msg="database is watched again"`) || strings.Contains(lines[1], "err=") {
			t.Errorf("the log says\n%s", log.String())
		}
	})
}
