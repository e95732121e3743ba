package push_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/phone/push"
)

var update = flag.Bool("update", false, "write the table of docs/phone.md")

// TestReference holds that the table of outcomes in docs/phone.md is that of the types.
func TestReference(t *testing.T) {
	const file = "../../docs/phone.md"
	var b strings.Builder
	b.WriteString("| outcome | what it means, what to do |\n|---|---|\n")
	for _, o := range push.Outcomes() {
		if o.Advice() == "" {
			t.Errorf("no advice about %s", o)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", o, o.Advice())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- outcomes -->\n).*?(<!-- end of outcomes -->\n)`)
	updated := marked.ReplaceAllString(string(text), "${1}"+b.String()+"${2}")
	switch {
	case !marked.Match(text):
		t.Fatalf("%s has no marks for outcomes", file)
	case *update:
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	case updated != string(text):
		t.Errorf("the table of outcomes in %s is not that of the types; -update writes it", file)
	}
}
