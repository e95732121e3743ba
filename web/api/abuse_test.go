package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskd/reservations"
	"deskd/web/api/rest"
	"deskd/web/view"
)

// pipes is a listener whose connections are pipes: what one end writes, the other has read, and
// time is that of the bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// wired serves the world as the daemon does, and returns what opens a connection to it.
func (w *world) wired() (dial func() net.Conn) {
	listener := make(pipes)
	server := &http.Server{Handler: w.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 64 << 10}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	w.t.Cleanup(func() {
		close(listener)
		_ = server.Close()
		<-ended
	})
	return func() net.Conn {
		near, far := net.Pipe()
		listener <- far
		w.t.Cleanup(func() { _ = near.Close() })
		return near
	}
}

// head is the beginning of a request, as it stands on the wire.
func head(secret, method, path string, more ...string) string {
	return method + " " + rest.Base + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + secret + "\r\nContent-Type: application/json\r\n" + strings.Join(append(more, "\r\n"), "\r\n")
}

// say writes to a connection, and leaves it alone if the other end does not read.
func say(c net.Conn, text string) { go func() { _, _ = io.WriteString(c, text) }() }

// answer reads an answer, if there is one.
func answer(c net.Conn) (status int, text string) {
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer got.Body.Close() //nolint:errcheck // it was only read
	body, _ := io.ReadAll(got.Body)
	return got.StatusCode, string(body)
}

// bubble is a world in simulated time.
func bubble(t *testing.T, do func(t *testing.T, w *world)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { do(t, newWorld(t, dir+"/desk.db")) })
}

// A client that sends a byte a second, or reads none of the answer, keeps nobody else from anything:
// a place in the house is for work, and not for waiting for a client.
func TestSlowClients(t *testing.T) {
	for name, slow := range map[string]func(c net.Conn, secret string){
		"body": func(c net.Conn, secret string) {
			say(c, head(secret, "POST", "/reservations", "Content-Length: 200")+"{")
		},
		"answer": func(c net.Conn, secret string) { say(c, head(secret, "GET", "/reservations")) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				for i := range 10 { // more to read than a server keeps for itself
					long := wish("D1", "max", float64(i+1), float64(i+2))
					long["note"] = strings.Repeat("<", 500)
					w.do(ask{w.secrets[reservations.RoleFacilities], "POST", "/reservations", long, nil})
				}
				dial := w.wired()
				for range 2 * rest.MostAtOnce {
					slow(dial(), w.secrets[reservations.RoleFacilities])
				}
				synctest.Wait()
				began, c := time.Now(), dial()
				say(c, head(w.secrets[reservations.RoleAuditor], "GET", "/desks/D1"))
				if status, text := answer(c); status != 200 || time.Since(began) > time.Second {
					t.Errorf("someone else, after %s: %d %s", time.Since(began), status, text)
				}
			})
		})
	}
}

// Who sends too slowly is told so, and so is who ends within a body, and nobody takes that for
// a fault of deskd's.
func TestUnfinishedBodies(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		dial, secret := w.wired(), w.secrets[reservations.RoleFacilities]
		slow, began, over := dial(), time.Now(), make(chan struct{})
		go func() {
			defer close(over)
			_, err := io.WriteString(slow, head(secret, "POST", "/reservations", "Content-Length: 200"))
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(slow, " ")
			}
		}()
		if status, text := answer(slow); status != 408 || !strings.Contains(text, `"too_slow"`) || time.Since(began) > 6*time.Second {
			t.Errorf("after %s: %d %s", time.Since(began), status, text)
		}
		<-over // the connection has ended
		short := dial()
		say(short, head(secret, "POST", "/reservations", "Transfer-Encoding: chunked")+"2\r\n{}\r\nnonsense\r\n")
		if status, text := answer(short); status != 400 || !strings.Contains(text, `"malformed"`) {
			t.Errorf("ended: %d %s", status, text)
		}
		gone := dial()
		say(gone, head(secret, "GET", "/desks"))
		synctest.Wait()
		check(t, gone.Close())
		synctest.Wait()
		if w.log.Len() > 0 {
			t.Errorf("log: %s", w.log)
		}
	})
}

