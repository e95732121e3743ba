package daemon

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"deskd/store"
	"deskd/web/view"
)

// A daemon says when the file no longer has what it has written into it.
func TestSpoiltAnchors(t *testing.T) {
	head := store.Anchor{At: time.Now(), Row: 7}
	older := store.Anchor{At: time.Now(), Row: 5}
	for name, c := range map[string]struct {
		r      store.AnchorsReport
		silent bool
		last   store.Anchor
		says   string
	}{
		"as it was":       {store.AnchorsReport{Last: &head}, false, head, ""},
		"a new file":      {store.AnchorsReport{}, false, store.Anchor{}, ""},
		"emptied":         {store.AnchorsReport{}, false, head, "it lacks the head of row 7"},
		"an older one":    {store.AnchorsReport{Last: &older}, false, head, "it lacks the head of row 7"},
		"found so":        {store.AnchorsReport{}, true, store.Anchor{}, "it has no head"},
		"written by some": {store.AnchorsReport{Last: &head, Unreadable: []int{2}}, false, head, "its line 2 is no head"},
	} {
		var log strings.Builder
		d := &Instance{Parts: &Parts{View: new(view.Model), Log: slog.New(slog.NewTextHandler(&log, nil))}}
		said := d.spoiltAnchors(c.r, c.silent, c.last)
		if said != (c.says != "") || !strings.Contains(log.String(), c.says) {
			t.Errorf("%s: %v, %s", name, said, log.String())
		}
	}
}
