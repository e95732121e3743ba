package drive

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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

// A hint is followed at once, many of them at a pace, and none is needed.
func TestWatchFollowsHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hints := make(chan struct{}, 1)
		began, looks := time.Now(), []time.Duration{}
		s := &Scheduler{
			Log: slog.New(slog.DiscardHandler), Listen: func(context.Context) <-chan struct{} { return hints },
			Changed: func(context.Context) (bool, error) { looks = append(looks, time.Since(began)); return false, nil },
		}
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second+time.Millisecond)
		defer stop()
		go func() {
			time.Sleep(1200 * time.Millisecond)
			hints <- struct{}{}
			time.Sleep(time.Millisecond)
			hints <- struct{}{}
		}()
		s.watch(ctx)
		want := []time.Duration{1000, 1200, 1250, 2250}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(looks, want) {
			t.Errorf("looked %v, want %v", looks, want)
		}
	})
}
