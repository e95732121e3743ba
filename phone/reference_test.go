package phone_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/phone"
)

var update = flag.Bool("update", false, "write the tables of docs/phone.md")

// TestReference holds that the tables of objects and messages in docs/phone.md are
// those of the types.
func TestReference(t *testing.T) {
	var objects, messages strings.Builder
	objects.WriteString("| object | elements in their order, with their limits |\n|---|---|\n")
	for _, k := range phone.Kinds() {
		outline := phone.Outline(k)
		if outline == nil {
			continue // what a phone answers
		}
		var words []string
		for _, e := range outline {
			if k == phone.KindText || !inHead(e.Name) {
				words = append(words, e.String())
			}
		}
		if k != phone.KindText && len(words) < len(outline) {
			words = append([]string{"head"}, words...)
		}
		line := strings.Join(words, " · ")
		if k == phone.KindText {
			line = strings.Replace(line, " · Text", " **(so far the head of all that are shown)** · Text", 1)
		}
		fmt.Fprintf(&objects, "| `%s` | %s |\n", k, line)
	}
	messages.WriteString("| message | what has happened | what to do |\n|---|---|---|\n")
	for _, m := range phone.Messages() {
		fmt.Fprintf(&messages, "| `%s` | %s | %s |\n", m.Text, m.Cause, m.Remedy)
	}
	section(t, "objects", objects.String())
	section(t, "messages", messages.String())
}

// inHead reports whether an element belongs to the head of an object.
func inHead(name string) bool {
	for _, prefix := range []string{"@keypadTarget", "@appId", "@onApp", "Title", "Prompt", "SoftKeyItem", "KeyItem"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// section holds a section of docs/phone.md, between its two marks, against want.
func section(t *testing.T, name, want string) {
	t.Helper()
	const file = "../docs/phone.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end of ` + name + ` -->\n)`)
	is := marked.FindString(string(text))
	updated := marked.ReplaceAllString(string(text), "${1}"+strings.ReplaceAll(want, "$", "$$")+"${2}")
	switch {
	case is == "":
		t.Fatalf("%s has no marks for %s", file, name)
	case *update:
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	case updated != string(text):
		t.Errorf("the table of %s in %s is not that of the types; -update writes it", name, file)
	}
}
