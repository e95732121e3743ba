package configs

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// place is where a key or list entry stands; both count from 1.
type place struct{ line, column int }

// source is a file that was read.
type source struct {
	file   string
	places map[string]place // where keys stand, such as "feeds[0].url"
	blamed map[string]bool  // keys something was found wrong with
}

// clone returns a source that can be written to without changing s.
func (s source) clone() source {
	c := source{s.file, make(map[string]place), make(map[string]bool)}
	maps.Copy(c.places, s.places)
	maps.Copy(c.blamed, s.blamed)
	return c
}

// find returns where key stands, else the nearest one above it that is there.
func (s source) find(key string) place {
	for ; key != ""; key = parent(key) {
		if p, ok := s.places[key]; ok {
			return p
		}
	}
	return place{}
}

func (s source) has(key string) bool {
	_, ok := s.places[key]
	return ok
}

// isBlamed reports whether something was found wrong with key or with what it
// stands under.
func (s source) isBlamed(key string) bool {
	for ; key != ""; key = parent(key) {
		if s.blamed[key] {
			return true
		}
	}
	return false
}

// parent returns the key that key stands under, "" for a section:
// feeds[0].url, feeds[0], feeds.
func parent(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// child returns the key called name under key. A name that could be mistaken
// for a path of names, or break a line, is quoted.
func child(key, name string) string {
	if !plainName.MatchString(name) {
		name = strconv.Quote(name)
	}
	if key == "" {
		return name
	}
	return key + "." + name
}

// findings collects the mistakes in one file.
type findings struct {
	source
	list Mistakes
}

func newFindings(file string) *findings {
	return &findings{source: source{file: file}.clone()}
}

// add records a complaint about key, unless there is none or key is already
// blamed: one mistake of the author is reported once, not again by each check
// that trips over it.
func (f *findings) add(key string, c complaint) {
	if c.none() || f.isBlamed(key) {
		return
	}
	f.addAt(f.find(key), key, c)
}

// addAt records a complaint about key that has a place of its own.
func (f *findings) addAt(at place, key string, c complaint) {
	f.blamed[key] = true
	f.list = append(f.list, Mistake{
		File: f.file, Line: at.line, Column: at.column, Key: key, What: printable(c.what), Hint: printable(c.hint),
	})
}

// printable keeps a message on its line, whatever a parser quotes in it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// inOrder returns list in the order of the file, nil when it is empty.
func inOrder(list Mistakes) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return list
}
