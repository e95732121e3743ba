package scheduler_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/scheduler/poll"
)

// applying is a database that may refuse what a feed says, or panic over it.
type applying struct {
	poll.Store
	refuses error
	panics  bool
}

func (a *applying) ApplyFeed(ctx context.Context, s reservations.FeedState, c reservations.Change, unread []reservations.Problem) ([]reservations.Reservation, error) {
	if a.panics {
		panic("out of range")
	}
	if a.refuses != nil {
		return nil, a.refuses
	}
	return a.Store.ApplyFeed(ctx, s, c, unread)
}

// What could not be written is no state of the feed: the server is not asked
// whether it has changed since, but what it holds.
func TestPollAfterFailedWrite(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, eventOf("a", 1, 9))
	}))
	defer server.Close()
	for name, trouble := range map[string]*applying{"refused": {refuses: os.ErrPermission}, "panicked": {panics: true}} {
		t.Run(name, func(t *testing.T) {
			p := newPolls(t, server.URL)
			trouble.Store = p.store
			p.Store = trouble
			if err := p.poll(0); err == nil {
				t.Fatal("no error")
			}
			trouble.refuses, trouble.panics = nil, false
			if err := p.poll(time.Minute); err != nil || p.booked() != "a" {
				t.Errorf("booked %q, error %v", p.booked(), err)
			}
		})
	}
}

// A feed's trouble is a line when it begins, when it changes and when it ends,
// whatever else its server says at each poll.
func TestFeedIsToldOnce(t *testing.T) {
	answer, polls := "", 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if polls++; answer == "" {
			w.WriteHeader(450 + polls%50) // another text each time
			return
		}
		io.WriteString(w, answer)
	}))
	defer server.Close()
	p := newPolls(t, server.URL)
	var log bytes.Buffer
	p.Feeds[0].Every = time.Hour / 100
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	good := eventOf("a", 1, 9)
	strange := strings.Replace(good, "LOCATION:D1", "LOCATION:D7", 1)
	for _, step := range []struct {
		name   string
		answer string
		polls  int
		want   string
	}{
		{"good", good, 3, "INFO feed changed"},
		{"fails", "", 2, "WARN feed cannot be read: its bookings stay as they were"},
		{"goes on failing", "", 100, "ERROR feed cannot be read: its bookings stay as they were, and are out of date"},
		{"is back", good, 3, "INFO feed is read again"},
		{"names a desk nobody knows", strange, 3, "WARN feed has events that are not understood: what they booked stays as it was, nobody is logged in for what is new"},
		{"is corrected", good, 3, "INFO feed is understood again"},
	} {
		log.Reset()
		answer = step.answer
		for range step.polls {
			_ = p.poll(time.Hour / 100)
		}
		var told []string
		for line := range strings.Lines(log.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			level, rest, _ := strings.Cut(rest, " ")
			message := strings.TrimPrefix(rest, "msg=")
			if quoted, ok := strings.CutPrefix(message, `"`); ok {
				message, _, _ = strings.Cut(quoted, `"`)
			}
			told = append(told, level+" "+message)
		}
		if got := strings.Join(told, ", "); got != step.want {
			t.Errorf("%s: told %q, want %q", step.name, got, step.want)
		}
	}
}
