package emulator

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The README has every knob and every action, and no knob that is not there.
func TestReadmeIsComplete(t *testing.T) {
	file, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	_, knobs, _ := strings.Cut(text, "\n## Knobs\n")
	knobs, rest, _ := strings.Cut(knobs, "\n## ")
	var names []string
	for line := range strings.Lines(knobs) {
		if first, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ := strings.Cut(first, "` |")
			names = append(names, strings.Split(cell, "`, `")...)
		}
	}
	for _, k := range Knobs(&Options{}) {
		if !slices.Contains(names, k.Name) {
			t.Errorf("knob %s is missing", k.Name)
		}
	}
	if all := len(Knobs(&Options{})); len(names) != all {
		t.Errorf("%d knobs are documented, there are %d", len(names), all)
	}
	for _, a := range actions {
		if !strings.Contains(rest, "`"+string(a)+"`") {
			t.Errorf("action %s is missing", a)
		}
	}
}
