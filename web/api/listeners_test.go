package api

import (
	"deskd/reservations"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// BenchmarkListeners is what those cost who listen: the processor time of a change until all
// have heard of it, that of a second without changes, and memory, of client and server together.
func BenchmarkListeners(b *testing.B) {
	for _, n := range []int{20, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, filepath.Join(b.TempDir(), "desk.db"))
			at0 := w.serve()
			empty := heap()
			var all []*heard
			for i := range n {
				if i%100 == 0 { // rates are limited
					w.secrets[reservations.RoleAuditor] = w.token(reservations.Token{Role: reservations.RoleAuditor, Scopes: reservations.Scopes})
				}
				all = append(all, w.listen(at0, w.secrets[reservations.RoleAuditor], ""))
			}
			for _, h := range all {
				h.until("id: ")
			}
			each := float64(heap()-empty) / float64(n) / 1024
			const idle = 3
			before := processorTime(b)
			time.Sleep(idle * time.Second)
			second := float64((processorTime(b) - before).Microseconds()) / idle / 1000
			before = processorTime(b)
			b.ResetTimer()
			i := 0
			for b.Loop() {
				r := reservations.Reservation{Desk: "D1", Person: "max", Span: reservations.Span{Start: at(float64(i)), End: at(float64(i) + 1)}}
				_, err := w.store.Reserve(ctx, r, eight)
				check(b, err)
				w.events.Stir()
				for _, h := range all {
					h.until(r.Start.Format(time.RFC3339))
				}
				i++
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N)/1000, "ms-CPU/change")
			b.ReportMetric(second, "ms-CPU/idle-second")
			b.ReportMetric(each, "KiB/listener")
			b.ReportMetric(float64(heap()-empty)/float64(n)/1024, "KiB/listener-after")
		})
	}
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) //nolint:gosec // far from the bound
}
