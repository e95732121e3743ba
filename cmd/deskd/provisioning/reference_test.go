package provisioning_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/cmd/deskd/provisioning"
)

var update = flag.Bool("update", false, "write the table of docs/phone.md")

// TestReference holds that the table of checks in docs/phone.md is that of the code.
func TestReference(t *testing.T) {
	const file = "../../../docs/phone.md"
	var b strings.Builder
	b.WriteString("| check | what it asks |\n|---|---|\n")
	for _, c := range provisioning.Checks() {
		fmt.Fprintf(&b, "| %s | %s |\n", c[0], c[1])
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- checks -->\n).*?(<!-- end of checks -->\n)`)
	updated := marked.ReplaceAllString(string(text), "${1}"+b.String()+"${2}")
	switch {
	case !marked.Match(text):
		t.Fatalf("%s has no marks for checks", file)
	case *update:
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	case updated != string(text):
		t.Errorf("the table of checks in %s is not that of the code; -update writes it", file)
	}
}
