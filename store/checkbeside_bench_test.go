package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"
)

// BenchmarkCheckBeside writes one row each 20 ms, as the journal does before each login:
// alone, and beside a check of the whole database with a million reservations and a
// million rows of the audit. It reports how long a write takes in each, and how long the
// check took.
func BenchmarkCheckBeside(b *testing.B) {
	s := benchStore(b)
	for _, beside := range []bool{false, true} {
		b.Run(fmt.Sprintf("check=%t", beside), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				ctx, end := context.WithCancel(ctx)
				checked := make(chan error, 1)
				began := time.Now()
				if beside {
					go func() { checked <- s.Check(ctx); end() }()
				} else {
					time.AfterFunc(10*time.Second, func() { checked <- nil; end() })
				}
				took = append(took, writeUntil(b, s, ctx.Done())...)
				check(b, <-checked)
				b.ReportMetric(time.Since(began).Seconds(), "s/check")
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "ms/write-p50")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "ms/write-p99")
			b.ReportMetric(took[len(took)-1].Seconds()*1e3, "ms/write-max")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// writeUntil returns how long each of the writes took that began before done.
func writeUntil(b *testing.B, s *Store, done <-chan struct{}) (took []time.Duration) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return took
		case due := <-tick.C:
			check(b, s.db.Change(ctx, func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO requests (verb, arg, asked_at) VALUES ('x', '', '2026-03-02T08:00:00.000Z')").Error
			}))
			took = append(took, time.Since(due))
		}
	}
}
