package imports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// same compares what was wanted with what there is.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
