package imports

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskd/cmd/deskd/daemon"
	"deskd/configs"
	"deskd/scheduler/clock"
	"deskd/store"
)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// building is an importer's parts over an empty database of one site and one cluster.
func building(tb testing.TB) *daemon.Parts {
	tb.Helper()
	folder := tb.TempDir()
	check(tb, os.WriteFile(filepath.Join(folder, "em-password"), []byte("only-for-tests\n"), 0o600))
	check(tb, os.WriteFile(filepath.Join(folder, "deskd.yaml"), []byte(`sites: [{name: berlin, timezone: Europe/Berlin}]
clusters: [{name: main, url: "http://127.0.0.1:9/emservice/EMServiceServlet", app_id: deskd, app_password_file: em-password}]
`), 0o600))
	c, err := configs.Load(filepath.Join(folder, "deskd.yaml"))
	check(tb, err)
	st, err := store.Open(tb.Context(), c.Database.DSN, store.Options{})
	check(tb, err)
	tb.Cleanup(func() { st.Close() })
	p, err := daemon.NewParts(c, st, nil, clock.Clock{})
	check(tb, err)
	check(tb, p.Configure(tb.Context()))
	return p
}

// csvOf is a file of n bookings of so many desks, a day after the other, as spreadsheets
// write them; before it come the desks and two people a desk.
func csvOf(n, desks int) (all map[string]string) {
	var d, p, r strings.Builder
	d.WriteString("id,site,cluster,device\n")
	p.WriteString("person,mail,name\n")
	r.WriteString("desk,person,start,end,note\n")
	for i := range desks {
		fmt.Fprintf(&d, "D%d,berlin,main,SEP%012X\n", i, i+4096)
	}
	for i := range 2 * desks {
		fmt.Fprintf(&p, "user%d,user%d@example.com,User %d\n", i, i, i)
	}
	for i := range n {
		day := time.Date(2030, 1, 1+i/desks, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		fmt.Fprintf(&r, "D%d,user%d,%s 08:00,%s 17:00,\n", i%desks, i*7919%(2*desks), day, day)
	}
	return map[string]string{"desks": d.String(), "people": p.String(), "reservations": r.String()}
}

func bring(tb testing.TB, p *daemon.Parts, kind, text string) Report {
	tb.Helper()
	i := Importer{Parts: p, File: kind + ".csv"}
	r, err := i.Run(tb.Context(), kind, strings.NewReader(text))
	check(tb, err)
	if r.LeftOut > 0 || len(r.Notes) > 0 {
		tb.Fatalf("%d left out, %v, %v", r.LeftOut, r.Problems, r.Notes)
	}
	return r
}

// BenchmarkFile imports a file of a hundred thousand bookings, from its text to the report,
// and the same file again. What is written is measured by BenchmarkImport of the store; this
// shows what reading and reporting add, and the memory of it all.
func BenchmarkFile(b *testing.B) {
	const n, desks = 100_000, 1000
	texts := csvOf(n, desks)
	for b.Loop() {
		p := building(b)
		bring(b, p, "desks", texts["desks"])
		bring(b, p, "people", texts["people"])
		began, used := time.Now(), cpu()
		heap := peakHeap(func() {
			if r := bring(b, p, "reservations", texts["reservations"]); r.Added != n {
				b.Fatal(r.Added)
			}
		})
		b.ReportMetric(time.Since(began).Seconds(), "s-file")
		b.ReportMetric((cpu() - used).Seconds(), "cpu-s-file")
		b.ReportMetric(float64(heap)/(1<<20), "MB-heap")
		used = cpu()
		if r := bring(b, p, "reservations", texts["reservations"]); r.Unchanged != n {
			b.Fatal(r.Unchanged)
		}
		b.ReportMetric((cpu() - used).Seconds(), "cpu-s-again")
		b.ReportMetric(0, "ns/op")
	}
}

// cpu is the time that this process has computed.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it knows itself
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// peakHeap samples the heap while do runs, and returns by how much it was larger than
// before, in bytes.
func peakHeap(do func()) uint64 {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	before, peak := now.HeapInuse, now.HeapInuse
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapInuse)
			}
		}
	}()
	do()
	close(over)
	<-ended
	return peak - before
}
