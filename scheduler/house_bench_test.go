package scheduler_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

// BenchmarkHouse has one event of a site's calendar book 2,000 desks every day of two
// months: with the limits of desks and the brake on additions as they are by default,
// and with all of them off. It reports the rows there are then, and by how many
// megabytes the database and its log have grown.
func BenchmarkHouse(b *testing.B) {
	var names []string
	var desks []reservations.Desk
	for n := range 2_000 {
		d := reservations.Desk{ID: fmt.Sprintf("H%04d", n), Site: "here", Cluster: "main", Device: fmt.Sprintf("SEP%012d", 1000+n)}
		names, desks = append(names, d.ID), append(desks, d)
	}
	house := vcalendar(vevent("a"), vevent("house", "LOCATION:"+strings.Join(names, `\n`), "RRULE:FREQ=DAILY", "DTSTART:20260303T120000Z", "DTEND:20260303T130000Z"))
	for _, limits := range []bool{true, false} {
		b.Run(fmt.Sprintf("limits=%t", limits), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				text := vcalendar(vevent("a"))
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }))
				p := newPolls(b, server.URL)
				if _, err := p.store.ImportDesks(b.Context(), desks, false); err != nil {
					b.Fatal(err)
				}
				fd := &p.Feeds[0]
				fd.Ahead = 61 * 24 * time.Hour
				if !limits {
					fd.EventDesks, fd.PersonDesks = len(desks), len(desks)
					p.Brake = reservations.Brake{Share: 1, Added: 1 << 30}
				}
				if err := p.poll(time.Minute); err != nil || p.booked() != "a" {
					b.Fatalf("booked %q, error %v", p.booked(), err)
				}
				text = house
				before := size(b, p.path)
				b.StartTimer()
				err := p.poll(time.Minute)
				b.StopTimer()
				rows, err2 := p.store.FeedReservations(b.Context(), reservations.FeedSource("feed1"), reservations.Span{Start: p.now, End: p.now.AddDate(1, 0, 0)})
				if err != nil || err2 != nil {
					b.Fatal(err, err2)
				}
				b.ReportMetric(float64(len(rows)), "rows")
				b.ReportMetric(float64(size(b, p.path)-before)/1e6, "MB")
				server.Close()
				b.StartTimer()
			}
		})
	}
}

// size is how many bytes a database and its log take.
func size(b *testing.B, path string) (sum int64) {
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			b.Fatal(err)
		}
		sum += info.Size()
	}
	return sum
}
