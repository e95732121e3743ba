package phones

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"deskd/reservations"
	"deskd/scheduler/plan"
)

func people(ids ...string) []reservations.Person {
	all := make([]reservations.Person, len(ids))
	for i, id := range ids {
		all[i].ID = id
	}
	return all
}

// Who a reply's spelling means, among people who are known.
func TestRecognise(t *testing.T) {
	tests := []struct {
		known  []string
		raw    string
		person string // "" for doubt
	}{
		{[]string{"max power"}, "max+power", "max power"},
		{[]string{"max+power"}, "max+power", "max+power"},
		{[]string{"max power", "max+power"}, "max+power", ""},
		{[]string{"max power", "max+power"}, "max%20power", "max power"},
		{[]string{"max power", "max+power"}, "max%2Bpower", "max+power"},
		{[]string{"max power", "max+power"}, "max power", "max power"},
		{[]string{"a b", "a%20b"}, "a%20b", ""},
		{[]string{"a%20b"}, "a%20b", "a%20b"},
		{[]string{"a b", "a%20b"}, "a%2520b", "a%20b"},
		{[]string{"a b", "a%20b"}, "a+b", "a b"},
		{[]string{"a+b", "a%2Bb"}, "a%2Bb", ""},
		{[]string{"a+b@c", "a b@c"}, "a+b%40c", ""},
		{[]string{"a+b@c"}, "a+b%40c", "a+b@c"},
		{[]string{"Jane"}, "JANE", "Jane"},
		{[]string{"Jane", "jane"}, "JANE", "Jane"}, // one person to the phone system
		{[]string{"s1", "\u017f1"}, "s1", "s1"},    // one person: the long s folds to s
		{[]string{"jo\u0308rg"}, "j%C3%B6rg", "jo\u0308rg"},
		{[]string{"jo\u0308rg", "j\u00f6rg"}, "j%C3%B6rg", ""},
		{[]string{"jörg"}, "j%F6rg", "jörg"},
		{[]string{"anna"}, "\uff41nna", "anna"},
		{[]string{"anna", "\uff41nna"}, "anna", ""},
		{[]string{"jane"}, "jane%20", "jane"},
		{[]string{"jane", "jane+"}, "jane+", ""},
		{[]string{"jane+"}, "jane+", "jane+"},
		{[]string{"jane"}, "max%40example.com", "max@example.com"},
		{nil, "max+power", "max power"},
	}
	for _, tt := range tests {
		seen := plan.Observation{Known: true, Exists: true, Raw: tt.raw, Person: readings(tt.raw)[0]}
		h := NewDirectory(people(tt.known...)).Recognise(seen)
		if h.Person != tt.person || h.Known != (tt.person != "") || (h.Doubt == "") != h.Known {
			t.Errorf("%q among %q is %q (known %v, %s), expected %q", tt.raw, tt.known, h.Person, h.Known, h.Doubt, tt.person)
		}
	}
	if h := NewDirectory(nil).Recognise(plan.Observation{Known: true, Exists: true}); !h.Known || h.Person != "" {
		t.Errorf("a phone with nobody on it is %+v", h)
	}
}

func TestAlike(t *testing.T) {
	tests := []struct {
		known []string
		want  [][]string
	}{
		{nil, nil},
		{[]string{"jane", "max", "jane.doe", "jane+1", "o'neil", "a/b"}, nil},
		{[]string{"max power", "jane", "max+power"}, [][]string{{"max power", "max+power"}}},
		{[]string{"a%20b", "a b", "a+b", "a%2Bb"}, [][]string{{"a%20b", "a b", "a+b", "a%2Bb"}}},
		{[]string{"Jane", "jane"}, nil},
		{[]string{"jo\u0308rg", "j\u00f6rg"}, [][]string{{"jo\u0308rg", "j\u00f6rg"}}},
		{[]string{"jane", "jane+"}, [][]string{{"jane", "jane+"}}},
		{[]string{"x", "\uff41nna", "anna"}, [][]string{{"\uff41nna", "anna"}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Alike(people(tt.known...))); diff != "" {
			t.Errorf("of %q (-want +got):\n%s", tt.known, diff)
		}
	}
}
