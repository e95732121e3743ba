package cmd_test

import (
	"cmp"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"
)

var (
	linked    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	proofs    = regexp.MustCompile("`TestDialects` \\(((?:`[^`]+`(?:, )?)+)\\)")
	mentioned = regexp.MustCompile(`\bdocs/[A-Za-z0-9_-]+\.md(#[a-z0-9_-]+)?`)
	fenced    = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// TestDocuments holds that every link of a document leads to a file of the repository,
// and to a heading of it if it names one, as does what a program or its code says of a page;
// and that each page of docs has one question as its title, under which the index lists it.
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
		"a/b/c/d/e.md":   {Data: []byte("[deep](../../../../docs/a.md#one-two) [gone](../e.md)\n")},
		"x/y.go":         {Data: []byte("package x // see docs/a.md#one-two, docs/a.md and docs/b.md#c\n")},
		"x/y_test.go":    {Data: []byte("package x // docs/b.md\n")},
	}
	want := []string{
		"README.md: docs/b.md is not there",
		"docs/a.md: ../README.md#no-heading is no heading",
		"docs/a.md: #gone is no heading",
		"docs/c.md: the title is no question: About c",
		"docs/c.md: docs/README.md does not list it by its title",
		"a/b/c/d/e.md: ../e.md is not there",
		"x/y.go: docs/b.md#c is not there",
	}
	if diff := gocmp.Diff(want, wrongDocuments(t, fsys)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// wrongDocuments says what is wrong with the documents and with what programs say of them, in
// their order.
func wrongDocuments(t *testing.T, fsys fs.FS) (wrong []string) {
	t.Helper()
	text := textsOf(t, fsys, isDocument)
	for name, all := range text {
		text[name] = fenced.ReplaceAllString(all, "")
	}
	index := text["docs/README.md"]
	for _, name := range inOrder(text) {
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
	programs := textsOf(t, fsys, namesDocuments)
	for _, name := range inOrder(programs) {
		for _, said := range mentioned.FindAllString(programs[name], -1) {
			if why := wrongLink(fsys, text, "README.md", said); why != "" {
				wrong = append(wrong, name+": "+said+why)
			}
		}
	}
	return wrong
}

func isDocument(name string) bool { return path.Ext(name) == ".md" }

// namesDocuments reports whether what a file says of documents is for people who use deskd, or
// read its code.
func namesDocuments(name string) bool {
	return slices.Contains([]string{".go", ".html", ".yaml", ".service"}, path.Ext(name)) && !strings.HasSuffix(name, "_test.go")
}

// textsOf are the texts of the files of the repository that are wanted.
func textsOf(t *testing.T, fsys fs.FS, wanted func(name string) bool) map[string]string {
	t.Helper()
	text := make(map[string]string)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir // what others have written
		case d.IsDir() || !wanted(name):
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		text[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// inOrder are the names of texts, those that are less deep first.
func inOrder(text map[string]string) []string {
	return slices.SortedFunc(maps.Keys(text), func(a, b string) int {
		return cmp.Or(strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
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
