package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"deskd/scheduler/plan"
)

// BenchmarkSenders has senders write intents and outcomes, as a wave does. Beside them one
// more writes at the pace of a quiet cluster; its waits are the percentiles.
func BenchmarkSenders(b *testing.B) {
	for _, senders := range []int{1, 5, 20, 100} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			s := openFile(b, filepath.Join(b.TempDir(), "desk.db"), Options{})
			pair := func(desk string) {
				a := must(s.Begin(ctx, attempt(desk, at(0, 0))))(b)
				a.Outcome = plan.Done
				check(b, s.Finish(ctx, a, plan.Observation{Device: a.Device, Person: a.Person}))
			}
			var waits []time.Duration
			over, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for {
					select {
					case <-over:
						return
					case <-time.After(20 * time.Millisecond):
					}
					began := time.Now()
					pair("quiet")
					waits = append(waits, time.Since(began)/2)
				}
			}()
			jobs := make(chan struct{})
			var running sync.WaitGroup
			for n := range senders {
				running.Go(func() {
					for range jobs {
						pair(fmt.Sprint(n))
					}
				})
			}
			for b.Loop() {
				jobs <- struct{}{}
			}
			close(jobs)
			running.Wait()
			close(over)
			<-ended
			b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			slices.Sort(waits)
			if n := len(waits); n > 0 {
				b.ReportMetric(float64(waits[n/2].Microseconds())/1000, "ms-p50")
				b.ReportMetric(float64(waits[n*99/100].Microseconds())/1000, "ms-p99")
			}
		})
	}
}
