//go:build !race

// Processes under the race detector are too slow to be asked by a crowd.

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskd/emapi/emulator"
)

// client is a program with a token and connections of its own.
type client struct {
	http   *http.Client
	base   string // of the node that it asks
	secret string
}

// said is an answer.
type said struct {
	status int
	header http.Header
	text   string
	took   time.Duration
}

// ask sends a request, with a body of JSON unless that is empty.
func (c client) ask(ctx context.Context, method, path, body string, headers ...string) (said, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, content)
	if err != nil {
		return said{}, err
	}
	r.Header.Set("Authorization", "Bearer "+c.secret)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	began := time.Now()
	got, err := c.http.Do(r)
	if err != nil {
		return said{}, err
	}
	defer got.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(got.Body)
	return said{got.StatusCode, got.Header, string(text), time.Since(began)}, err
}

// clients are so many programs that ask the nodes in turn.
func (w *world) clients(n int, nodes ...string) []client {
	w.t.Helper()
	all := make([]client, n)
	for i := range all {
		var made struct{ Secret string }
		if err := json.Unmarshal([]byte(w.must("token", "create", "--scope", "read,write", "--role", "delegate", "-o", "json")), &made); err != nil {
			w.t.Fatal(err)
		}
		way := &http.Transport{MaxIdleConnsPerHost: 1}
		w.t.Cleanup(way.CloseIdleConnections)
		all[i] = client{&http.Client{Transport: way, Timeout: time.Minute}, nodes[i%len(nodes)], made.Secret}
	}
	return all
}

// races is how many rounds of each size are run: DESKD_RACES, or a few.
func races(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("DESKD_RACES")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// race has 2, 10 and 30 clients want a desk at once, rounds times each, at times that overlap
// without being the same: one gets it, and the others are told that it is taken. It returns
// how many bookings there have to be.
func race(t *testing.T, all []client, rounds int) (booked int) {
	t.Helper()
	hour := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, 1)
	for _, size := range []int{2, 10, 30} {
		count, began, next := make(map[int]int), time.Now(), 0
		for range rounds {
			hour = hour.Add(2 * time.Hour)
			answers, start := make(chan said, size), make(chan struct{})
			for i := range size {
				c := all[next%len(all)] // in turn: each may ask so often
				next++
				from := hour.Add(time.Duration(i%4) * 10 * time.Minute)
				body := fmt.Sprintf(`{"desk":"D1","person":"user%04d","start":%q,"end":%q}`, 1+next%racers, from.Format(time.RFC3339), hour.Add(time.Hour).Format(time.RFC3339))
				go func() {
					<-start
					got, err := c.ask(t.Context(), http.MethodPost, "/reservations", body)
					if err != nil && t.Context().Err() == nil {
						t.Error(err)
					}
					answers <- got
				}()
			}
			close(start)
			if t.Failed() {
				t.FailNow()
			}
			won := 0
			for range size {
				got := <-answers
				count[got.status]++
				switch got.status {
				case http.StatusCreated:
					won++
				case http.StatusConflict:
				case http.StatusServiceUnavailable, http.StatusTooManyRequests:
					if got.header.Get("Retry-After") == "" {
						t.Errorf("%d without Retry-After", got.status)
					}
				default:
					t.Errorf("%d %s", got.status, got.text)
				}
			}
			if won != 1 {
				t.Errorf("%d clients: %d have the desk at %s", size, won, hour)
			}
			booked += won
		}
		took := time.Since(began)
		t.Logf("%d rounds of %d clients: %v in %s, %.1f ms a round", rounds, size, count, took.Round(time.Millisecond), took.Seconds()*1000/float64(rounds))
	}
	return booked
}

// racers is how many people there are to book for: one has as many bookings as in life.
const racers = fleetDesks

// Of bookings that count, pairs that share a desk and an instant.
const doubles = `SELECT count(*) FROM reservations a JOIN reservations b
	ON a.desk = b.desk AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at AND a.status = 'confirmed' AND b.status = 'confirmed'`

const confirmed = "SELECT count(*) FROM reservations WHERE status = 'confirmed'"

// Of 2, 10 and 30 programs that want a desk at once, over sockets, from a daemon of its own
// process, one gets it, each time. DESKD_RACES says how often.
func TestRaceOfPrograms(t *testing.T) {
	notShort(t, "starts a daemon, and asks it for seconds")
	w := newWorld(t)
	w.writeLists()
	people := "person,name\n"
	for n := 1; n <= racers; n++ {
		people += emulator.UserName(n) + ",\n"
	}
	w.write("people.csv", people)
	w.importLists()
	d := w.start()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%d of the daemon: %s", len(d.ended), d.log)
		}
	})
	d.ready()
	booked := race(t, w.clients(40, d.page), races(t, 10))
	if n, twice := w.count(confirmed), w.count(doubles); n != booked || twice != 0 {
		t.Errorf("%d bookings of %d, %d of them double", n, booked, twice)
	}
}

// The same over two nodes of one PostgreSQL database, each of which is asked by half of them.
func TestRaceOverNodes(t *testing.T) {
	if os.Getenv("DESKD_RACES") == "" && os.Getenv("DESKD_NODES") == "" {
		t.Skip("make races and make nodes run it, and .ci/run: it starts daemons and a server")
	}
	f := newFleet(t, "a", "b")
	f.driver()
	booked := race(t, f.members[0].world.clients(40, f.members[0].page, f.members[1].page), races(t, 10))
	f.holds(confirmed, booked)
	f.holds(doubles, 0)
}

// holds asks the database for a number.
func (f *fleet) holds(query string, want int) {
	f.t.Helper()
	var n int
	if err := f.db.QueryRow(query).Scan(&n); err != nil && err != sql.ErrNoRows || n != want {
		f.t.Errorf("%s: %d, want %d: %v", query, n, want, err)
	}
}
