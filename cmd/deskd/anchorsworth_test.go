package main

import (
	"strings"
	"testing"
	"time"

	"deskd/store"
)

// What a file of anchors is worth when heads are missing from it, as the verification
// says it and by its exit code.
func TestAnchorsText(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	head := store.Anchor{At: now.Add(-3 * time.Hour), Row: 7}
	for name, c := range map[string]struct {
		r        store.AnchorsReport
		doubtful bool
		says     string
	}{
		"all there":            {store.AnchorsReport{Anchors: 1, First: &head, Last: &head}, false, "a: the database contains all of 1 head, of 2026-03-02T09:00:00Z to 2026-03-02T09:00:00Z\n"},
		"emptied":              {store.AnchorsReport{Unanchored: now.Add(-2 * time.Hour)}, true, "a: it has no head of this audit, and proves nothing: "},
		"of rows that went":    {store.AnchorsReport{Anchors: 2, Pruned: 2, Unanchored: now.Add(-2 * time.Hour)}, true, "proves nothing"},
		"a database of today":  {store.AnchorsReport{Unanchored: now.Add(-time.Minute)}, false, "all of 0 heads\n"},
		"not the newest":       {store.AnchorsReport{Anchors: 1, First: &head, Last: &head, Unanchored: now.Add(-150 * time.Minute)}, false, "rows from 2026-03-02T09:30:00Z on have no head yet\n"},
		"a line of others":     {store.AnchorsReport{Anchors: 1, First: &head, Last: &head, Unreadable: []int{3}}, true, "a:3: this is no anchor: deskd has not written it\n"},
		"a line of the outage": {store.AnchorsReport{Anchors: 1, First: &head, Last: &head, Torn: []int{3}}, false, "a:3: this anchor is not complete, as a power cut leaves one\n"},
	} {
		c.r.File = "a"
		report := auditReport{Anchors: &c.r}
		if text := auditText(report, now); report.doubtful(now) != c.doubtful || !strings.Contains(text, c.says) {
			t.Errorf("%s: doubtful %v, want %v:\n%s", name, !c.doubtful, c.doubtful, text)
		}
	}
}
