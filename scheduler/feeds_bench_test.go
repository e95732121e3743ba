package scheduler_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"deskd/emapi/emulator"
	"deskd/reservations"
)

// officeOf is a database with so many desks, and two people a desk with addresses.
func officeOf(desks int) *template {
	var all []reservations.Desk
	var people []reservations.Person
	for n := 1; n <= desks; n++ {
		id := fmt.Sprintf("D%d", n)
		all = append(all, reservations.Desk{ID: id, Site: "here", Cluster: "main", Device: emulator.DeviceName(n), Name: "Desk " + id, Mail: []string{id + "@rooms.example.com"}})
		for half := range 2 {
			user := emulator.UserName(2*n + half)
			people = append(people, reservations.Person{ID: user, Name: "User " + user, Mail: []string{user + "@example.com"}})
		}
	}
	return furnished(all, people)
}

// unchanging is a calendar of so many events, which answers 304 to who knows it.
func unchanging(tb testing.TB, events int) *httptest.Server {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n")
		for n := 1; n <= events; n++ {
			_, _ = fmt.Fprintf(w, "BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260303T090000Z\r\nDURATION:PT8H\r\nLOCATION:D%d\r\n"+
				"ATTENDEE:mailto:%s@example.com\r\nEND:VEVENT\r\n", n, n, emulator.UserName(2*n))
		}
		_, _ = io.WriteString(w, "END:VCALENDAR\r\n")
	}))
	tb.Cleanup(server.Close)
	return server
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
			case <-time.After(5 * time.Millisecond):
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

// BenchmarkPollUnchanged polls a feed whose server answers 304, client and server
// together: what that takes must not depend on the desks. The bare request is beside it.
// 200 of them at once, as after a start, must not each take the memory of a directory.
func BenchmarkPollUnchanged(b *testing.B) {
	for _, desks := range []int{200, 2000, 20_000} {
		b.Run(fmt.Sprintf("desks=%d", desks), func(b *testing.B) {
			server := unchanging(b, min(desks, 1000))
			p := pollsOver(b, officeOf(desks), server.URL)
			check(b, p.poll(time.Second))
			b.ReportAllocs()
			began := cpu()
			for b.Loop() {
				check(b, p.poll(time.Second))
			}
			b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
	b.Run("bare", func(b *testing.B) {
		server := unchanging(b, 1)
		client := http.Client{Transport: &http.Transport{}}
		began := cpu()
		for b.Loop() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL, http.NoBody)
			check(b, err)
			r.Header.Set("If-None-Match", `"1"`)
			r.Close = true
			resp, err := client.Do(r)
			check(b, err)
			check(b, resp.Body.Close())
		}
		b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N), "cpu-µs/op")
	})
	b.Run("feeds=200", func(b *testing.B) {
		server := unchanging(b, 10)
		urls := make([]string, 200)
		for i := range urls {
			urls[i] = server.URL
		}
		p := pollsOver(b, officeOf(2000), urls...)
		all := func() {
			p.now = p.now.Add(time.Second)
			var polls sync.WaitGroup
			for _, fd := range p.Feeds {
				polls.Go(func() { _, _ = p.Poll(b.Context(), fd, p.now) })
			}
			polls.Wait()
		}
		all()
		var peak uint64
		began := cpu()
		for b.Loop() {
			peak = max(peak, peakHeap(all))
		}
		b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N)/200, "cpu-µs/feed")
		b.ReportMetric(float64(peak)/(1<<20), "MB-peak")
	})
}
