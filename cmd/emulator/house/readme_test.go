package house

import (
	"os"
	"strings"
	"testing"
)

// The README and the list of calls have everything that can be done at a phone.
func TestReadmeHasTheDeeds(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range deeds {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the README lacks %s", name)
		}
		if !strings.Contains(usage, `{"do":"`+name+`"`) {
			t.Errorf("the list of calls lacks %s", name)
		}
	}
}
