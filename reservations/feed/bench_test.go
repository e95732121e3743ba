package feed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskd/reservations"
)

// office is a feed of n desks and people, one series each that began in the given year.
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
			fmt.Sprintf("ORGANIZER;CN=Jane Doe:mailto:jane.doe.%d@example.com", i),
			fmt.Sprintf("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Jane\r\n  Doe:mailto:jane.doe.%d@example.com", i),
			"BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM",
			"END:VEVENT",
		}, "\r\n"))
	}
	return wrap(events...)
}

func BenchmarkRead(b *testing.B) {
	const n = 10_000
	var desks []reservations.Desk
	var people []reservations.Person
	for i := range n {
		desks = append(desks, reservations.Desk{ID: fmt.Sprint("D", i)})
		people = append(people, reservations.Person{ID: fmt.Sprint("jdoe", i), Mail: []string{fmt.Sprintf("jane.doe.%d@example.com", i)}})
	}
	directory := NewDirectory(desks, people)
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
				r, err := readText(data, o)
				if err != nil || len(r.Reservations) != n*14 || len(r.Problems) > 0 {
					b.Fatalf("%d reservations, %d problems, error %v", len(r.Reservations), len(r.Problems), err)
				}
			}
		})
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
