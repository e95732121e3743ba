package api

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const committed = "../../docs/openapi.json"

// The document that is committed is the one that is served, and breaks no client of the one
// before it: with -update, too.
func TestDocument(t *testing.T) {
	text, err := Document()
	check(t, err)
	before, err := os.ReadFile(committed)
	if err == nil {
		for _, broken := range breaks(t, before, text) {
			t.Errorf("breaks clients: %s", broken)
		}
	}
	if *update && !t.Failed() {
		check(t, os.WriteFile(committed, text, 0o644)) //nolint:gosec // it is read by all
		return
	}
	if diff := cmp.Diff(string(before), string(text)); diff != "" {
		t.Errorf("docs/openapi.json is not up to date (go test ./web/api -run TestDocument -update):\n%.2000s", diff)
	}
}

// breaks lists what clients of a document had and do not have any more: operations, what
// answers hold, and requests that ask for nothing else.
func breaks(t *testing.T, before, after []byte) (broken []string) {
	t.Helper()
	var old, now any
	check(t, json.Unmarshal(before, &old))
	check(t, json.Unmarshal(after, &now))
	for path, was := range members(old, "paths") {
		for method, was := range members(was) {
			is, there := members(now, "paths", path)[method]
			if !there {
				broken = append(broken, fmt.Sprintf("%s %s has gone", method, path))
				continue
			}
			for status := range members(was, "responses") {
				if _, there := members(is, "responses")[status]; !there && status < "4" {
					broken = append(broken, fmt.Sprintf("%s %s: status %s has gone", method, path, status))
				}
			}
			have := parameters(was)
			for name, required := range parameters(is) {
				if _, known := have[name]; required && !known {
					broken = append(broken, fmt.Sprintf("%s %s: asks for %s", method, path, name))
				}
			}
			for name := range have {
				if _, there := parameters(is)[name]; !there {
					broken = append(broken, fmt.Sprintf("%s %s: does not take %s any more", method, path, name))
				}
			}
		}
	}
	for name, was := range members(old, "components", "schemas") {
		is := members(now, "components", "schemas")[name]
		for property, was := range members(was, "properties") {
			kind, there := members(is, "properties")[property]
			if !there || fmt.Sprint(members(kind)["type"]) != fmt.Sprint(members(was)["type"]) {
				broken = append(broken, fmt.Sprintf("%s.%s has gone, or has another type", name, property))
			}
		}
	}
	slices.Sort(broken)
	return broken
}

func members(v any, path ...string) map[string]any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	m, _ := v.(map[string]any)
	return m
}

// parameters of an operation, and whether they have to be there.
func parameters(operation any) map[string]bool {
	all := make(map[string]bool)
	list, _ := members(operation)["parameters"].([]any)
	for _, p := range list {
		required, _ := members(p)["required"].(bool)
		all[fmt.Sprint(members(p)["in"], " ", members(p)["name"])] = required
	}
	return all
}

// A check that sees nothing is none.
func TestBreaksAreSeen(t *testing.T) {
	before := `{"paths": {"/a": {"get": {"parameters": [{"in": "query", "name": "q"}], "responses": {"200": {}}}, "post": {}}},
		"components": {"schemas": {"A": {"properties": {"x": {"type": "string"}, "y": {"type": "string"}}}}}}`
	after := `{"paths": {"/a": {"get": {"parameters": [{"in": "query", "name": "r", "required": true}], "responses": {"201": {}}}}},
		"components": {"schemas": {"A": {"properties": {"x": {"type": "integer"}}}}}}`
	want := []string{
		"A.x has gone, or has another type", "A.y has gone, or has another type", "get /a: asks for query r", "get /a: does not take query q any more",
		"get /a: status 200 has gone", "post /a has gone",
	}
	if diff := cmp.Diff(want, breaks(t, []byte(before), []byte(after))); diff != "" {
		t.Error(diff)
	}
	if got := breaks(t, []byte(before), []byte(before)); got != nil {
		t.Errorf("of itself: %q", got)
	}
}
