package phone_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/web/phone"
)

// BenchmarkAtOnce has 200 phones of a house of 1,000 desks ask for their page at once, as their
// people come at nine: what each is shown was not remembered. It tells how long the slowest
// waits. In extend, each asks how long the desk can be had, which is tried in the database.
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
	ask := func(b *testing.B, query func(n int) string) []string {
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
		b.ReportMetric(float64(slowest)/float64(time.Millisecond), "ms-slowest")
		return pages
	}
	home := func(n int) string { return "name=" + device(n) }
	b.Run("home", func(b *testing.B) {
		for b.Loop() {
			h.pass(11 * time.Second)
			for _, page := range ask(b, home) {
				if !strings.Contains(page, "Yours until 17:00") {
					b.Fatal(page)
				}
			}
		}
	})
	b.Run("extend", func(b *testing.B) {
		for b.Loop() {
			h.pass(11 * time.Second)
			for _, page := range ask(b, func(n int) string { return home(n) + "&p=extend" }) {
				if !strings.Contains(page, "Until 17:30") {
					b.Fatal(page)
				}
			}
		}
	})
}
