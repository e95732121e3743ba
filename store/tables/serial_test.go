package tables

import (
	"slices"
	"strings"
	"testing"
)

// The ids of one series are neighbours in their order, look like any other, and are not those
// of another series.
func TestSerial(t *testing.T) {
	var one, other Serial
	var ids []string
	for range 1000 {
		ids = append(ids, one.Next())
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 1000 {
		t.Error("they are not in order")
	}
	for _, id := range append(ids, other.Next()) {
		if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Fatalf("id %q", id)
		}
	}
	if ids[0][:16] == other.Next()[:16] {
		t.Error("two series are one")
	}
}