// What is larger than any request of ours is refused by its size, before it is read as a
// whole or understood.
func TestOversize(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	dial, secret := w.wired(), w.secrets[reservations.RoleFacilities]
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"5 MB":                  {head(secret, "POST", "/reservations", "Content-Length: 5242880") + strings.Repeat(" ", 5<<20), 413},
		"5 MB without a token":  {head("deskd_x", "POST", "/reservations", "Content-Length: 5242880") + strings.Repeat(" ", 5<<20), 401},
		"5 MB in chunks":        {head(secret, "POST", "/reservations", "Transfer-Encoding: chunked") + "500000\r\n" + strings.Repeat(" ", 5<<20), 413},
		"5 MB of what has none": {head(secret, "GET", "/desks/D1", "Content-Length: 5242880") + strings.Repeat(" ", 5<<20), 200},
		"deep JSON":             {head(secret, "POST", "/reservations", fmt.Sprint("Content-Length: ", rest.LargestBody-1)) + strings.Repeat("[", rest.LargestBody-1), 400},
		"deep objects":          {head(secret, "POST", "/reservations", "Content-Length: 15000") + strings.Repeat(`{"":`, 15000/4), 400},
		"10,000 headers":        {head(secret, "GET", "/desks", slices.Repeat([]string{"X-Header: y"}, 10_000)...), 431},
		"a header of 1 MB":      {head(secret, "GET", "/desks", "X: "+strings.Repeat("y", 1<<20)), 431},
		"NUL in a header":       {head(secret+"\x00", "GET", "/desks"), 400},
		"a path of 100 kB":      {head(secret, "GET", "/desks/"+strings.Repeat("x", 100_000)), 431},
		"a name of 10 kB":       {head(secret, "GET", "/desks/"+strings.Repeat("x", 10_000)), 422},
		"NUL in a path":         {head(secret, "GET", "/desks/%00"), 404},
		"CR and LF in a path":   {head(secret, "GET", "/desks/a%0D%0AX:%20y"), 404},
		"a path to be cleaned":  {head(secret, "GET", "/desks/../audit"), 404},
	} {
		t.Run(name, func(t *testing.T) {
			c, began := dial(), time.Now()
			say(c, test.request)
			if status, text := answer(c); status != test.status {
				t.Errorf("%d %.300s after %s", status, text, time.Since(began))
			}
		})
	}
	if w.log.Len() > 0 {
		t.Errorf("log: %s", w.log)
	}
}

