package feed

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/ical"
)

var update = flag.Bool("update", false, "write the golden files")

// goldenRules says how the feeds that do not name desks in LOCATION and people
// in ORGANIZER do it.
var goldenRules = map[string]reservations.Feed{
	"google":            {Desk: reservations.Rule{From: reservations.FromResource}, Person: reservations.Rule{From: reservations.FromAttendee}},
	"zimbra":            {Desk: reservations.Rule{From: reservations.FromResource}, Person: reservations.Rule{From: reservations.FromAttendee}},
	"apple":             {Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromAttendee}},
	"nextcloud":         {Tentative: true, Desk: reservations.Rule{From: reservations.FromFixed, Fixed: "4.12"}, Person: reservations.Rule{From: reservations.FromAttendee}},
	"thunderbird-split": {Desk: reservations.Rule{From: reservations.FromSummaryPrefix}, Person: reservations.Rule{From: reservations.FromSummary}},
}

func testDirectory() *Directory {
	return NewDirectory(
		[]reservations.Desk{{ID: "4.11"}, {ID: "4.12", Name: "Desk 4.12"}, {ID: "4.13"}, {ID: "7", Name: "Büro 7"}},
		[]reservations.Person{
			{ID: "jdoe", Name: "Jane Doe", Mail: []string{"jane.doe@example.com"}},
			{ID: "mmuster", Mail: []string{"max@example.com", "max.muster@example.com"}},
			{ID: "boss", Mail: []string{"boss@example.com"}, Protected: true},
		})
}

func testOptions(t testing.TB, name string) Options {
	rules, ok := goldenRules[name]
	if !ok {
		rules = reservations.Feed{Desk: reservations.Rule{From: reservations.FromLocation}, Person: reservations.Rule{From: reservations.FromOrganizer}}
	}
	rules.Name = name
	return Options{Window: spring(), Zone: berlin(t), Feed: rules, Directory: testDirectory()}
}

// show writes a result so that a person can check it against the feed.
func show(r Result, zone *time.Location) string {
	var b strings.Builder
	stamp := func(t time.Time) string { return t.In(zone).Format("Mon 2006-01-02 15:04 MST") }
	b.WriteString("occurrences\n")
	for _, o := range r.Occurrences {
		fmt.Fprintf(&b, "  %s + %v  %s", stamp(o.Start), o.Duration(), ical.Clip(o.UID))
		if o.AllDay {
			b.WriteString(" all-day")
		}
		if o.Free {
			b.WriteString(" free")
		}
		if o.Recurrence != "" {
			b.WriteString(" instance " + o.Recurrence)
		}
		fmt.Fprintf(&b, " line %d\n", o.Line)
	}
	b.WriteString("reservations\n")
	for _, v := range r.Reservations {
		fmt.Fprintf(&b, "  %s to %s  desk %s person %s (%s %s line %d)\n",
			v.Start.Format(time.RFC3339), v.End.Format(time.RFC3339), v.Desk, v.Person, v.Source, v.Status, v.Line)
	}
	for _, list := range []struct {
		Name string
		of   []reservations.Problem
	}{{"problems", slices.Concat(r.Problems, r.Unresolved)}, {"notes", r.Notes}} {
		b.WriteString(list.Name + "\n")
		for _, p := range list.of {
			fmt.Fprintf(&b, "  line %d %s: %s", p.Line, ical.Clip(p.UID), p.What)
			if !p.Start.IsZero() {
				b.WriteString(" at " + stamp(p.Start))
			}
			if p.Hint != "" {
				b.WriteString(" -> " + p.Hint)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob(feeds + "*.ics")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d feeds, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ics")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o := testOptions(t, name)
			r, err := readText(data, o)
			if err != nil {
				t.Fatal(err)
			}
			got := show(r, o.Zone)
			golden := strings.TrimSuffix(file, ".ics") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
