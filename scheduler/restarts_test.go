package scheduler_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"deskd/emapi/emulator"
	"deskd/scheduler/plan"
)

// TestRestartAnywhere plays scenarios again with a restart of the daemon at one of
// their steps: while a request is under way, right after its answer, after the
// look at it, and after each line of the script. At last the phones, and who was
// logged in and out, are as without it. DESKD_RESTARTS=all takes every step of
// every scenario, which is hours, and another word one step of each, drawn by that
// word. Without it, it is one step of some.
func TestRestartAnywhere(t *testing.T) {
	t.Parallel()
	files := must(filepath.Glob("../testdata/scenarios/*.txtar"))
	which := os.Getenv("DESKD_RESTARTS")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if why := restartsTell[name]; why != "" {
			continue
		}
		drawn := fnv.New32() // by its name: a new scenario leaves the sample as it was
		_, _ = drawn.Write([]byte(name))
		if n := drawn.Sum32(); which == "" && (n%8 != 0 || (raceDetector || testing.Short()) && n%80 != 0) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := playRestarted(t, file, time.Time{})
			steps := want.steps
			if which != "all" && len(steps) > 0 {
				h := fnv.New32()
				_, _ = h.Write([]byte(name + which))
				at := int(h.Sum32()) % len(steps)
				steps = steps[at : at+1]
			}
			for _, at := range steps {
				got := playRestarted(t, file, at)
				if diff := gocmp.Diff(want.told(), got.told()); diff != "" {
					t.Errorf("restarted at %s (-without +with):\n%s%s\n%s", at.Format("15:04:05.000"), diff, got.transcript, got.log)
				}
			}
		})
	}
}

// restartsTell are the scenarios in which a restart rightly changes what happens.
var restartsTell = map[string]string{}

// remembering are the structs that remember something between rounds, by file.
var remembering = [][2]string{
	{"callhistory/book.go", "Book"}, {"calls/calls.go", "Guard"}, {"../cmd/deskd/resting/house.go", "House"}, {"../cmd/deskd/resting/cluster.go", "Cluster"},
	{"books.go", "books"}, {"planner.go", "planner"}, {"memory.go", "memory"}, {"reconcile.go", "Reconciler"},
	{"observe/phones.go", "Phones"}, {"observe/deeds.go", "Deeds"}, {"observe/whereabouts.go", "Whereabouts"},
	{"plan/history.go", "History"}, {"clock/trust.go", "Trust"},
	{"guard/circuit.go", "Circuit"}, {"guard/outage.go", "Outage"}, {"guard/logouts.go", "Logouts"}, {"guard/units.go", "Unit"},
	{"guard/desks.go", "Desks"}, {"guard/nodes.go", "Nodes"}, {"guard/pace.go", "Pace"}, {"guard/database.go", "Database"},
}

// wiring are the fields that hold no knowledge: other rooms, the configuration, channels.
var wiring = []string{
	"books", "phones", "away", "trust", "circuit", "logouts", "desks", "nodes", "pace", "database", "Outage", "Unit", "unit",
	"log", "clock", "duration", "cluster", "brake", "PerMinute", "states", "senders", "memory", "mu",
	"ended", "kicked", "swept", "once", "restored", "Wait", "Look", "house", "kick", "told", "clusters",
}

// TestEveryValueComesBack holds that docs/reliability.md says of every value that a
// reconciler remembers where it comes back from, and of no other.
func TestEveryValueComesBack(t *testing.T) {
	doc := string(must(os.ReadFile("../docs/reliability.md")))
	_, doc, _ = strings.Cut(doc, "\n## What a restart brings back\n")
	doc, _, _ = strings.Cut(doc, "\n## ")
	told := make(map[string]bool)
	for line := range strings.SplitSeq(doc, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for value := range strings.SplitSeq(cells[2], ",") {
			told[strings.Trim(cells[1], " `")+"."+strings.Trim(value, " `")] = true
		}
	}
	for _, where := range remembering {
		for _, field := range fieldsOf(t, where[0], where[1]) {
			name := where[1] + "." + field
			if !told[name] && !slices.Contains(wiring, field) {
				t.Errorf("%s is not in the table", name)
			}
			delete(told, name)
		}
	}
	delete(told, "room.value")
	delete(told, "---.---")
	if len(told) > 0 {
		t.Errorf("the table has %v, which nothing remembers", told)
	}
}

// fieldsOf names the fields of a struct.
func fieldsOf(t *testing.T, file, name string) (names []string) {
	t.Helper()
	parsed := must(parser.ParseFile(token.NewFileSet(), file, nil, 0))
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List { //nolint:errcheck // both are
			for _, id := range f.Names {
				names = append(names, id.Name)
			}
		}
		return false
	})
	if len(names) == 0 {
		t.Errorf("%s has no struct %s", file, name)
	}
	return names
}

// outcome is what became of a scenario.
type outcome struct {
	phones, done    []string
	steps           []time.Time
	transcript, log string
}

func (o outcome) told() map[string][]string {
	return map[string][]string{"phones": o.phones, "done": o.done}
}

// playRestarted plays a file with a restart at an instant, zero for none. What the
// script expects at some time, or of the log, is not looked at.
func playRestarted(t *testing.T, file string, at time.Time) (o outcome) {
	t.Helper()
	archive := must(txtar.ParseFile(file))
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, archive, dir)
		s.restartAt, s.lenient = at, true
		s.play()
		o.phones, o.transcript, o.log = splitLines(s.phones()), s.transcript(), s.log.String()
		for _, e := range s.emulator.Events() {
			if e.By == emulator.ByAPI {
				o.done = append(o.done, fmt.Sprintf("%s %s %s", deskOf(e.Device), e.Kind, e.User))
			}
		}
		slices.Sort(o.done)
		o.steps = s.steps()
	})
	return o
}

// steps are the instants of the day at which a restart may change something.
func (s *scenario) steps() []time.Time {
	var all []time.Time
	for _, a := range s.attempts() {
		began := s.byDay(a)
		all = append(all, began.Add(50*time.Millisecond))
		if a.Outcome != plan.Held {
			took := a.Ended.Sub(a.Began)
			all = append(all, began.Add(took+time.Millisecond), began.Add(took+3*time.Second))
		}
	}
	for _, f := range s.lines("script")[1:] {
		all = append(all, s.at(f[0]).Add(time.Second))
	}
	last := s.at(s.lines("script")[len(s.lines("script"))-1][0])
	all = slices.DeleteFunc(all, func(t time.Time) bool { return !t.Before(last) || !t.After(s.started) })
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, func(a, b time.Time) bool { return cmp.Compare(b.Sub(a), 20*time.Millisecond) < 0 })
}
