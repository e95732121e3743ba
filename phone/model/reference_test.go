package model_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"deskd/phone"
	"deskd/phone/model"
	"deskd/phone/uri"
)

var update = flag.Bool("update", false, "write the tables of docs/phone.md")

// TestReference holds that the table of models in docs/phone.md is that of the types.
func TestReference(t *testing.T) {
	const file = "../../docs/phone.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marked := regexp.MustCompile(`(?s)(<!-- models -->\n).*?(<!-- end of models -->\n)`)
	updated := marked.ReplaceAllString(string(text), "${1}"+models()+"${2}")
	switch {
	case !marked.Match(text):
		t.Fatalf("%s has no marks for models", file)
	case *update:
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	case updated != string(text):
		t.Errorf("the table of models in %s is not that of the types; -update writes it", file)
	}
}

// models is the support matrix, a column for each family.
func models() string {
	families := model.Families()
	cell := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "–"
	}
	var b strings.Builder
	row := func(name string, of func(f model.Family) string) {
		b.WriteString("| " + name + " |")
		for _, f := range families {
			b.WriteString(" " + of(f) + " |")
		}
		b.WriteString("\n")
	}
	row("", func(f model.Family) string { return f.Name })
	b.WriteString("|---|" + strings.Repeat("---|", len(families)) + "\n")
	row("pixels", func(f model.Family) string {
		var sizes []string
		for i, m := range f.Models {
			size := fmt.Sprintf("%d×%d", m.Width, m.Height)
			if i == 0 || !strings.HasSuffix(sizes[len(sizes)-1], size) {
				sizes = append(sizes, size)
			}
		}
		return strings.Join(sizes, ", ")
	})
	row("colour", func(f model.Family) string { return cell(f.Colour) })
	for _, k := range phone.Kinds() {
		row("`"+strings.TrimPrefix(string(k), "CiscoIPPhone")+"`", func(f model.Family) string { return cell(f.Shows(k)) })
	}
	for _, u := range uri.Families() {
		row("`"+string(u)+":`", func(f model.Family) string { return cell(f.Runs(u)) })
	}
	return b.String()
}
