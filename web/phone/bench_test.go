package phone_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/web/phone"
)

// BenchmarkAtOnce has 200 phones of a house of 1,000 desks ask for their page at once, as their
// people come at nine: what each is shown was not remembered. It tells how long the slowest
// waits: of the first round, which finds nothing read, of the worst behind it, and with -v of every
// round. In extend, each asks how long the desk can be had, which is tried in the database.
func BenchmarkAtOnce(b *testing.B) {
	const asking, desks = 200, 1000
	h := newHouse(b, func(h *house) { h.kept, h.moreDesks = true, desks })
	var all []reservations.Reservation
	for n := 6; n < 6+asking; n++ {
		all = append(all, reservations.Reservation{
			ID: fmt.Sprint("b", n), Desk: fmt.Sprintf("6.%03d", n), Person: "jane", Span: reservations.Span{Start: hm("09:00"), End: hm("17:00")},
		})
	}
	_, err := h.store.ImportReservations(h.ctx, all, false, nine.AddDate(0, 0, -1))
	fail(b, err)
	for n := 6; n < 6+asking; n++ {
		h.see(n, "jane")
	}
	ask := func(b *testing.B, query func(n int) string) ([]string, time.Duration) {
		b.Helper()
		pages := make([]string, asking)
		var each sync.WaitGroup
		var mu sync.Mutex
		var slowest time.Duration
		for i := range asking {
			each.Go(func() {
				r := httptest.NewRequestWithContext(h.ctx, http.MethodGet, phone.Path+"?"+query(6+i), nil)
				r.RemoteAddr = netip.AddrPortFrom(address(6+i), 49152).String()
				r.Header.Set("x-CiscoIPPhoneModelName", "CP-8845")
				w := httptest.NewRecorder()
				began := time.Now()
				h.handler.ServeHTTP(w, r)
				took := time.Since(began)
				text, _ := io.ReadAll(w.Body)
				mu.Lock()
				defer mu.Unlock()
				slowest, pages[i] = max(slowest, took), string(text)
			})
		}
		each.Wait()
		return pages, slowest
	}
	rounds := func(b *testing.B, want string, query func(n int) string) {
		var slowest, used []time.Duration
		for b.Loop() {
			h.pass(11 * time.Second)
			before := cpu(b)
			pages, took := ask(b, query)
			slowest, used = append(slowest, took), append(used, cpu(b)-before)
			for _, page := range pages {
				if !strings.Contains(page, want) {
					b.Fatal(page)
				}
			}
		}
		ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
		b.ReportMetric(ms(slowest[0]), "ms-first")
		if len(slowest) > 1 {
			b.ReportMetric(ms(slices.Max(slowest[1:])), "ms-worst")
		}
		b.ReportMetric(ms(used[0]), "ms-cpu-first")
		b.Logf("the slowest of each round: %v; the processor took %v", slowest, used)
	}
	home := func(n int) string { return "name=" + device(n) }
	b.Run("home", func(b *testing.B) { rounds(b, "Yours until 17:00", home) })
	b.Run("extend", func(b *testing.B) {
		rounds(b, "Until 17:30", func(n int) string { return home(n) + "&p=extend" })
	})
}

// cpu is what the process has had of the processors: a round that took much longer has waited for them.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	fail(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
