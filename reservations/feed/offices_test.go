package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
)

// offices is the directory of the calendars in testdata/feeds/offices.
func offices() *Directory {
	return NewDirectory(
		[]reservations.Desk{
			{ID: "D12", Name: "Desk 12", Mail: []string{"desk-12@corp.example"}, Aliases: []string{"HQ Floor 3 Desk 12"}},
			{ID: "D13", Name: "Desk 13", Mail: []string{"desk-13@corp.example"}},
			{ID: "D15", Name: "Desk 15, Window", Mail: []string{"desk-15@corp.example"}},
			{ID: "1.003"},
		},
		[]reservations.Person{
			{ID: "mberg", Name: "Mia Berg", Aliases: []string{"Berg, Mia"}, Mail: []string{"mia.berg@corp.example"}},
			{ID: "jdoe", Name: "John Doe", Mail: []string{"john.doe@corp.example"}},
			{ID: "jdoe2", Name: "John Doe", Aliases: []string{"John Doe (Sales)"}, Mail: []string{"john.doe2@corp.example"}},
			{ID: "ceo", Name: "Carl Chief", Mail: []string{"carl.chief@corp.example"}, Protected: true},
		})
}

// rulesOf reads the line "feed desk=D12 person=summary match=name" of a .want.
func rulesOf(t *testing.T, file string) reservations.Feed {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := reservations.Feed{Kind: reservations.KindSite, Name: "x"}
	for line := range strings.Lines(string(text)) {
		words, ok := strings.CutPrefix(strings.TrimSpace(line), "# feed ")
		if !ok {
			continue
		}
		for _, word := range strings.Fields(words) {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "desk":
				f.Kind, f.Tentative, f.Desk = reservations.KindDesk, true, reservations.Rule{From: reservations.FromFixed, Fixed: value}
			case "owner":
				f.Kind, f.Person = reservations.KindPerson, reservations.Rule{From: reservations.FromFixed, Fixed: value}
			case "person":
				f.Person.From = value
			case "match":
				f.Person.Match = value
			case "free":
				f.FreeCounts = true
			default:
				t.Fatalf("%s: %q is unknown", file, word)
			}
		}
	}
	return f
}

// Calendars as offices have them, with the desks and people they name.
func TestOffices(t *testing.T) {
	files, err := filepath.Glob(feeds + "offices/*.ics")
	if err != nil || len(files) < 1 {
		t.Fatalf("%d feeds, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".ics")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := readWanted(t, name+".want")
			r, err := readText(data, Options{Window: want.window, Zone: want.zone, Feed: rulesOf(t, name+".want"), Directory: offices()})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range r.Mapped {
				line := corpusLine(m.Occurrence, "")
				if m.Desk != "" {
					line += " desk " + strings.TrimSpace(m.Desk+" "+m.Person)
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(want.occurrences, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			matchComplaints(t, "problem", want.problems, slices.Concat(r.Problems, r.Unresolved))
			matchComplaints(t, "note", want.notes, r.Notes)
			if len(r.Reservations) != strings.Count(fmt.Sprint(got), " desk ") {
				t.Errorf("%d reservations", len(r.Reservations))
			}
		})
	}
}
