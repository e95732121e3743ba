package schema

import (
	"slices"
	"strings"
	"testing"
)

// TestTables holds that everything that stands somewhere has one limit, and that no limit
// is of something that stands nowhere.
func TestTables(t *testing.T) {
	used := make(map[string]bool)
	for object := range made {
		if strings.HasPrefix(object, "CiscoIPPhone") && !strings.Contains(object, "/") {
			walk(t, "", object, used)
		}
	}
	for _, l := range limits {
		for of := range strings.FieldsSeq(l.of) {
			if !used[of] {
				t.Errorf("the limit of %s is of nothing", of)
			}
		}
	}
}

// walk notes the limits that an element and what stands in it have.
func walk(t *testing.T, in, name string, used map[string]bool) {
	t.Helper()
	all, known := parts(in, name)
	if !known {
		t.Fatalf("%s/%s has no parts", in, name)
	}
	for _, p := range all {
		path := in + "/" + name + "/" + p.name
		for end := path; ; {
			if slices.ContainsFunc(limits, func(l limit) bool { return slices.Contains(strings.Fields(l.of), end) }) {
				used[end] = true
				break
			}
			_, rest, more := strings.Cut(end, "/")
			if !more {
				break // one of the words
			}
			end = rest
		}
		if p.holds.what == items {
			walk(t, name, p.name, used)
		}
	}
}
