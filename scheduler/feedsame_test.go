package scheduler_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/poll"
)

// counting counts what polls ask the database for, beside states and whether names have
// changed.
type counting struct {
	poll.Book
	poll.Store
	names, bookings int
}

func (c *counting) Desks(ctx context.Context) ([]reservations.Desk, error) {
	c.names++
	return c.Book.Desks(ctx)
}

func (c *counting) FeedReservations(ctx context.Context, source string, s reservations.Span) ([]reservations.Reservation, error) {
	c.bookings++
	return c.Store.FeedReservations(ctx, source, s)
}

// same304 is a calendar that answers 304 to who knows it, and counts those who did not.
func same304(t *testing.T, text string) (url string, full *atomic.Int64) {
	t.Helper()
	full = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		full.Add(1)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL, full
}

// While a calendar and the names stay the same, a poll reads neither its bookings nor
// desks or people, and says all the same that it was read.
func TestFeedUnchangedReadsNothing(t *testing.T) {
	url, full := same304(t, eventOf("a", 1, 9))
	p := newPolls(t, url, url)
	count := &counting{Book: p.store, Store: p.store}
	p.Book, p.Store = count, count
	for range 5 {
		check(t, p.poll(time.Minute))
	}
	_, err := p.Poll(t.Context(), p.Feeds[1], p.now)
	check(t, err)
	if count.names != 1 || count.bookings != 2 || full.Load() != 2 {
		t.Errorf("desks read %d times, bookings %d times, the calendar %d times", count.names, count.bookings, full.Load())
	}
	state, err := p.store.FeedState(t.Context(), "feed1")
	check(t, err)
	if !state.Checked.Equal(p.now) || !state.Good.Equal(p.now) || state.Changed.Equal(p.now) {
		t.Errorf("checked %v, good %v, changed %v at %v", state.Checked, state.Good, state.Changed, p.now)
	}
}

// Whatever calendars call a desk or a person, a change of it by any program has the feeds
// read at their next poll, though their servers say that nothing has changed.
func TestFeedFollowsNames(t *testing.T) {
	desk := reservations.Desk{ID: "D1", Site: "here", Cluster: "main", Device: "SEP000000000001"}
	for name, c := range map[string]struct {
		sql  []string
		want string // booked; "" stays
	}{
		"another desk has the name now": {[]string{"UPDATE desks SET id = 'X1' WHERE id = 'D1'", "UPDATE desks SET id = 'D1' WHERE id = 'D3'"}, "D1"},
		"a desk's alias":                {[]string{"INSERT INTO desk_names (key, name, mail, desk) VALUES ('d9', 'D9', 0, 'D2')"}, "D2"},
		"a desk's mail address":         {[]string{"INSERT INTO desk_names (key, name, mail, desk) VALUES ('d9', 'D9', 1, 'D2')"}, "D2"},
		"a desk's name":                 {[]string{"UPDATE desks SET name = 'D9' WHERE id = 'D2'"}, "D2"},
		"a person's address":            {[]string{"INSERT INTO people (id) VALUES ('max')", "UPDATE person_mail SET person = 'max'"}, ""},
		"a person who is protected":     {[]string{"UPDATE people SET protected = 1 WHERE id = 'jane'"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			place := 9
			if c.want == "D1" || c.want == "" {
				place = 1
			}
			url, full := same304(t, eventOf("a", place, 9))
			p := newPolls(t, url)
			check(t, p.poll(0))
			check(t, p.poll(time.Minute))
			if full.Load() != 1 {
				t.Fatalf("read %d times before", full.Load())
			}
			sqlOf(t, p, c.sql...)
			check(t, p.poll(time.Minute))
			if full.Load() != 2 {
				t.Errorf("read %d times", full.Load())
			}
			if c.want != "" && p.deskOf(t) != c.want {
				t.Errorf("booked %q, want %q", p.deskOf(t), c.want)
			}
			check(t, p.poll(time.Minute))
			if full.Load() != 2 {
				t.Errorf("read %d times, though nothing else has changed", full.Load())
			}
		})
	}
	t.Run("a desk that moves", func(t *testing.T) { // and keeps its names
		url, full := same304(t, eventOf("a", 1, 9))
		p := newPolls(t, url)
		check(t, p.poll(0))
		desk.Floor, desk.Zone = "7", "south"
		_, err := p.store.ImportDesks(t.Context(), []reservations.Desk{desk}, false)
		check(t, err)
		check(t, p.poll(2*time.Hour))
		if full.Load() != 1 {
			t.Errorf("read %d times", full.Load())
		}
	})
	t.Run("without the audit's triggers", func(t *testing.T) {
		url, full := same304(t, eventOf("a", 9, 9))
		p := newPolls(t, url)
		check(t, p.poll(0))
		sqlOf(t, p, "DROP TRIGGER desks_audit_update", "UPDATE desks SET name = 'D9' WHERE id = 'D2'")
		check(t, p.poll(time.Hour+time.Minute))
		if full.Load() != 2 || p.deskOf(t) != "D2" {
			t.Errorf("read %d times, booked %q", full.Load(), p.deskOf(t))
		}
	})
}

// The window moves at midnight: what comes into view then is booked, though the calendar
// is the same.
func TestFeedUnchangedAndWindowMoves(t *testing.T) {
	series := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:s\r\nDTSTART:20260303T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n" +
		"LOCATION:D1\r\nATTENDEE:mailto:jane@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	url, full := same304(t, series)
	p := newPolls(t, url)
	last := func() time.Time {
		all, err := p.store.FeedReservations(t.Context(), reservations.FeedSource("feed1"), reservations.Span{Start: p.now, End: p.now.AddDate(1, 0, 0)})
		check(t, err)
		return all[len(all)-1].Start
	}
	check(t, p.poll(0))
	before := last()
	for range 15 {
		check(t, p.poll(time.Hour)) // until 23:00
	}
	if full.Load() != 1 || !last().Equal(before) {
		t.Fatalf("read %d times on one day, until %v", full.Load(), last())
	}
	check(t, p.poll(time.Hour))
	if full.Load() != 2 || !last().Equal(before.AddDate(0, 0, 1)) {
		t.Errorf("read %d times by the next day, until %v, before until %v", full.Load(), last(), before)
	}
}

// sqlOf runs statements as another program does.
func sqlOf(t *testing.T, p *polls, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)", p.path))
	check(t, err)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// deskOf is the desk of the only booking of the first feed, "" without one.
func (p *polls) deskOf(t *testing.T) string {
	t.Helper()
	all, err := p.store.FeedReservations(t.Context(), reservations.FeedSource("feed1"), reservations.Span{Start: p.now, End: p.now.AddDate(0, 1, 0)})
	check(t, err)
	for _, r := range all {
		if r.Status == reservations.Confirmed {
			return r.Desk
		}
	}
	return ""
}
