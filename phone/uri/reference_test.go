package uri_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/phone"
	"deskd/phone/uri"
)

var update = flag.Bool("update", false, "write the tables of docs/phone.md")

// TestReference holds that the tables of URIs, softkeys and results in docs/phone.md are
// those of the types.
func TestReference(t *testing.T) {
	var uris, softkeys, results strings.Builder
	uris.WriteString("| family | syntax |\n|---|---|\n")
	for _, f := range uri.Families() {
		fmt.Fprintf(&uris, "| `%s` | `%s` |\n", f, f.Format())
	}
	softkeys.WriteString("| softkey | in |\n|---|---|\n")
	for _, n := range uri.SoftKeyNames() {
		var in []string
		for _, k := range phone.Kinds() {
			if n.In(k) {
				in = append(in, strings.TrimPrefix(string(k), "CiscoIPPhone"))
			}
		}
		fmt.Fprintf(&softkeys, "| `SoftKey:%s` | %s |\n", n, strings.Join(in, ", "))
	}
	results.WriteString("| status | data |\n|---|---|\n")
	for _, r := range uri.Results() {
		fmt.Fprintf(&results, "| %d | %s |\n", r.Status, r.Data)
	}
	section(t, "uris", uris.String())
	section(t, "softkeys", softkeys.String())
	section(t, "results", results.String())
}

// section holds a section of docs/phone.md, between its two marks, against want.
func section(t *testing.T, name, want string) {
	t.Helper()
	const file = "../../docs/phone.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end of ` + name + ` -->\n)`)
	updated := marked.ReplaceAllString(string(text), "${1}"+want+"${2}")
	switch {
	case !marked.Match(text):
		t.Fatalf("%s has no marks for %s", file, name)
	case *update:
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	case updated != string(text):
		t.Errorf("the table of %s in %s is not that of the types; -update writes it", name, file)
	}
}
