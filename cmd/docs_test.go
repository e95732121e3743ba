package cmd_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var (
	linked  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	proofs  = regexp.MustCompile("`TestDialects` \\(((?:`[^`]+`(?:, )?)+)\\)")
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// TestDocuments holds that every link of a document leads to a file of the repository,
// and to a heading of it if it names one; and that each page of docs has one question
// as its title, under which the index lists it.
func TestDocuments(t *testing.T) {
	for _, wrong := range wrongDocuments(t, os.DirFS("..")) {
		t.Error(wrong)
	}
}

// TestDocumentsNameProofs holds that what the documents name of the store's suite is in
// it: the promise whose proof was renamed has none.
func TestDocumentsNameProofs(t *testing.T) {
	suite, err := os.ReadFile("../store/suite_test.go")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, name := range []string{"reliability.md", "trust.md"} {
		text, err := os.ReadFile(path.Join("../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range proofs.FindAllStringSubmatch(string(text), -1) {
			for proof := range strings.SplitSeq(list[1], ", ") {
				named++
				if !strings.Contains(string(suite), "\t\""+strings.Trim(proof, "`")+"\":") {
					t.Errorf("%s names the proof %s, and store/suite_test.go has none", name, proof)
				}
			}
		}
	}
	if named < 15 {
		t.Errorf("the documents name %d proofs: they are not found", named)
	}
}

// TestDocumentsAreSeen holds that what TestDocuments looks for is found.
func TestDocumentsAreSeen(t *testing.T) {
	fsys := fstest.MapFS{
		"README.md":      {Data: []byte("# x\n[a](docs/a.md#one-two) [b](docs/b.md) [w](https://example.com)\n```\n# no heading\n```\n")},
		"docs/README.md": {Data: []byte("# Which?\n| How is a? | [a.md](a.md) |\n")},
		"docs/a.md":      {Data: []byte("# How is a?\n## One: two\n[up](../README.md#no-heading) [here](#gone)\n")},
		"docs/c.md":      {Data: []byte("# About c\n")},
	}
	want := []string{
		"README.md: docs/b.md is not there",
		"docs/a.md: ../README.md#no-heading is no heading",
		"docs/a.md: #gone is no heading",
		"docs/c.md: the title is no question: About c",
		"docs/c.md: docs/README.md does not list it by its title",
	}
	if diff := cmp.Diff(want, wrongDocuments(t, fsys)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// wrongDocuments says what is wrong with the documents, in their order.
func wrongDocuments(t *testing.T, fsys fs.FS) (wrong []string) {
	t.Helper()
	text := make(map[string]string)
	var names []string
	for _, pattern := range []string{"*.md", "*/*.md", "*/*/*.md"} {
		found, err := fs.Glob(fsys, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
			text[name] = fenced.ReplaceAllString(string(data), "")
		}
	}
	index := text["docs/README.md"]
	for _, name := range names {
		for _, link := range linked.FindAllStringSubmatch(text[name], -1) {
			if why := wrongLink(fsys, text, name, link[1]); why != "" {
				wrong = append(wrong, name+": "+link[1]+why)
			}
		}
		if path.Dir(name) != "docs" || path.Base(name) == "README.md" {
			continue
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(text[name], "# "), "\n")
		if !strings.HasSuffix(title, "?") {
			wrong = append(wrong, name+": the title is no question: "+title)
		}
		if !strings.Contains(index, "| "+title+" | ["+path.Base(name)+"]("+path.Base(name)+") |") {
			wrong = append(wrong, name+": docs/README.md does not list it by its title")
		}
	}
	return wrong
}

// wrongLink says what is wrong with a link of a document, and nothing of one that leads
// out of the repository.
func wrongLink(fsys fs.FS, text map[string]string, from, link string) string {
	if strings.Contains(link, "://") {
		return ""
	}
	file, anchor, anchored := strings.Cut(link, "#")
	target := from
	if file != "" {
		target = path.Join(path.Dir(from), file)
	}
	if _, err := fs.Stat(fsys, target); err != nil {
		return " is not there"
	}
	if !anchored {
		return ""
	}
	for _, h := range heading.FindAllStringSubmatch(text[target], -1) {
		if anchorOf(h[1]) == anchor {
			return ""
		}
	}
	return " is no heading"
}

// anchorOf is the anchor that GitHub gives a heading.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}
