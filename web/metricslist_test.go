package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"deskd/web/view"
)

// described is what a description says of a metric.
var described = regexp.MustCompile(`fqName: "(\w+)", help: "(.*)", unit: ".*", constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}`)

// Every metric stands in the table of docs/operations.md, with its type, labels and
// help, and no document names one that there is not.
func TestMetricsAreListed(t *testing.T) {
	m := exercised()
	m.Degraded(NewReads(func(context.Context) (view.Snapshot, error) { return view.Snapshot{}, os.ErrClosed }, nil), time.Now)
	m.LogLost(func() int64 { return 0 })
	m.Nodes(func() int64 { return 1 })
	m.Arrivals(func() (waiting, held, released int) { return 0, 0, 0 })
	m.Identity(someIdentity{})
	kinds := make(map[string]string)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		kinds[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	descs := make(chan *prometheus.Desc, 1000)
	m.registry.Describe(descs)
	close(descs)
	var rows []string
	for d := range descs {
		part := described.FindStringSubmatch(d.String())
		if part == nil {
			t.Fatalf("%s is not understood", d)
		}
		if name := part[1]; strings.HasPrefix(name, "deskd_") {
			if kinds[name] == "" {
				t.Errorf("no test gives %s a value", name)
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", name, kinds[name], strings.ReplaceAll(part[3], ",", ", "), part[2]))
		} else if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s is neither deskd's nor the process's", name)
		}
	}
	slices.Sort(rows)
	listMetrics(t, "| metric | type | labels | what it says |\n|---|---|---|---|\n"+strings.Join(rows, ""))
	mentioned := regexp.MustCompile(`\bdeskd_[a-z_]+[a-z]\b`)
	for _, pattern := range []string{"../*.md", "../docs/*.md"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range mentioned.FindAllString(string(text), -1) {
				if kinds[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")] == "" {
					t.Errorf("%s names %s, and there is no such metric", path, name)
				}
			}
		}
	}
}

// listMetrics holds the table of the document against the one there should be.
func listMetrics(t *testing.T, table string) {
	t.Helper()
	const path, begin, end = "../docs/operations.md", "<!-- metrics -->\n", "<!-- end of metrics -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	old, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		t.Fatal("the page has no place for the table of metrics")
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	case old != table:
		t.Errorf("the table of metrics in %s is not that of the program; go test ./web -run MetricsAreListed -update writes it", path)
	}
}
