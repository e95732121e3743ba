package feed

import (
	"errors"
	"io"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"

	"github.com/emersion/go-ical"
)

// officeWindow are the 14 days the office is read for.
func officeWindow() reservations.Span {
	start := time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC)
	return reservations.Span{Start: start, End: start.AddDate(0, 0, 14)}
}

// peerOccurrences is the least that go-ical and rrule-go need to give the
// occurrences of the office: times without their zone, which is passed in (they
// would load it again for each), and overrides by hand.
func peerOccurrences(src io.Reader) (calendar.Reading, error) {
	n, err := peerCount(src)
	return calendar.Reading{Occurrences: make([]calendar.Occurrence, n)}, err
}

func peerCount(src io.Reader) (int, error) {
	window, n := officeWindow(), 0
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return 0, err
	}
	for decoder := ical.NewDecoder(src); ; {
		calendar, err := decoder.Decode()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		moved := make(map[string]bool)
		for _, e := range calendar.Events() {
			if id := e.Props.Get(ical.PropRecurrenceID); id != nil {
				moved[e.Props.Get(ical.PropUID).Value+id.Value] = true
			}
		}
		for _, e := range calendar.Events() {
			for _, props := range e.Props {
				for _, p := range props {
					p.Params.Del("TZID")
				}
			}
			count, err := peerEvent(e, loc, window, moved)
			if err != nil {
				return n, err
			}
			n += count
		}
	}
}

func peerEvent(e ical.Event, loc *time.Location, window reservations.Span, moved map[string]bool) (int, error) {
	start, err := e.DateTimeStart(loc)
	if err != nil {
		return 0, err
	}
	end, err := e.DateTimeEnd(loc)
	if err != nil {
		return 0, err
	}
	set, err := e.RecurrenceSet(loc)
	if err != nil {
		return 0, err
	}
	if set == nil {
		if start.Before(window.End) && end.After(window.Start) {
			return 1, nil
		}
		return 0, nil
	}
	n := 0
	for _, at := range set.Between(window.Start.Add(start.Sub(end)), window.End, true) {
		if at.Before(window.End) && at.Add(end.Sub(start)).After(window.Start) && !moved[e.Props.Get(ical.PropUID).Value+at.Format("20060102T150405")] {
			n++
		}
	}
	return n, nil
}

// officeFile writes the office to a file.
func officeFile(t testing.TB, events int) string {
	t.Helper()
	return feedFile(t, func(w io.Writer) error { return writeOffice(w, events) })
}

// The peer finds the same occurrences, so that the comparison of speed is one.
func TestOfficeAgreesWithPeer(t *testing.T) {
	file := officeFile(t, 3000)
	ours, peer := run(t, "ours", file), run(t, "peer", file)
	if ours.Occurrences < 1000 || ours.Occurrences != peer.Occurrences || ours.Refusal != "" || peer.Refusal != "" {
		t.Errorf("%+v and %+v", ours, peer)
	}
}

// BenchmarkOffice reads 100 MB for 14 days, in turns with go-ical and rrule-go,
// and reports how many times faster and smaller we are.
func BenchmarkOffice(b *testing.B) {
	file := officeFile(b, hundredMegabytes)
	var ours, peer cost
	rounds := 0
	for b.Loop() {
		o, p := run(b, "ours", file), run(b, "peer", file)
		if o.Occurrences != p.Occurrences {
			b.Fatalf("%d and %d occurrences", o.Occurrences, p.Occurrences)
		}
		ours.Took, ours.cpu, ours.Peak = ours.Took+o.Took, ours.cpu+o.cpu, max(ours.Peak, o.Peak)
		peer.Took, peer.cpu, peer.Peak = peer.Took+p.Took, peer.cpu+p.cpu, max(peer.Peak, p.Peak)
		ours.Occurrences = o.Occurrences
		rounds++
	}
	n := float64(rounds)
	b.ReportMetric(float64(ours.Occurrences), "occurrences")
	b.ReportMetric(ours.Took.Seconds()/n, "ours-s")
	b.ReportMetric(peer.Took.Seconds()/n, "peer-s")
	b.ReportMetric(ours.cpu.Seconds()/n, "ours-cpu-s")
	b.ReportMetric(peer.cpu.Seconds()/n, "peer-cpu-s")
	b.ReportMetric(float64(ours.Peak)/(1<<20), "ours-MiB")
	b.ReportMetric(float64(peer.Peak)/(1<<20), "peer-MiB")
	b.ReportMetric(peer.cpu.Seconds()/ours.cpu.Seconds(), "times-less-cpu")
	b.ReportMetric(peer.Took.Seconds()/ours.Took.Seconds(), "times-faster")
	b.ReportMetric(float64(peer.Peak)/float64(ours.Peak), "times-smaller")
	b.ReportMetric(0, "ns/op")
}
