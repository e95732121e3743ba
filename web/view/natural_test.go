package view

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNaturally(t *testing.T) {
	names := []string{"B-1", "4.10", "a-2", "4.2", "10", "", "4", "A-10", "04.2", "4.2b", "a-2"}
	slices.SortFunc(names, Naturally)
	want := []string{"", "4", "04.2", "4.2", "4.2b", "4.10", "10", "a-2", "a-2", "A-10", "B-1"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestNaturallyIsTotalOrder(t *testing.T) {
	name := rapid.StringMatching(`[aAbé01 2.\-]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if Naturally(a, b) != -Naturally(b, a) {
			t.Fatalf("%q and %q: not antisymmetric", a, b)
		}
		if (Naturally(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q: equal only if they are", a, b)
		}
		if Naturally(a, b) < 0 && Naturally(b, c) < 0 && Naturally(a, c) >= 0 {
			t.Fatalf("%q < %q < %q: not transitive", a, b, c)
		}
	})
}
