package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// heard is what a listener has heard, a line at a time, until the stream ends.
type heard struct {
	lines chan string
	end   context.CancelFunc
}

// listen listens to a daemon's events from an id on, ” for what comes.
func (d *served) listen(secret, last string) heard {
	t := d.world.t
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	r, err := http.NewRequestWithContext(ctx, "GET", d.page+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	var got *http.Response
	eventually(t, 10*time.Second, "there are events", func() bool { // a daemon that has just begun says when to come again
		if got, err = http.DefaultClient.Do(r); err != nil {
			t.Fatal(err)
		}
		if got.StatusCode == http.StatusServiceUnavailable && got.Header.Get("Retry-After") != "" {
			_ = got.Body.Close()
			return false
		}
		return true
	})
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%d", got.StatusCode)
	}
	h := heard{lines: make(chan string, 100), end: end}
	go func() {
		defer got.Body.Close() //nolint:errcheck // it was only read
		defer close(h.lines)
		for lines := bufio.NewScanner(got.Body); lines.Scan(); {
			h.lines <- lines.Text()
		}
	}()
	return h
}

// of waits for an event of a kind whose data holds some words, and returns the id that stood
// with it or before it.
func (h heard) of(t *testing.T, kind, words string) (id string) {
	t.Helper()
	event, over := "", time.After(5*time.Second)
	var all []string
	for {
		select {
		case line, more := <-h.lines:
			all = append(all, line)
			name, value, _ := strings.Cut(line, ": ")
			switch {
			case !more:
				t.Fatalf("the stream has ended: %q", all)
			case name == "id":
				id = value
			case name == "event":
				event = value
			case name == "data" && event == kind && strings.Contains(value, words):
				return id
			}
		case <-over:
			t.Fatalf("no %s of %s: %q", kind, words, all)
		}
	}
}

// Who listens to a daemon hears of bookings, by whichever program they are made, hears what
// was missed when the connection was lost, and nothing once the token is revoked.
func TestListenToTheDaemon(t *testing.T) {
	w := newWorld(t).furnish()
	var made struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(w.must("token", "create", "--scope", "read,write", "--role", "facilities", "-o", "json")), &made); err != nil {
		t.Fatal(err)
	}
	d := w.serve()
	listener := d.listen(made.Secret, "")
	for line := range listener.lines { // it listens
		if strings.HasPrefix(line, "id: ") {
			break
		}
	}
	start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	body := fmt.Sprintf(`{"desk":"D1","person":"user0001","start":%q,"end":%q}`, start.Format(time.RFC3339), start.Add(time.Hour).Format(time.RFC3339))
	r, err := http.NewRequestWithContext(t.Context(), "POST", d.page+"/api/v1/reservations", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Body.Close(); err != nil || got.StatusCode != http.StatusCreated {
		t.Fatal(got.Status, err)
	}
	last := listener.of(t, "reservation", `"desk":"D1"`)
	listener.end()
	w.reserve("D2", "user0003", 2*time.Hour, 3*time.Hour) // by the command line
	again := d.listen(made.Secret, last)
	again.of(t, "reservation", `"desk":"D2"`)
	if os.Getenv("DESKD_ABUSE") == "" {
		t.Log("make abuse waits until the stream of a revoked token ends: fifteen seconds")
		return
	}
	w.must("token", "revoke", made.ID)
	over := time.After(17 * time.Second)
	for {
		select {
		case _, more := <-again.lines:
			if !more {
				return
			}
		case <-over:
			t.Fatal("the stream of a revoked token goes on")
		}
	}
}

// The page counts which rules are broken by whom, as the daemon finds it aside.
func TestBrokenRulesOnThePage(t *testing.T) {
	w := newWorld(t).furnish()
	w.write("deskd.yaml", strings.Replace(w.config(), "{name: berlin, timezone: Europe/Berlin}", "{name: berlin, timezone: Europe/Berlin, rules: {longest: 1h}}", 1))
	start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	w.exec("INSERT INTO reservations (desk, person, starts_at, ends_at) VALUES ('D1', 'user0001', ?, ?)", start.Format(time.RFC3339), start.Add(3*time.Hour).Format(time.RFC3339))
	d := w.serve()
	eventually(t, 10*time.Second, "the page tells of it", func() bool { return strings.Contains(d.body("/"), "longest") })
}
