package daemon

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"deskd/configs"
	"deskd/emapi/emulator"
	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/scheduler/drive"
	phonenotices "deskd/scheduler/notices"
	kept "deskd/store/notices"
)

// booked books a desk by what a node has of the database.
func (h *hallway) booked(node, n int, span reservations.Span) reservations.Reservation {
	h.Helper()
	r, err := h.nodes[node].Store.Reserve(h.Context(), reservations.Reservation{
		Desk: fmt.Sprintf("D%d", n), Person: emulator.UserName(n), Span: span, Status: reservations.Confirmed, Source: "cli", // others are released where that is configured
	}, time.Now())
	ok(h.T, err)
	return r
}

// releases are the bookings that were released, as often as they were.
func (h *hallway) releases() map[string]int {
	h.Helper()
	rows, err := h.store.Audit(h.Context(), reservations.AuditFilter{Kind: "reservation"})
	ok(h.T, err)
	all := make(map[string]int)
	for _, row := range rows {
		if row.Verb == "release" {
			all[row.Item]++
		}
	}
	return all
}

// Whom nobody has seen come loses the booking, once, whichever node was told of whom, and also when
// the one that waited is gone before; who has checked in by any node keeps theirs.
func TestReleasesOverNodes(t *testing.T) {
	if os.Getenv("DESKD_NODES") == "" {
		t.Skip("make nodes runs it: it waits by the clock")
	}
	h := newHallway(t, 3, func(c *configs.Config) {
		c.Sites[0].Rules.CheckIn = new(configs.Duration(1500 * time.Millisecond)) // which nobody may configure
	})
	span := func() reservations.Span {
		soon := time.Now().Truncate(time.Second).Add(2 * time.Second) // who books what has begun is there
		return reservations.Span{Start: soon, End: soon.Add(time.Hour)}
	}
	came, first := h.booked(1, 2, span()), h.booked(1, 1, span())
	_, err := h.nodes[1].Bookings().CheckIn(t.Context(), booking.Actor{}, booking.Presence{ID: came.ID, Source: booking.ByCLI, At: time.Now()}, time.Now())
	ok(t, err)
	h.eventually("the first booking is released", func() bool { return h.releases()[first.ID] > 0 })

	last := h.booked(0, 3, span())
	h.stop(0) // which waits for that one
	h.eventually("the last booking is released", func() bool { return h.releases()[last.ID] > 0 })
	time.Sleep(time.Second)
	if got := h.releases(); len(got) != 2 || got[first.ID] != 1 || got[last.ID] != 1 {
		t.Errorf("released were %v, and not %s and %s once each", got, first.ID, last.ID)
	}
}

// A cluster that changes hands was looked at all along: nobody has longer to come for that.
func TestReleasesGoOn(t *testing.T) {
	if os.Getenv("DESKD_NODES") == "" {
		t.Skip("make nodes runs it: it waits by the clock")
	}
	h := newHallway(t, 2, func(c *configs.Config) { c.Sites[0].Rules.CheckIn = new(configs.Duration(10 * time.Minute)) })
	now := time.Now().Truncate(time.Second)
	r := h.booked(0, 1, reservations.Span{Start: now.Add(2 * time.Second), End: now.Add(time.Hour)})
	until := func(node int) (at time.Time) {
		for _, w := range h.nodes[node].arrivals.Waiting() {
			if w.ID == r.ID {
				at = w.Until
			}
		}
		return at
	}
	driver := 0
	h.eventually("it is waited for", func() bool {
		if driver = 0; until(0).IsZero() {
			driver = 1
		}
		return !until(driver).IsZero()
	})
	was := until(driver)
	time.Sleep(2*time.Second + 3*drive.TellEvery) // it has begun, and the other one was told how the cluster stands
	h.stop(driver)
	other := 1 - driver
	h.eventually("the other one waits for it", func() bool { return !until(other).IsZero() })
	time.Sleep(2 * time.Second) // it has looked at the phones
	if got := until(other); !got.Equal(was) {
		t.Errorf("people have until %v, and had until %v", got, was)
	}
}

// front is in front of the nodes, as a proxy is, and counts the notices that phones have asked
// for: they do when they were pushed.
type front struct {
	h       *hallway
	notices chan string // of each the phone that asked
}

func (f *front) RoundTrip(r *http.Request) (*http.Response, error) {
	d := new(door)
	d.Store(f.h.nodes[len(f.h.nodes)-1]) // never the one that has pushed first
	if strings.Contains(r.URL.RawQuery, "p=notice") {
		f.notices <- r.URL.Query().Get("name")
	}
	return d.RoundTrip(r)
}

// Someone is told once that their booking ends, also when the node that has told is gone, and the
// next tells those whose time comes then.
func TestNoticesOverNodes(t *testing.T) {
	if os.Getenv("DESKD_NODES") == "" {
		t.Skip("make nodes runs it: it waits by the clock")
	}
	h := newHallway(t, 2, func(c *configs.Config) {
		c.Phones.Push.User, c.Phones.Push.PasswordFile = "pusher", c.Clusters[0].AppPasswordFile
		c.Phones.Notices = configs.Notices{BeforeEnd: []configs.Duration{configs.Duration(15 * time.Minute)}}
	})
	ends := func(after time.Duration) reservations.Span {
		now := time.Now()
		return reservations.Span{Start: now, End: now.Add(15*time.Minute + after)}
	}
	first := h.booked(1, 1, ends(2*time.Second))
	told := func() map[string]int {
		all, err := h.store.PhoneNotices().List(t.Context(), kept.Filter{})
		ok(t, err)
		got := make(map[string]int)
		for _, n := range all {
			if n.Outcome == phonenotices.Sent {
				got[n.Reservation]++
			}
		}
		return got
	}
	h.eventually("the first is told", func() bool { return told()[first.ID] > 0 })
	last := h.booked(0, 2, ends(2*time.Second))
	h.stop(0)
	h.eventually("the last is told", func() bool { return told()[last.ID] > 0 })
	time.Sleep(time.Second)
	if got := told(); len(got) != 2 || got[first.ID] != 1 || got[last.ID] != 1 {
		t.Errorf("told were %v", got)
	}
	h.rooms.Wait()
	close(h.front.notices)
	pushed := make(map[string]int)
	for device := range h.front.notices {
		pushed[device]++
	}
	if len(pushed) != 2 || pushed[emulator.DeviceName(1)] != 1 || pushed[emulator.DeviceName(2)] != 1 {
		t.Errorf("phones have asked for %v", pushed)
	}
}
