package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"deskd/emapi/emulator"
)

// hangUp lets the daemon read its configuration again.
func (d *process) hangUp() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
}

// reloads changes the configuration and waits until it applies.
func (d *process) reloads(config string) {
	d.t.Helper()
	before := strings.Count(d.log.String(), "configuration applied")
	d.write("deskd.yaml", config)
	d.hangUp()
	eventually(d.t, 20*time.Second, "the configuration applies", func() bool {
		return strings.Count(d.log.String(), "configuration applied") > before
	})
}

// Clusters, feeds and policy change under a daemon that runs, and no session,
// no page and no lock is lost.
func TestReload(t *testing.T) {
	w := newWorld(t).furnish()
	w.reserve("D1", "user0001", -time.Hour, time.Hour)
	d := w.start()
	d.ready()
	eventually(t, 5*time.Second, "the booked desk's phone is logged in", func() bool { return w.session("SEP000000000001") == "user0001" })

	var asked, failed atomic.Int64 // of the page, all the while
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			resp, err := http.Get(d.page + "/healthz")
			if err != nil || resp.StatusCode != http.StatusOK {
				failed.Add(1)
			}
			if err == nil {
				resp.Body.Close()
			}
			asked.Add(1)
		}
	}()
	started := time.Now().Add(-time.Minute).UTC().Format(":20060102T150405Z")
	w.write("annex.ics", calendar(booking{uid: "b", location: "D3", attendee: "three@example.com", start: started}))
	d.reloads(w.config() + "  - {name: annex, url: \"file:annex.ics\", site: boston, every: 1s, window: {ahead: 87600h}}\n")
	eventually(t, 10*time.Second, "a new feed is acted on", func() bool { return w.session("SEP000000000003") == "user0003" })
	d.has("/", "annex")

	d.reloads(w.config() + "policy: {walkups: end}\njobs: {sweep: \"@every 1s\"}\n")
	if err := w.phones.PressLogin("SEP000000000002", "user0002"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the new policy ends walk-ups", func() bool {
		return w.session("SEP000000000002") == ""
	})
	if got := w.session("SEP000000000001"); got != "user0001" {
		t.Errorf("a session was lost, on the phone is %q", got)
	}
	if got := w.phones.Stats().Requests["login"]; got != 2 {
		t.Errorf("%d logins were sent for two bookings", got)
	}
	stop()
	<-ended
	if failed.Load() > 0 || asked.Load() == 0 {
		t.Errorf("%d of %d requests for a page failed", failed.Load(), asked.Load())
	}
	w.contains(w.run("serve"), 75, "another deskd holds the database")
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, d.log)
	}
}

// A configuration that is wrong changes nothing, says every mistake, and is
// forgotten as soon as there is a right one.
func TestReloadRefused(t *testing.T) {
	notShort(t, "starts a daemon and waits for each mistake")
	w := newWorld(t).furnish()
	d := w.start()
	d.ready()
	tests := map[string]struct {
		config string
		want   []string
	}{
		"wrong":            {badConfig, []string{"deskd.yaml:1:1: listen: ", "sites[0].timezone", "clusters[0].max_per_minut:", "clusters[0].app_password_file", "feeds[0].url", "feeds[0].every"}},
		"another database": {"database: {dsn: other.db}\n" + w.config(), []string{"deskd.yaml:1:12: database.dsn: cannot be changed while deskd runs (restart deskd for this change)"}},
		"another address":  {strings.Replace(w.config(), "127.0.0.1:0", "127.0.0.1:1", 1), []string{"deskd.yaml:1:1: listen: cannot be changed while deskd runs"}},
		"no password":      {strings.Replace(w.config(), "em-password", "gone", 1), []string{"clusters[0].app_password_file: open "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w, before := w.in(t), len(d.log.String())
			w.write("deskd.yaml", test.config)
			d.hangUp()
			for _, want := range test.want {
				eventually(t, 10*time.Second, "the log says "+want, func() bool {
					said := d.log.String()[before:]
					return strings.Contains(said, `level=ERROR msg="configuration refused, the one from before stays"`) && strings.Contains(said, want)
				})
			}
			d.has("/", "The configuration was to be read again and is wrong")
			d.has("/readyz", `"status":"degraded"`, "the one from before is in force")
			w.write("deskd.yaml", w.config()) // for the verbs; nobody tells the daemon
			id := w.reserve("D1", "user0001", -time.Minute, time.Hour)
			eventually(t, 5*time.Second, "the daemon goes on", func() bool { return w.session("SEP000000000001") == "user0001" })
			w.must("cancel", id)
			eventually(t, 5*time.Second, "the daemon goes on", func() bool { return w.session("SEP000000000001") == "" })
		})
	}
	d.reloads(w.config())
	if _, body := d.get("/"); strings.Contains(body, "to be read again") {
		t.Error("the page still speaks of the wrong configuration")
	}
}

// A storm of reloads, while the phone system takes its time to answer, holds up no
// phone: each waits for the answer under way, and those that come meanwhile are one.
func TestReloadStorm(t *testing.T) {
	notShort(t, "reloads a daemon at work, over and over")
	w := newWorld(t).furnish()
	if _, err := w.phones.AddFault(emulator.Fault{Op: "deviceUserQuery", Action: emulator.Delay, Delay: 600 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	d := w.start()
	for range 3 { // each over the first question of the daemon before
		asked := w.phones.Stats().Requests["deviceUserQuery"]
		eventually(t, 10*time.Second, "a question is under way", func() bool { return w.phones.Stats().Requests["deviceUserQuery"] > asked })
		d.hangUp()
	}
	for range 30 {
		d.hangUp()
	}
	w.reserve("D1", "user0001", -time.Minute, time.Hour)
	eventually(t, 20*time.Second, "the booking is served", func() bool { return w.session("SEP000000000001") == "user0001" })
	if log := d.log.String(); strings.Contains(log, "was lost again and again") || strings.Count(log, "configuration applied") > 10 {
		t.Errorf("the reloads were not waited for, or not taken together:\n%s", log)
	}
	d.hangUp()
	if code := d.stop(); code != 0 { // while it reloads
		t.Errorf("exit code %d\n%s", code, d.log)
	}
}