// A query that does not say what it means is refused, and nothing is done: a dry_run that is
// empty, because a variable of a script was, is no order to do it.
func TestUnclearQueries(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	made := w.do(ask{boss, "POST", "/series", repeated("D1", "max", 1, "fail"), nil})
	path := strings.TrimPrefix(made.header.Get("Location"), rest.Base)
	one := "/reservations/" + w.book(boss, "D2", "max", 1, 2)
	for _, query := range []string{"?from=", "?dry_run=", "?dry_run=true&dry_run=false", "?from=2026-03-03T00:00:00Z&from=2026-03-04T00:00:00Z"} {
		if got := w.do(ask{boss, "DELETE", path + query, nil, nil}); got.status != 422 || got.json(t)["code"] != "invalid" {
			t.Errorf("series%s: %d %s", query, got.status, got.text)
		}
	}
	for _, query := range []string{"?scope=", "?even_so=", "?scope=one&scope=all"} {
		if got := w.do(ask{boss, "DELETE", one + query, nil, nil}); got.status != 422 {
			t.Errorf("booking%s: %d %s", query, got.status, got.text)
		}
	}
	for _, query := range []string{"?person=", "?desk=", "?from=0001-01-01T00:00:00Z", "?person=max&person=jane"} {
		if got := w.do(ask{boss, "GET", "/reservations" + query, nil, nil}); got.status != 422 {
			t.Errorf("bookings%s: %d %s", query, got.status, got.text)
		}
	}
	for name, headers := range map[string][]string{"no key": {"Idempotency-Key", ""}, "two keys": {"Idempotency-Key", "a", "Idempotency-Key", "b"}} {
		if got := w.do(ask{boss, "POST", "/reservations", wish("D3", "max", 3, 4), headers}); got.status != 422 || !strings.Contains(got.text, "Idempotency-Key: it is given") {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	if got := w.do(ask{boss, "PATCH", one, map[string]any{"end": at(3)}, []string{"If-Match", ""}}); got.status != 422 || !strings.Contains(got.text, "If-Match: it is given, and empty") {
		t.Errorf("an empty If-Match: %d %s", got.status, got.text)
	}
	if got := w.do(ask{boss, "GET", "/reservations?cursor=", nil, nil}); got.status != 200 || len(got.list(t, "items")) != 3 {
		t.Errorf("afterwards: %d %s", got.status, got.text)
	}
}

// A body that does not say what it means is refused, with the name of the field.
func TestUnclearBodies(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	one := "/reservations/" + w.book(boss, "D2", "max", 1, 2)
	send := func(method, path, body string) reply {
		t.Helper()
		return w.do(ask{boss, method, path, body, nil})
	}
	for name, c := range map[string]struct{ method, path, body, want string }{
		"an empty desk":            {"PATCH", one, `{"desk": ""}`, "body.desk"},
		"an empty desk to close":   {"POST", "/closures", `{"site": "berlin", "desk": "", "end": "2026-03-02T12:00:00Z", "reason": "paint"}`, "body.desk"},
		"an empty person":          {"POST", "/reservations", `{"desk": "D3", "person": "", "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T11:00:00Z"}`, "body.person"},
		"an empty last day":        {"POST", "/absences", `{"person": "max", "first_day": "2026-03-03", "last_day": ""}`, "body.last_day"},
		"the year 1":               {"PATCH", one, `{"end": "0001-01-01T00:00:00Z"}`, "end: the year 1"},
		"the year 1 elsewhere":     {"POST", "/closures", `{"desk": "D3", "start": "0001-01-01T01:00:00+01:00", "end": "2026-03-02T12:00:00Z", "reason": "paint"}`, "start: the year 1"},
		"twice":                    {"PATCH", one, `{"end": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}`, "end: it is given more than once"},
		"twice, spelt differently": {"PATCH", one, `{"end": "2026-03-02T11:00:00Z", "END": "2026-03-02T12:00:00Z"}`, "END: it is given more than once"},
		"spelt differently":        {"PATCH", one, `{"END": "2026-03-02T12:00:00Z"}`, "body.END"},
	} {
		if got := send(c.method, c.path, c.body); got.status != 422 && got.status != 400 || !strings.Contains(got.text, c.want) {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	if got := w.do(ask{boss, "GET", "/reservations", nil, nil}); len(got.list(t, "items")) != 1 {
		t.Errorf("afterwards: %s", got.text)
	}
}

// As long as everything that may be worked on at once is, one more waits, and is then told
// when to come again; afterwards all is as before.
func TestFullHouse(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		deps, let := w.deps(), make(chan struct{})
		all := deps.Board
		var inside atomic.Int64
		deps.Board = func(ctx context.Context) (view.Snapshot, error) { // a disk that hangs
			inside.Add(1)
			select {
			case <-let:
			case <-time.After(time.Minute): // else one that is worked on beyond the bound hangs for good
			}
			return all(ctx)
		}
		var err error
		w.handler, err = Handler(deps)
		check(t, err)
		statuses := make(chan int)
		for range rest.MostAtOnce {
			go func() {
				got, _ := w.send(ask{w.secrets[reservations.RoleDelegate], "GET", "/desks", nil, nil})
				statuses <- got.status
			}()
		}
		synctest.Wait()
		began := time.Now()
		got := w.do(ask{w.secrets[reservations.RoleAuditor], "GET", "/desks", nil, nil})
		if got.status != 503 || got.json(t)["code"] != "busy" || got.header.Get("Retry-After") == "" || time.Since(began) != rest.Patience {
			t.Errorf("one more, after %s: %d %v %s", time.Since(began), got.status, got.header, got.text)
		}
		if n := inside.Load(); n != rest.MostAtOnce {
			t.Errorf("%d are worked on at once", n)
		}
		close(let)
		for range rest.MostAtOnce {
			if status := <-statuses; status != 503 { // they have waited as long
				t.Errorf("one of the first: %d", status)
			}
		}
		if got := w.do(ask{w.secrets[reservations.RoleAuditor], "GET", "/desks", nil, nil}); got.status != 200 {
			t.Errorf("afterwards: %d %s", got.status, got.text)
		}
	})
}

// One token has so many requests under way, and others their own.
func TestMostOfOneToken(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		dial, secret := w.wired(), w.secrets[reservations.RoleFacilities]
		for range rest.MostOfOne {
			say(dial(), head(secret, "POST", "/reservations", "Content-Length: 200"))
		}
		synctest.Wait()
		if got := w.do(ask{secret, "GET", "/desks", nil, nil}); got.status != 429 || got.header.Get("Retry-After") != "1" {
			t.Errorf("one more: %d %v", got.status, got.header)
		}
		if got := w.do(ask{w.secrets[reservations.RoleAuditor], "GET", "/desks", nil, nil}); got.status != 200 {
			t.Errorf("of another: %d", got.status)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if got := w.do(ask{secret, "GET", "/desks", nil, nil}); got.status != 200 {
			t.Errorf("when they have ended: %d", got.status)
		}
	})
}

// What is another person's is answered as what there is not, to the letter, whatever is asked
// of it.
func TestEnumeration(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/desk.db")
	boss := w.secrets[reservations.RoleFacilities]
	booked := w.book(boss, "D1", "max", 1, 2)
	series, _ := w.do(ask{boss, "POST", "/series", repeated("D2", "max", 1, "fail"), nil}).json(t)["id"].(string)
	absence, _ := w.do(ask{boss, "POST", "/absences", map[string]any{"person": "max", "first_day": "2026-03-05"}, nil}).json(t)["id"].(string)
	guess := strings.Repeat("0", 32)
	asked := 0
	for path, methods := range members(w.openapi(), "paths") {
		theirs := booked
		switch {
		case !strings.Contains(path, "{id}"), strings.HasPrefix(path, "/desks"), strings.HasPrefix(path, "/closures"), strings.HasPrefix(path, "/tokens"):
			continue // of nobody, or not for employees
		case strings.HasPrefix(path, "/series"):
			theirs = series
		case strings.HasPrefix(path, "/absences"):
			theirs = absence
		}
		for method := range members(methods) {
			secret := w.token(reservations.Token{Person: "jane", Role: reservations.RoleEmployee, Scopes: reservations.Scopes})
			about := func(id string) string {
				r := concrete(strings.ToUpper(method), path, id, "jane", 1)
				r.secret = secret
				got := w.do(r)
				return fmt.Sprint(got.status, got.header, strings.ReplaceAll(got.text, id, "ID"))
			}
			asked++
			if of, none := about(theirs), about(guess); of != none || !strings.HasPrefix(of, "404 ") {
				t.Errorf("%s %s: another's: %s; none: %s", method, path, of, none)
			}
		}
	}
	if asked < 9 {
		t.Errorf("%d operations", asked)
	}
	for _, r := range []ask{
		{w.secrets[reservations.RoleEmployee], "POST", "/reservations", wish("D3", "PERSON", 1, 2), nil},
		{w.secrets[reservations.RoleEmployee], "POST", "/series", repeated("D3", "PERSON", 1, "fail"), nil},
		{w.secrets[reservations.RoleEmployee], "POST", "/walkups", map[string]any{"desk": "D3", "person": "PERSON"}, nil},
		{w.secrets[reservations.RoleEmployee], "POST", "/absences", map[string]any{"person": "PERSON", "first_day": "2026-03-05"}, nil},
		{w.secrets[reservations.RoleEmployee], "GET", "/reservations?person=PERSON", nil, nil},
		{w.secrets[reservations.RoleEmployee], "GET", "/absences?person=PERSON", nil, nil},
		{w.secrets[reservations.RoleEmployee], "GET", "/desks?free_from=2026-03-02T09:00:00Z&free_to=2026-03-02T10:00:00Z&person=PERSON", nil, nil},
	} {
		about := func(person string) string {
			asked := r
			asked.path = strings.ReplaceAll(r.path, "PERSON", person)
			if body, ok := r.body.(map[string]any); ok {
				copied := maps.Clone(body)
				copied["person"] = person
				asked.body = copied
			}
			got := w.do(asked)
			return fmt.Sprint(got.status, got.header, got.text)
		}
		if of, none := about("max"), about("nobody"); of != none || !strings.HasPrefix(of, "403 ") {
			t.Errorf("%s %s: Max: %s; nobody: %s", r.method, r.path, of, none)
		}
	}
}

// openapi is the document.
func (w *world) openapi() (v any) {
	w.t.Helper()
	text, err := Document()
	check(w.t, errors.Join(err, json.Unmarshal(text, &v)))
	return v
}

// A key that is asked with again is one booking, however the second differs: another body is
// refused, another token has keys of its own, and one that was cancelled stays so.
func TestReplay(t *testing.T) {
	dialects(t, func(t *testing.T, w *world) {
		jane, max := w.secrets[reservations.RoleDelegate], w.secrets[reservations.RoleFacilities]
		key := []string{"Idempotency-Key", "k"}
		first := w.do(ask{jane, "POST", "/reservations", wish("D1", "max", 1, 2), key})
		if first.status != 201 {
			t.Fatalf("%d %s", first.status, first.text)
		}
		noted := wish("D1", "max", 1, 2)
		noted["note"] = "quiet, please"
		for name, body := range map[string]map[string]any{
			"note": noted, "desk": wish("D2", "max", 1, 2), "person": wish("D1", "zoe", 1, 2), "start": wish("D1", "max", 1.5, 2), "end": wish("D1", "max", 1, 2.5),
		} {
			if got := w.do(ask{jane, "POST", "/reservations", body, key}); got.status != 422 || got.json(t)["code"] != "key_used" {
				t.Errorf("another %s: %d %s", name, got.status, got.text)
			}
		}
		if got := w.do(ask{jane, "POST", "/series", repeated("D1", "max", 1, "skip"), key}); got.status != 422 || got.json(t)["code"] != "key_used" {
			t.Errorf("a series: %d %s", got.status, got.text)
		}
		ofSeries := []string{"Idempotency-Key", "s"}
		w.do(ask{jane, "POST", "/series", repeated("D2", "zoe", 1, "skip"), ofSeries})
		if got := w.do(ask{jane, "POST", "/series", repeated("D2", "zoe", 1, "nearest"), ofSeries}); got.status != 422 || got.json(t)["code"] != "key_used" {
			t.Errorf("a series that does otherwise in a conflict: %d %s", got.status, got.text)
		}
		if got := w.do(ask{jane, "POST", "/series", repeated("D2", "zoe", 1, "skip"), ofSeries}); got.status != 200 {
			t.Errorf("the same series: %d %s", got.status, got.text)
		}
		if got := w.do(ask{max, "POST", "/reservations", wish("D1", "max", 1, 2), key}); got.status != 409 || got.json(t)["code"] != "taken" {
			t.Errorf("of another token: %d %s", got.status, got.text)
		}
		if got := w.do(ask{jane, "POST", "/reservations", wish("D1", "max", 1, 2), key}); got.status != 200 || got.json(t)["id"] != first.json(t)["id"] {
			t.Errorf("the same: %d %s", got.status, got.text)
		}
		w.do(ask{jane, "DELETE", strings.TrimPrefix(first.header.Get("Location"), rest.Base), nil, nil})
		if got := w.do(ask{jane, "POST", "/reservations", wish("D1", "max", 1, 2), key}); got.status != 409 || got.json(t)["code"] != "cancelled" {
			t.Errorf("when it is cancelled: %d %s", got.status, got.text)
		}
	})
}
