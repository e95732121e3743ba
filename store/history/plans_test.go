package history

import (
	"path/filepath"
	"strings"
	"testing"

	"deskd/store/dialect"
	"deskd/store/sqlite"
)

// The newest change of each of many bookings is found by a seek.
func TestNewestIsSought(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var steps []struct{ Detail string }
	db := s.Read(t.Context())
	query := "EXPLAIN QUERY PLAN SELECT * FROM audit WHERE " + newestOf(dialect.Of(db))
	if err := db.Raw(query, "reservation", []string{"a", "b"}).Scan(&steps).Error; err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, step := range steps {
		all += step.Detail + "\n"
	}
	if !strings.Contains(all, "audit_of_item (kind=? AND item=?)") || strings.Contains(all, "SCAN audit") {
		t.Errorf("it is not asked by the index:\n%s", all)
	}
}
