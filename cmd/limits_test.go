package cmd_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// The most lines of code that a package may have, and the most methods that an interface
// may ask for. A line counts that has code in it, whatever else; tests do not.
const (
	largest = 2500
	widest  = 6
)

// What is larger today, with the size it has. The lists only shrink: whatever grows, and
// whatever has become small enough without being taken out, is an error.
var (
	oversized = map[string]int{}
	overwide  = map[string]int{}
)

// TestLimits holds packages and interfaces against their limits.
func TestLimits(t *testing.T) {
	lines, methods := sizes(t, os.DirFS(".."))
	for _, wrong := range slices.Concat(beyond("lines of code", lines, largest, oversized), beyond("methods", methods, widest, overwide)) {
		t.Error(wrong)
	}
}

// sizes counts the lines of code of each package, and the methods of each interface.
func sizes(t *testing.T, fsys fs.FS) (lines, methods map[string]int) {
	t.Helper()
	lines, methods = make(map[string]int), make(map[string]int)
	eachProgramFile(t, fsys, func(name string, source []byte) {
		pkg, files := path.Dir(name), token.NewFileSet()
		lines[pkg] += codeLines(files.AddFile(name, -1, len(source)), source)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					methods[pkg+"."+spec.Name.Name] = i.Methods.NumFields()
				}
			}
			return true
		})
	})
	return lines, methods
}

// codeLines counts the lines of a file that hold more than blanks and comments.
func codeLines(file *token.File, source []byte) int {
	var s scanner.Scanner
	s.Init(file, source, nil, 0) // without comments
	code := make(map[int]bool)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return len(code)
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue
		}
		for line := file.Line(pos); line <= file.Line(pos+token.Pos(max(len(text), 1)-1)); line++ {
			code[line] = true
		}
	}
}

// beyond returns what is beyond a limit and not excused, and what is excused in vain.
func beyond(unit string, found map[string]int, limit int, excused map[string]int) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		most, known := excused[name]
		switch n := found[name]; {
		case n > limit && !known:
			wrong = append(wrong, fmt.Sprintf("%s has %d %s, more than %d", name, n, unit, limit))
		case known && n > most:
			wrong = append(wrong, fmt.Sprintf("%s has grown from %d to %d %s, and more than %d are too many", name, most, n, unit, limit))
		case known && n <= limit:
			wrong = append(wrong, fmt.Sprintf("%s has %d %s: take it out of the list", name, n, unit))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(excused)) {
		if _, there := found[name]; !there {
			wrong = append(wrong, fmt.Sprintf("%s is in the list and not there", name))
		}
	}
	return wrong
}

func TestLimitsSeeWhatIsBeyond(t *testing.T) {
	module := fstest.MapFS{
		"a/a.go":      {Data: []byte("// Package a is small.\npackage a\n\n/* nothing\nhere */\n\nvar x = `two\nlines`\n\ntype I interface {\n\tA()\n\tB(int) // with a comment\n}\n")},
		"a/a_test.go": {Data: []byte("package a\n\nvar y = 1\n")},
		"b/b.go":      {Data: []byte("package b\n\ntype (\n\tJ interface{ A(); B(); C() }\n)\n")},
	}
	lines, methods := sizes(t, module)
	if diff := cmp.Diff(map[string]int{"a": 7, "b": 4}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"a.I": 2, "b.J": 3}, methods); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		n       int
		excused map[string]int
		want    []string
	}{
		{6, nil, nil},
		{7, nil, []string{"p has 7 methods, more than 6"}},
		{7, map[string]int{"p": 7}, nil},
		{8, map[string]int{"p": 7}, []string{"p has grown from 7 to 8 methods, and more than 6 are too many"}},
		{6, map[string]int{"p": 7}, []string{"p has 6 methods: take it out of the list"}},
		{6, map[string]int{"q": 7}, []string{"q is in the list and not there"}},
	} {
		if diff := cmp.Diff(c.want, beyond("methods", map[string]int{"p": c.n}, 6, c.excused)); diff != "" {
			t.Errorf("%d, %v (-want +got):\n%s", c.n, c.excused, diff)
		}
	}
}
