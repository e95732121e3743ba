package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testFunc      = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(`)
	testNamed     = regexp.MustCompile("`(…[A-Z]\\w*|(?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	scenarioNamed = regexp.MustCompile("scenarios? ((?:`[a-z0-9-]+…?`(?:, | and )?)+)")
	quoted        = regexp.MustCompile("`([^`]+)`")
)

// Every test and every scenario that a document names is there: a promise whose
// proof has been renamed or removed is none. A name that begins with … is the end
// of one, and one that ends so the beginning of several.
func TestPromisesNameTests(t *testing.T) {
	var tests strings.Builder
	var scenarios []string
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if filepath.Ext(path) == ".txtar" {
			scenarios = append(scenarios, strings.TrimSuffix(entry.Name(), ".txtar"))
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of this repository
		for _, f := range testFunc.FindAllSubmatch(text, -1) {
			tests.WriteString(" " + string(f[1]) + " ")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../emapi/emulator/*.md", "../../testdata/scenarios/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path) //nolint:gosec // a file of this repository
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range testNamed.FindAllStringSubmatch(string(text), -1) {
				named++
				part, ending := strings.CutPrefix(name[1], "…")
				if ending && !strings.Contains(tests.String(), part+" ") || !ending && !strings.Contains(tests.String(), " "+part+" ") {
					t.Errorf("%s names %s, and there is no such test", path, name[1])
				}
			}
			for _, list := range scenarioNamed.FindAllStringSubmatch(string(text), -1) {
				for _, name := range quoted.FindAllStringSubmatch(list[1], -1) {
					if !anyScenario(scenarios, name[1]) {
						t.Errorf("%s names the scenario %s, and there is none", path, name[1])
					}
				}
			}
		}
	}
	if named < 100 {
		t.Errorf("the documents name %d tests: their names are not found", named)
	}
}

func anyScenario(scenarios []string, name string) bool {
	begin, several := strings.CutSuffix(name, "…")
	for _, s := range scenarios {
		if s == name || several && strings.HasPrefix(s, begin) {
			return true
		}
	}
	return false
}
