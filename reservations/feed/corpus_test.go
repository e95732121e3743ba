package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/reservations/feed/calendar"
)

// wanted is a file of the corpus as testdata/feeds/README.md describes it: what
// a calendar says, written down by reasoning and never by the reader itself.
type wanted struct {
	zone        *time.Location
	window      reservations.Span
	refused     string
	occurrences []string
	problems    []complaint
	notes       []complaint
}

// complaint is a problem or a note, by its line and a part of its text.
type complaint struct {
	line int
	part string
}

func readWanted(t *testing.T, file string) wanted {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := wanted{zone: berlin(t), window: spring()}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "" || strings.HasPrefix(word, "#"):
		case word == "zone":
			w.zone, err = time.LoadLocation(rest)
		case word == "window":
			w.window, err = parseWindow(rest)
		case word == "refused":
			w.refused = rest
		case word == "problem":
			w.problems = append(w.problems, parseComplaint(t, rest))
		case word == "note":
			w.notes = append(w.notes, parseComplaint(t, rest))
		default:
			w.occurrences = append(w.occurrences, line)
		}
		if err != nil {
			t.Fatalf("%s: %q: %v", file, line, err)
		}
	}
	return w
}

func parseWindow(text string) (reservations.Span, error) {
	from, to, _ := strings.Cut(text, " ")
	start, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return reservations.Span{}, err
	}
	end, err := time.Parse(time.DateOnly, to)
	return reservations.Span{Start: start, End: end}, err
}

func parseComplaint(t *testing.T, text string) complaint {
	t.Helper()
	number, part, _ := strings.Cut(text, " ")
	line, err := strconv.Atoi(number)
	if err != nil || part == "" {
		t.Fatalf("%q is not a line number and a text", text)
	}
	return complaint{line, part}
}

// corpusLine writes an occurrence as the corpus does; the place only where the
// line it is compared with names one.
func corpusLine(o calendar.Occurrence, like string) string {
	line := fmt.Sprintf("%s %s %s", o.Start.Format(time.RFC3339), o.End.Format(time.RFC3339), o.UID)
	for _, flag := range []struct {
		set  bool
		Name string
	}{{o.AllDay, "all-day"}, {o.Free, "free"}, {o.Status != "", o.Status}} {
		if flag.set {
			line += " " + flag.Name
		}
	}
	if strings.Contains(like, " @ ") {
		line += " @ " + o.Location
	}
	return strings.TrimRight(line, " ")
}

// matchComplaints compares lists regardless of their order, texts by a part.
func matchComplaints(t *testing.T, kind string, want []complaint, got []reservations.Problem) {
	t.Helper()
	for _, p := range got {
		at := slices.IndexFunc(want, func(c complaint) bool { return c.line == p.Line && strings.Contains(p.What, c.part) })
		if at < 0 {
			t.Errorf("%s on line %d is not wanted: %s", kind, p.Line, p.What)
			continue
		}
		want = slices.Delete(slices.Clone(want), at, at+1)
	}
	for _, c := range want {
		t.Errorf("no %s on line %d with %q", kind, c.line, c.part)
	}
}

// The corpus: every decision of the reader (decisions), and the ways in which
// real servers write (servers).
func TestCorpus(t *testing.T) {
	for folder, least := range map[string]int{"decisions": 105, "servers": 53} {
		files, err := filepath.Glob(feeds + folder + "/*.ics")
		if err != nil || len(files) < least {
			t.Errorf("%s: %d feeds, error %v", folder, len(files), err)
		}
		for _, file := range files {
			t.Run(folder+"/"+strings.TrimSuffix(filepath.Base(file), ".ics"), func(t *testing.T) {
				checkCorpus(t, file, readWanted(t, strings.TrimSuffix(file, ".ics")+".want"))
			})
		}
	}
}

func checkCorpus(t *testing.T, file string, want wanted) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := occurrencesOf(data, want.window, want.zone)
	if want.refused != "" || err != nil {
		if err == nil || want.refused == "" || !strings.Contains(err.Error(), want.refused) {
			t.Errorf("refused with %v, want %q", err, want.refused)
		}
		return
	}
	var got []string
	for i, o := range r.Occurrences {
		like := ""
		if i < len(want.occurrences) {
			like = want.occurrences[i]
		}
		got = append(got, corpusLine(o, like))
	}
	if diff := cmp.Diff(want.occurrences, got); diff != "" {
		t.Errorf("occurrences (-want +got):\n%s", diff)
	}
	matchComplaints(t, "problem", want.problems, r.Problems)
	matchComplaints(t, "note", want.notes, r.Notes)
}
