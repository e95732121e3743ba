package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/web/view"
)

// Hundreds who ask cost as many reads as fit beside the phones, one at a time, and
// each gets an answer that was read after the question.
func TestPagesAreReadOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads, now, most atomic.Int64
		const took = 50 * time.Millisecond
		h, _ := serve(t, func(context.Context) (view.Snapshot, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			reads.Add(1)
			time.Sleep(took)
			return calm(t, 2), nil
		})
		began := time.Now()
		const clients, each = 250, 8
		var all sync.WaitGroup
		for range clients {
			all.Go(func() {
				for range each {
					before := reads.Load()
					if got := ask(h, "GET", "/"); got.Code != http.StatusOK {
						t.Errorf("status %d", got.Code)
					}
					if reads.Load() == before {
						t.Error("the answer was read before the question")
					}
				}
			})
		}
		all.Wait()
		if most.Load() != 1 {
			t.Errorf("%d reads at once", most.Load())
		}
		// Each of a client's questions meets a read under way, or a rest, and waits for the next.
		if n := reads.Load(); n < each || n > each+1 {
			t.Errorf("%d reads for %d questions of each of %d clients", n, each, clients)
		}
		if spent, busy := time.Since(began), time.Duration(reads.Load())*took; busy*3 > spent {
			t.Errorf("reads took %v of %v", busy, spent)
		}
		time.Sleep(restsMost)
		began = time.Now()
		ask(h, "GET", "/")
		if waited := time.Since(began); waited != took {
			t.Errorf("who asks alone waits %v", waited)
		}
	})
}

// As many views as anybody can think of are rendered one after the other, and who
// would wait too long is told so.
func TestManyViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReads(always(view.Snapshot{}), nil)
		of, err := r.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var now, most, busy atomic.Int64
		render := func(_ view.Snapshot, key filter) ([]byte, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(90 * time.Millisecond)
			return []byte(key.Query), nil
		}
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() {
				ctx, stop := context.WithTimeout(t.Context(), readFor)
				defer stop()
				query := fmt.Sprint(n)
				switch p, err := r.page(ctx, of, filter{Query: query}, render); {
				case errors.Is(err, errBusy):
					busy.Add(1)
				case err != nil || string(p.body.text) != query:
					t.Errorf("%q, %v", p.body.text, err)
				}
			})
		}
		all.Wait()
		if most.Load() != 1 || busy.Load() != 72 { // one in 180 ms
			t.Errorf("%d at once, %d of 100 were turned away", most.Load(), busy.Load())
		}
		if len(of.pages.all) > kept {
			t.Errorf("%d pages kept", len(of.pages.all))
		}
	})
}

// The same view of a reading is rendered once, however many ask for it, then or later.
func TestPageIsRenderedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReads(always(view.Snapshot{}), nil)
		of, err := r.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var rendered atomic.Int64
		render := func(view.Snapshot, filter) ([]byte, error) {
			rendered.Add(1)
			time.Sleep(50 * time.Millisecond)
			return []byte("page"), nil
		}
		for range 2 {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if p, err := r.page(t.Context(), of, filter{}, render); err != nil || string(p.body.text) != "page" {
						t.Errorf("%v, %v", p, err)
					}
				})
			}
			all.Wait()
		}
		if rendered.Load() != 1 {
			t.Errorf("rendered %d times", rendered.Load())
		}
		time.Sleep(restsMost) // the slot is given back
	})
}

// What has not changed is rendered once a minute, however many look and how often; what
// has is rendered for the next who asks.
func TestPageIsRenderedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().Truncate(time.Minute)
		s := view.Snapshot{Change: 1}
		r := NewReads(func(context.Context) (view.Snapshot, error) {
			s.AsOf = time.Now()
			return s, nil
		}, nil)
		rendered := 0
		look := func(at time.Duration, want int) {
			t.Helper()
			time.Sleep(time.Until(began.Add(at)))
			for range 30 {
				of, err := r.get(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.page(t.Context(), of, filter{}, func(view.Snapshot, filter) ([]byte, error) {
					rendered++
					return nil, nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if rendered != want {
				t.Errorf("after %v: rendered %d times, want %d", at, rendered, want)
			}
		}
		look(time.Minute, 1)
		look(119*time.Second, 1)
		look(120*time.Second, 2)
		s.Change++
		look(121*time.Second, 3)
		s.Change = 0 // nothing is said of it
		of, _ := r.get(t.Context())
		if again, _ := r.get(t.Context()); again.pages == of.pages {
			t.Error("the pages of another reading are shown")
		}
		time.Sleep(restsMost)
	})
}

// Probes take what was so within two seconds, and ask nothing; then they look. A page is
// of now always.
func TestProbesAreFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looked atomic.Int64
		looks := func() int { return int(looked.Load()) }
		r := NewReads(func(context.Context) (view.Snapshot, error) { looked.Add(1); return view.Snapshot{}, nil }, nil)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {0, 1}, {1900 * time.Millisecond, 1}, {100 * time.Millisecond, 2}, {time.Hour, 3}} {
			time.Sleep(c.after)
			if _, err := r.lately(t.Context()); err != nil || looks() != c.want {
				t.Errorf("after %v: %d looks, want %d (%v)", c.after, looks(), c.want, err)
			}
		}
		if _, err := r.get(t.Context()); err != nil || looks() != 4 {
			t.Errorf("a page: %d looks (%v)", looks(), err)
		}
		ctx, stop := context.WithCancel(t.Context())
		go r.Keep(ctx)
		for range 10 {
			time.Sleep(690 * time.Millisecond) // never at the instant of a look of its own
			before := looks()
			if _, err := r.lately(t.Context()); err != nil || looks() != before {
				t.Errorf("a probe beside the daemon's own looks has looked (%v)", err)
			}
		}
		if looks() < 4+7 || looks() > 4+9 {
			t.Errorf("%d looks in seven seconds", looks()-4)
		}
		stop()
		time.Sleep(restsMost)
	})
}

