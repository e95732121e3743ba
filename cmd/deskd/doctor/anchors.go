package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/store"
)

// AnchorsText says what a comparison with a file of anchors has found.
func AnchorsText(r store.AnchorsReport, now time.Time) string {
	var b strings.Builder
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "%s: the head of row %d at %s is not in the database: %s", r.File, m.Row, m.At.UTC().Format(time.RFC3339), m.Why)
		if m.Restored != 0 {
			fmt.Fprintf(&b, " (row %d says that another database was taken into use since; to go on from there, put the file aside)", m.Restored)
		}
		b.WriteByte('\n')
	}
	for _, n := range r.Unreadable {
		fmt.Fprintf(&b, "%s:%d: this is no anchor: deskd has not written it\n", r.File, n)
	}
	for _, n := range r.Torn {
		fmt.Fprintf(&b, "%s:%d: this anchor is not complete, as a power cut leaves one\n", r.File, n)
	}
	switch {
	case r.Silent(now):
		fmt.Fprintf(&b, "%s: it has no head of this audit, and proves nothing: %s\n", r.File, emptied)
	case len(r.Missing) == 0:
		fmt.Fprintf(&b, "%s: the database contains all of %s%s\n", r.File, console.Count(r.Contained(), "head", "heads"), spanOf(r))
	}
	if r.Contained() > 0 && r.Behind(now, anchorsLate) {
		fmt.Fprintf(&b, "rows from %s on have no head yet\n", r.Unanchored.UTC().Format(time.RFC3339))
	}
	if r.Pruned > 0 {
		fmt.Fprintf(&b, "%s more cannot be compared: retention has removed the rows\n", console.Count(r.Pruned, "head", "heads"))
	}
	return b.String()
}

// emptied is what a file without heads means.
const emptied = "it may have been emptied, and the database replaced with an older copy; the log has the heads, too (audit head)"

// anchorsLate is after how long a row without a head is told: the daemon writes one an
// hour, and again after a restart.
const anchorsLate = 2 * store.AnchorEvery

// spanOf says from when to when there are heads.
func spanOf(r store.AnchorsReport) string {
	if r.First == nil {
		return ""
	}
	return fmt.Sprintf(", of %s to %s", r.First.At.UTC().Format(time.RFC3339), r.Last.At.UTC().Format(time.RFC3339))
}

// anchors compares the audit with the file of anchors.
func (d *doctor) anchors(ctx context.Context) {
	now := d.Clock.Now()
	report, err := d.Store.VerifyAnchors(ctx, d.Config.Database.AnchorsPath())
	switch missing := report.Unexplained(); {
	case errors.Is(err, fs.ErrNotExist):
		d.noAnchors(ctx)
	case err != nil:
		d.wrong("anchors", "see what is in its place, and who may read it", "%v", err)
	case missing != nil:
		d.wrong("anchors", "deskd audit verify --anchors "+report.File, "the audit does not contain what %s says it had at %s: %s",
			report.File, missing.At.UTC().Format(time.RFC3339), missing.Why)
	case len(report.Missing) > 0:
		d.odd("anchors", "put "+report.File+" aside", "%s of the audit from before the restore of row %d are not in it",
			console.Count(len(report.Missing), "head", "heads"), report.Missing[0].Restored)
	case len(report.Unreadable) > 0:
		d.wrong("anchors", "see who may write it, and put it aside", "%s has lines that are no anchors, and not deskd's, the first is line %d", report.File, report.Unreadable[0])
	case report.Silent(now):
		d.wrong("anchors", "see who may write it", "%s has no head of this audit, and proves nothing: %s", report.File, emptied)
	case report.Behind(now, anchorsLate):
		d.odd("anchors", "see whether deskd runs, and what its log says of anchors", "rows of the audit from %s on have no head in %s: the daemon writes one an hour",
			report.Unanchored.UTC().Format(time.RFC3339), report.File)
	default:
		d.ok("anchors", "the audit contains all of %s%s", console.Count(report.Contained(), "head", "heads"), spanOf(report))
	}
}

// noAnchors says that there is no file of anchors where a daemon has run for longer
// than it takes to write one.
func (d *doctor) noAnchors(ctx context.Context) {
	seen, err := d.Store.Seen(ctx)
	rows, also := d.Store.Audit(ctx, reservations.AuditFilter{Until: d.Clock.Now().Add(-store.AnchorEvery), Limit: 1})
	if err != nil || also != nil || len(seen) == 0 || len(rows) == 0 {
		return // no daemon has run yet
	}
	d.odd("anchors", "see who has removed it, unless you have put it aside yourself", "there is no %s, though a daemon has run: the audit is proven by the marker beside the database alone",
		d.Config.Database.AnchorsPath())
}
