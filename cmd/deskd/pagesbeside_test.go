package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Logins do not wait for those who look at pages, however many they are. With
// DESKD_READERS so many ask without a pause, of DESKD_DESKS desks, and the lateness
// of the logins beside them is logged.
func TestPagesBesideDaemon(t *testing.T) {
	notShort(t, "reads pages beside a daemon for ten seconds")
	readers, desks := rowsOf(t, "DESKD_READERS", 20), rowsOf(t, "DESKD_DESKS", 50)
	w := newWorld(t).furnish()
	var file strings.Builder
	file.WriteString("id,site,cluster,device,floor\n")
	for n := 4; n <= desks; n++ {
		fmt.Fprintf(&file, "D%d,berlin,main,SEP%012d,4\n", n, n)
		w.phones.AddDevice(fmt.Sprintf("SEP%012d", n))
	}
	w.write("more.csv", file.String())
	w.must("import", "desks", w.path("more.csv"))
	d := w.serve()
	d.ready()
	var alone []time.Duration
	for range 3 {
		alone = append(alone, w.lateness())
	}
	t.Logf("beside nobody the latest login came after %v", longest(alone))

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers}, Timeout: time.Minute}
	done := make(chan struct{})
	var all sync.WaitGroup
	var served, failed atomic.Int64
	for n := range readers {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				path := []string{"/", "/readyz", "/metrics", fmt.Sprintf("/?q=%d", i)}[n%4]
				resp, err := client.Get(d.page + path)
				if err != nil {
					failed.Add(1)
					continue
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					failed.Add(1)
				}
				resp.Body.Close()
				served.Add(1)
			}
		})
	}
	var late []time.Duration
	began := time.Now()
	for range 3 {
		late = append(late, w.lateness())
	}
	took := time.Since(began)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	close(done)
	all.Wait()
	t.Logf("beside %d readers of %d desks the latest login came after %v; %d answers in %v, %d without one, %d MB of Go's memory",
		readers, desks, longest(late), served.Load(), took.Round(time.Millisecond), failed.Load(), memory.Sys>>20)
	if longest(late) > 10*time.Second {
		t.Errorf("beside %d readers a login came after %v", readers, longest(late))
	}
	if failed.Load() > 0 && readers <= 60 {
		t.Errorf("%d of %d readers' questions had no answer", failed.Load(), served.Load())
	}
	if strings.Contains(d.log.String(), "database does not answer") {
		t.Error("the database was taken for silent")
	}
	d.stop()
}
