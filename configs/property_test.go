package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// scribbler writes a random configuration, a key per line, and remembers the
// line of every key: what Parse says about a key must point there.
type scribbler struct {
	*rapid.T
	lines []string
	at    map[string]int
}

func (s *scribbler) line(indent int, text string) {
	s.lines = append(s.lines, strings.Repeat(" ", indent)+text)
}

// section writes some of the keys of the struct type t, and some that are none.
func (s *scribbler) section(under string, indent int, t reflect.Type) {
	known := keys(t)
	for _, name := range rapid.Permutation(append(keys(t), "nonsense", "app_password")).Draw(s.T, "order") {
		key := child(under, name)
		switch rapid.IntRange(0, 4).Draw(s.T, key) {
		case 0:
			continue
		case 1:
			s.line(0, "# a comment")
		}
		s.at[key] = len(s.lines) + 1
		if i := slices.Index(known, name); i >= 0 {
			s.field(key, name, indent, t.Field(i).Type)
		} else {
			s.line(indent, name+": anything")
		}
	}
}

func (s *scribbler) field(key, name string, indent int, t reflect.Type) {
	list := t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
	nested := list || t.Kind() == reflect.Struct
	if !nested || rapid.IntRange(0, 7).Draw(s.T, "a plain value") == 0 {
		s.line(indent, name+": "+rapid.SampledFrom(scraps).Draw(s.T, "value"))
		return
	}
	s.line(indent, name+":")
	if !list {
		s.section(key, indent+2, t)
		return
	}
	for i := range rapid.IntRange(0, 2).Draw(s.T, "entries") {
		s.line(indent+2, "-")
		s.section(fmt.Sprintf("%s[%d]", key, i), indent+4, t.Elem())
	}
}

var scraps = []string{
	"x", `""`, "5m", "-5m", "20", "0", "-1", "0.5", "7.5", "true", "~", "[]", "[a, b]", "{}", "{a: b}", "sqlite", "berlin", "Europe/Berlin", `"é\n"`,
	"https://example.com/x", "http://example.com", "file:x", `"@every 1m"`, "always", "fixed", "[10.0.0.0/8, x]", "'it''s'", "2026-01-01", "&a x", "!!str x",
}

// Every mistake about a key that is there points to its line; one about a key
// that is missing points to the nearest above it.
func TestMistakesPointToTheirKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &scribbler{T: t, at: make(map[string]int)}
		s.section("", 0, reflect.TypeFor[Config]())
		text := strings.Join(s.lines, "\n") + "\n"
		_, err := Parse("deskd.yaml", []byte(text))
		mistakes, _ := errors.AsType[Mistakes](err)
		for _, m := range mistakes {
			if want, ok := s.at[m.Key]; ok && m.Line != want {
				t.Fatalf("%s\nshould point to line %d of\n%s", m, want, text)
			}
			section := m.Key[:strings.IndexAny(m.Key+".", ".[")]
			if m.Line < s.at[section] || m.Line == 0 && m.Key == "" {
				t.Fatalf("%s\npoints above its section in\n%s", m, text)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../testdata/configs/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(Example()))
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("deskd.yaml", data)
		if err == nil {
			again := newFindings("deskd.yaml")
			if again.check(c); len(again.list) > 0 {
				t.Fatalf("accepted, but what it was made into is not: %v", again.list)
			}
			return
		}
		mistakes, ok := errors.AsType[Mistakes](err)
		if !ok || len(mistakes) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		if lines := strings.Count(mistakes.Error(), "\n") + 1; lines != len(mistakes) {
			t.Fatalf("%d mistakes on %d lines:\n%v", len(mistakes), lines, err)
		}
		last := Mistake{}
		for _, m := range mistakes {
			if m.Line < last.Line || m.Line == last.Line && m.Column < last.Column {
				t.Fatalf("out of order:\n%v", err)
			}
			if m.Line > strings.Count(string(clean(data)), "\n")+1 {
				t.Fatalf("beyond the end of the file: %s", m)
			}
			if _, present := c.source.places[m.Key]; present && (m.Line < 1 || m.Column < 1) {
				t.Fatalf("without a line: %s", m)
			}
			last = m
		}
	})
}
