//go:build !race

// Under the race detector a calendar that keeps its reader busy does so for long.

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"deskd/emapi/emulator"
)

// Beside a cluster that swallows every packet, a calendar that comes by one byte
// a second and one made to keep its reader busy, the other cluster and the other
// calendar are served as if they were alone, and so is anyone who looks at a page.
func TestBadNeighbours(t *testing.T) {
	notShort(t, "waits for answers that do not come")
	w := newWorld(t)
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	dead := newProxy(t, at.Host)
	w.url = strings.Replace(w.url, at.Host, dead.at, 1)
	other := emulator.New(emulator.Options{AppID: "deskd", Password: testPassword})
	other.Populate(4, 4)
	second := httptest.NewServer(other)
	t.Cleanup(second.Close)
	dripping, bomb := httptest.NewServer(http.HandlerFunc(drip)), httptest.NewServer(http.HandlerFunc(explode))
	t.Cleanup(func() { dripping.CloseClientConnections(); dripping.Close() })
	t.Cleanup(bomb.Close)
	w.write("deskd.yaml", strings.Replace(w.config(), "feeds:\n", fmt.Sprintf(`  - {name: other, url: %q, app_id: deskd, app_password_file: em-password, max_per_minute: 6000}
feeds:
  - {name: drip, url: %q, site: berlin, every: 1s, allow_networks: [127.0.0.0/8]}
  - {name: bomb, url: %q, site: berlin, every: 1s, allow_networks: [127.0.0.0/8]}
`, second.URL+emulator.Path, dripping.URL, bomb.URL), 1))
	w.furnish()
	w.write("desks.csv", "id,site,cluster,device,name,floor,zone\nD4,berlin,other,SEP000000000004,,,\n")
	w.must("import", "desks", w.path("desks.csv"))
	dead.set(t, toxics{up: toxic{swallow: true}})
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	d := w.start()
	on := func(person string) func() bool {
		return func() bool {
			for _, s := range other.Sessions() {
				return s.User == person
			}
			return person == ""
		}
	}
	worst := make(map[string]time.Duration)
	look := func(what string, began time.Time) { worst[what] = max(worst[what], time.Since(began)) }
	for n := range 6 {
		person, began := "", time.Now()
		if n%2 == 0 {
			person = "user0003"
			w.write("hall.ics", calendar(booking{uid: fmt.Sprint(n), location: "D4", attendee: "three@example.com",
				start: time.Now().Add(-time.Minute).UTC().Format(":20060102T150405Z")}))
		} else {
			w.write("hall.ics", calendar())
		}
		eventually(t, 10*time.Second, "the phone of the other cluster follows its calendar", on(person))
		look("calendar to phone", began)
		for _, path := range []string{"/", "/healthz", "/metrics"} {
			began := time.Now()
			d.has(path, "")
			look("page", began)
		}
	}
	t.Logf("the longest: %v", worst)
	if worst["page"] > 5*time.Second {
		t.Errorf("a page took %v", worst["page"])
	}
	eventually(t, 30*time.Second, "the bomb is told", func() bool {
		out := w.run("list", "feeds")
		return out.code == 0 && strings.Contains(out.out, "bomb") && strings.Contains(out.out, "more work together")
	})
	status, ready := d.get("/readyz")
	if !strings.Contains(ready, "main") || w.session("SEP000000000001") != "" {
		t.Errorf("the dead cluster does not show: %d %s", status, ready)
	}
	dead.set(t, toxics{})
	eventually(t, 2*time.Minute, "the dead cluster is back", func() bool { return w.session("SEP000000000001") == "user0001" })
}

// drip answers with a byte a second, for ever.
func drip(rw http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		io.WriteString(rw, "B")
		_ = http.NewResponseController(rw).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// explode answers with a hundred thousand events none of which ever takes place.
func explode(rw http.ResponseWriter, _ *http.Request) {
	io.WriteString(rw, "BEGIN:VCALENDAR\r\n")
	for n := range 100_000 {
		_, err := fmt.Fprintf(rw, "BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260303T080000Z\r\nDURATION:PT1H\r\nLOCATION:D4\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\nEND:VEVENT\r\n", n)
		if err != nil {
			return
		}
	}
	io.WriteString(rw, "END:VCALENDAR\r\n")
}