// Who goes away while a page is made for them turns nobody else away.
func TestPageOutlivesWhoAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReads(always(view.Snapshot{}), nil)
		of, err := r.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		render := func(_ view.Snapshot, key filter) ([]byte, error) {
			time.Sleep(50 * time.Millisecond)
			return []byte(key.Query), nil
		}
		key := func(query string) filter { return filter{Query: query} }
		var all sync.WaitGroup
		all.Go(func() { _, _ = r.page(t.Context(), of, key("other"), render) }) // has the slot
		synctest.Wait()
		first, leave := context.WithCancel(t.Context())
		all.Go(func() { _, _ = r.page(first, of, key("same"), render) })
		synctest.Wait()
		for range 3 {
			all.Go(func() {
				if p, err := r.page(t.Context(), of, key("same"), render); err != nil || string(p.body.text) != "same" {
					t.Errorf("%v, %v", p, err)
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		time.Sleep(restsMost) // the slot is given back
	})
}

// A host that is not this machine's is a web page that has pointed its own name here.
func TestHosts(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2)))
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8484": 200, "LOCALHOST.": 200, "127.0.0.1:8484": 200, "[::1]:8484": 200, "::1": 200, "10.1.2.3": 200,
		"example.com": 200, "EXAMPLE.com:443": 200, "example.com.": 200,
		"evil.example": 421, "evil.example:8484": 421, "": 421, "localhost.evil.example": 421, "example.com.evil.example": 421,
		"127.0.0.1.evil.example": 421, "evilexample.com": 421, "[::1].evil.example": 421,
	} {
		for _, path := range []string{"/", "/readyz", "/metrics", "/static/live.js", "/nowhere"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if path == "/nowhere" && want == 200 {
				want := 404
				if w.Code != want {
					t.Errorf("%s as %q: %d", path, host, w.Code)
				}
			} else if w.Code != want {
				t.Errorf("%s as %q: %d, want %d", path, host, w.Code, want)
			}
		}
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			t.Errorf("/healthz as %q: %d", host, w.Code)
		}
	}
}

// What was built is told in the metrics and to this machine only: a fault that is
// known is looked up by it. A page tells it to nobody, since a proxy that adds nothing
// to what it passes on looks like a browser on this machine.
func TestVersionIsForThisMachine(t *testing.T) {
	h, _ := serve(t, always(calm(t, 2)))
	for name, c := range map[string]struct {
		from, host, header string
		old                bool // HTTP/1.0
		shown              bool
	}{
		"IPv4":               {from: "127.0.0.1:1", host: "127.0.0.1:8484", shown: true},
		"IPv6":               {from: "[::1]:1", host: "[::1]:8484", shown: true},
		"IPv4 in IPv6":       {from: "[::ffff:127.0.0.1]:1", host: "localhost:8484", shown: true},
		"by name":            {from: "127.0.0.1:1", host: "LOCALHOST.", shown: true},
		"another machine":    {from: "10.0.0.7:1", host: "127.0.0.1:8484"},
		"no address":         {host: "127.0.0.1:8484"},
		"nginx, as it comes": {from: "127.0.0.1:1", host: "127.0.0.1:8484", old: true},
		"by another name":    {from: "127.0.0.1:1", host: "example.com"},
		"by another address": {from: "127.0.0.1:1", host: "10.0.0.7:8484"},
		"X-Forwarded-For":    {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Forwarded-For"},
		"X-Forwarded-Host":   {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Forwarded-Host"},
		"X-Forwarded-Proto":  {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Forwarded-Proto"},
		"X-Forwarded-Port":   {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Forwarded-Port"},
		"X-Real-IP":          {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Real-IP"},
		"X-Original-URI":     {from: "127.0.0.1:1", host: "127.0.0.1", header: "X-Original-URI"},
		"Forwarded":          {from: "127.0.0.1:1", host: "127.0.0.1", header: "Forwarded"},
		"Via":                {from: "127.0.0.1:1", host: "127.0.0.1", header: "Via"},
		"CF-Connecting-IP":   {from: "127.0.0.1:1", host: "127.0.0.1", header: "CF-Connecting-IP"},
	} {
		for _, path := range []string{"/", "/readyz", "/healthz", "/nowhere", "/metrics"} {
			r := httptest.NewRequest("GET", path, nil)
			r.RemoteAddr, r.Host = c.from, c.host
			if c.old {
				r.Proto, r.ProtoMinor = "HTTP/1.0", 0
			}
			if c.header != "" {
				r.Header.Set(c.header, "")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			body := w.Body.String()
			shown := strings.Contains(body, "1.2.3") || strings.Contains(body, runtime.Version())
			if shown != (c.shown && path == "/metrics") || w.Code == 421 {
				t.Errorf("%s, %s: status %d, shown: %t", name, path, w.Code, shown)
			}
		}
	}
}
