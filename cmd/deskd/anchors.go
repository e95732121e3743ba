package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/store"
	"deskd/web/view"
)

// anchor tells the head of the audit to the log, the metrics and the file of
// anchors, once an hour if there is a new one. When that cannot be written it
// is tried again with the next tick, and said once.
func (d *daemon) anchor(ctx context.Context) {
	now := d.clock.Now()
	head, err := d.store.Head(ctx, now)
	if err != nil || head.Hash == d.anchored.Hash || now.Sub(d.anchored.At).Abs() < store.AnchorEvery {
		return // the rounds meet the same error, and say it
	}
	if head.Hash != d.told {
		d.told = head.Hash
		d.metrics.AuditHead(head.Row, head.Hash)
		d.log.Info("audit head", "row", head.Row, "hash", head.Hash)
	}
	if d.anchored.Row > 0 && !d.unanchored {
		if found, err := d.store.VerifyAnchors(ctx, d.config.Database.AnchorsPath()); err == nil || errors.Is(err, fs.ErrNotExist) {
			d.spoiltAnchors(found, false, d.anchored)
		}
	}
	err = store.AppendAnchor(d.config.Database.AnchorsPath(), head)
	switch {
	case err != nil && !d.unanchored:
		d.log.Warn("anchors of the audit cannot be written", "err", err)
	case err == nil && d.unanchored:
		d.log.Info("anchors of the audit are written again")
	}
	if d.unanchored = err != nil; err == nil {
		d.anchored = head
	}
}

// verifyAnchors says when the audit does not contain a head that it once had, and
// no restore explains it, or when the file of anchors is not as deskd has left it. It
// reports whether that is so.
func (d *daemon) verifyAnchors(ctx context.Context) bool {
	report, err := d.store.VerifyAnchors(ctx, d.config.Database.AnchorsPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if ctx.Err() == nil {
			d.log.Warn("anchors of the audit cannot be read", "err", err)
		}
		return false
	}
	missing := report.Unexplained()
	if missing == nil {
		return d.spoiltAnchors(report, err == nil && report.Silent(d.clock.Now()), store.Anchor{})
	}
	fresh := d.notices.set(view.Notice{
		Kind: view.KindAudit, Bad: true, Text: fmt.Sprintf("The audit is not the one that it was on %s.", missing.At.In(d.view.Zone("")).Format("2 Jan 15:04")),
		Detail: fmt.Sprintf("%s knows its row %d: %s. Somebody has replaced rows, or the database, past deskd; phones are driven as before.",
			filepath.Base(report.File), missing.Row, missing.Why),
	})
	if fresh {
		d.log.Error("audit does not contain a head that it had: deskd audit verify --anchors says more", "file", report.File, "row", missing.Row, "err", missing.Why)
	}
	return true
}

// spoiltAnchors says when the file of anchors lacks the head that this daemon has
// written last, has none at all though it should, or holds lines that no daemon has
// written, and reports whether it does.
func (d *daemon) spoiltAnchors(r store.AnchorsReport, silent bool, last store.Anchor) bool {
	why := ""
	switch {
	case last.Row > 0 && (r.Last == nil || r.Last.Row < last.Row):
		why = fmt.Sprintf("it lacks the head of row %d, which was written into it at %s", last.Row, last.At.In(d.view.Zone("")).Format("15:04 on 2 Jan"))
	case silent:
		why = "it has no head of this audit"
	case len(r.Unreadable) > 0:
		why = fmt.Sprintf("its line %d is no head", r.Unreadable[0])
	default:
		return false
	}
	fresh := d.notices.set(view.Notice{
		Kind: view.KindAudit, Bad: true, Text: "The file of the audit's heads is not as deskd has left it.",
		Detail: fmt.Sprintf("%s: %s. Somebody has emptied, replaced or written it: compare the database with the heads in the log. Phones are driven as before.", filepath.Base(r.File), why),
	})
	if fresh {
		d.log.Error("anchors of the audit are not as deskd has left them: deskd audit verify --anchors says more", "file", r.File, "err", why)
	}
	return true
}

// anchorsText says what a comparison with a file of anchors has found.
func anchorsText(r store.AnchorsReport, now time.Time) string {
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
const emptied = "somebody may have emptied it, and put an older copy in the place of the database; the log has the heads, too (audit head)"

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
	now := d.clock.Now()
	report, err := d.store.VerifyAnchors(ctx, d.config.Database.AnchorsPath())
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
	seen, err := d.store.Seen(ctx)
	rows, also := d.store.Audit(ctx, store.AuditFilter{Until: d.clock.Now().Add(-store.AnchorEvery), Limit: 1})
	if err != nil || also != nil || len(seen) == 0 || len(rows) == 0 {
		return // no daemon has run yet
	}
	d.odd("anchors", "see who has removed it, unless you have put it aside yourself", "there is no %s, though a daemon has run: the audit is proven by the marker beside the database alone",
		d.config.Database.AnchorsPath())
}
