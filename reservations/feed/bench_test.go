package feed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

// office is a feed of n desks, one series each that began in the given year.
func office(n int, began string) []byte {
	var events []string
	for i := range n {
		events = append(events, strings.Join([]string{
			"BEGIN:VEVENT",
			fmt.Sprintf("UID:%d@example.com", i),
			"DTSTAMP:20260101T000000Z",
			"DTSTART;TZID=W. Europe Standard Time:" + began + "T090000",
			"DTEND;TZID=W. Europe Standard Time:" + began + "T170000",
			"RRULE:FREQ=DAILY",
			"SUMMARY:Working at the desk",
			fmt.Sprintf("LOCATION:D%d", i),
			"ORGANIZER;CN=Jane Doe:mailto:jane.doe@example.com",
			"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Jane\r\n  Doe:mailto:jane.doe@example.com",
			"BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM",
			"END:VEVENT",
		}, "\r\n"))
	}
	return wrap(events...)
}

func BenchmarkRead(b *testing.B) {
	const n = 10_000
	var desks []reservations.Desk
	for i := range n {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", i)})
	}
	directory := NewDirectory(desks, []reservations.Person{{ID: "jdoe", Mail: []string{"jane.doe@example.com"}}})
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	o := testOptions(b, "office")
	o.Window = reservations.Span{Start: start, End: start.AddDate(0, 0, 14)}
	o.Directory = directory
	for _, began := range []string{"19900101", "20260222"} {
		data := office(n, began)
		b.Run("daily-since-"+began, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Read(data, o)
				if err != nil || len(r.Reservations) != n*14 || len(r.Problems) > 0 {
					b.Fatalf("%d reservations, %d problems, error %v", len(r.Reservations), len(r.Problems), err)
				}
			}
		})
	}
}

// commonRules are the ten rules most series of offices have.
var commonRules = []string{
	"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
	"FREQ=DAILY;COUNT=99999", "FREQ=WEEKLY;UNTIL=20301231T000000Z", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=YEARLY",
}

// BenchmarkRule expands the commonest rules for two months, of series that began
// last week and long ago: that must cost the same.
func BenchmarkRule(b *testing.B) {
	from, to := ical.WallOf(2026, 3, 1, 0), ical.WallOf(2026, 5, 1, 0)
	for _, text := range commonRules {
		for _, began := range []int{1970, 2026} {
			b.Run(fmt.Sprintf("%s/since-%d", text, began), func(b *testing.B) {
				r, err := parseRule(text)
				if err != nil {
					b.Fatal(err)
				}
				start := ical.Time{Wall: ical.WallOf(began, 2, 23, 9*3600)}
				var walls []ical.Wall
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					rec, _ := ruleOn(r, start)
					if walls, err = rec.between(from, to, walls[:0]); err != nil {
						b.Fatal(err)
					}
					n += len(walls)
				}
				if n > 0 {
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/occurrence")
				}
			})
		}
	}
}

// BenchmarkUnchanged is what a feed costs that is as it was: the digest of its
// bytes.
func BenchmarkUnchanged(b *testing.B) {
	var office bytes.Buffer
	if err := writeOffice(&office, hundredMegabytes); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(office.Len()))
	before := sha256.Sum256(office.Bytes())
	for b.Loop() {
		if sha256.Sum256(office.Bytes()) != before {
			b.Fatal("it changed")
		}
	}
}
