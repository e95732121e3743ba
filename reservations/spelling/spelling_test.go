package spelling

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "desk", 4},
		{"desk", "", 4},
		{"desk", "desk", 0},
		{"desk", "disk", 1},
		{"desk", "desks", 1},
		{"desks", "desk", 1},
		{"dsek", "desk", 1}, // two letters swapped are one slip of the keys
		{"ab", "ba", 1},
		{"ca", "abc", 3}, // no letter is touched twice
		{"büro", "buro", 1},
		{"größe", "grösse", 2},
		{"kitten", "sitting", 3},
		{"abc", "abd", 1},
		{"abc", "acb", 1},
		{"jane", "jnae", 1},
		{"zürich", "zurich", 1},
		{"Zoë", "Zoe", 1},
	} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// The distance is that of the textbook's recursion, and the same both ways.
func TestDistanceAgreesWithRecursion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 6, -1)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := Distance(a, b), recursion([]rune(a), []rune(b)); got != want || got != Distance(b, a) {
			t.Fatalf("Distance(%q, %q) = %d, want %d; back %d", a, b, got, want, Distance(b, a))
		}
	})
}

func recursion(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	x, y := a[len(a)-1], b[len(b)-1]
	cost := 1
	if x == y {
		cost = 0
	}
	best := min(recursion(a[:len(a)-1], b)+1, recursion(a, b[:len(b)-1])+1, recursion(a[:len(a)-1], b[:len(b)-1])+cost)
	if len(a) > 1 && len(b) > 1 && x == b[len(b)-2] && a[len(a)-2] == y {
		best = min(best, recursion(a[:len(a)-2], b[:len(b)-2])+1)
	}
	return best
}

func TestNearest(t *testing.T) {
	known := []string{"listen", "name", "timezone", "max_concurrent", "max_per_minute", "sites", "site"}
	for text, want := range map[string]string{
		"listne": "listen", "Max-Per Minute": "max_per_minute", "max_per_minutes": "max_per_minute",
		"sitse": "sites", "SITE": "site", "si": "", "feeds": "", "": "",
		"nam": "name", "time_zone": "timezone", "MaxConcurrent": "max_concurrent", "max-per-min": "max_per_minute",
		"colour": "", "x": "", strings.Repeat("name", 1000): "",
	} {
		if got := Nearest(text, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", text, got, want)
		}
	}
	long := fmt.Sprintf("%065d", 0)
	if got := Nearest(long, []string{long}); got != "" {
		t.Errorf("of 65 letters: %q", got)
	}
}

func ExampleMeant() {
	fmt.Println("there is no site \"Berln\"" + Meant("Berln", []string{"Berlin", "Boston"}))
	fmt.Println("there is no site \"Paris\"" + Meant("Paris", []string{"Berlin", "Boston"}))
	// Output:
	// there is no site "Berln"; did you mean "Berlin"?
	// there is no site "Paris"
}
