package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"deskd/store"
	"deskd/web"
)

// anchorEvery is how often the head of the audit is written where whoever writes
// the database cannot change it: what was changed since the last one is all that
// can be made to fit.
const anchorEvery = time.Hour

// anchor tells the head of the audit to the log, the metrics and the file of
// anchors, once an hour if there is a new one. When that cannot be written it
// is tried again with the next tick, and said once.
func (d *daemon) anchor(ctx context.Context) {
	now := d.clock.Now()
	head, err := d.store.Head(ctx, now)
	if err != nil || head.Hash == d.anchored.Hash || now.Sub(d.anchored.At).Abs() < anchorEvery {
		return // the rounds meet the same error, and say it
	}
	if head.Hash != d.told {
		d.told = head.Hash
		d.metrics.AuditHead(head.Row, head.Hash)
		d.log.Info("audit head", "row", head.Row, "hash", head.Hash)
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
// no restore explains it. It reports whether that is so.
func (d *daemon) verifyAnchors(ctx context.Context) bool {
	report, err := d.store.VerifyAnchors(ctx, d.config.Database.AnchorsPath())
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) {
			d.log.Warn("anchors of the audit cannot be read", "err", err)
		}
		return false
	}
	missing := report.Unexplained()
	if missing == nil {
		return false
	}
	fresh := d.notices.set(web.Notice{
		Kind: web.KindAudit, Bad: true, Text: fmt.Sprintf("The audit is not the one that it was on %s.", missing.At.In(d.zone("")).Format("2 Jan 15:04")),
		Detail: fmt.Sprintf("%s knows its row %d: %s. Somebody has replaced rows, or the database, past deskd; phones are driven as before.",
			filepath.Base(report.File), missing.Row, missing.Why),
	})
	if fresh {
		d.log.Error("audit does not contain a head that it had: deskd audit verify --anchors says more", "file", report.File, "row", missing.Row, "err", missing.Why)
	}
	return true
}

// anchorsText says what a comparison with a file of anchors has found.
func anchorsText(r store.AnchorsReport) string {
	var b strings.Builder
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "%s: the head of row %d at %s is not in the database: %s", r.File, m.Row, m.At.UTC().Format(time.RFC3339), m.Why)
		if m.Restored != 0 {
			fmt.Fprintf(&b, " (row %d says that another database was taken into use since; to go on from there, put the file aside)", m.Restored)
		}
		b.WriteByte('\n')
	}
	for _, n := range r.Unreadable {
		fmt.Fprintf(&b, "%s:%d: this is no anchor\n", r.File, n)
	}
	if len(r.Missing) == 0 {
		fmt.Fprintf(&b, "%s: the database contains all of %s\n", r.File, count(r.Anchors-r.Pruned, "head", "heads"))
	}
	if r.Pruned > 0 {
		fmt.Fprintf(&b, "%s more cannot be compared: retention has removed the rows\n", count(r.Pruned, "head", "heads"))
	}
	return b.String()
}

// anchors compares the audit with the file of anchors.
func (d *doctor) anchors(ctx context.Context) {
	report, err := d.store.VerifyAnchors(ctx, d.config.Database.AnchorsPath())
	switch missing := report.Unexplained(); {
	case errors.Is(err, fs.ErrNotExist): // no daemon has run yet, or it was put aside
	case err != nil:
		d.odd("anchors", "see who may read it", "%v", err)
	case missing != nil:
		d.wrong("anchors", "deskd audit verify --anchors "+report.File, "the audit does not contain what %s says it had at %s: %s",
			report.File, missing.At.UTC().Format(time.RFC3339), missing.Why)
	case len(report.Missing) > 0:
		d.odd("anchors", "put "+report.File+" aside", "%s of the audit from before the restore of row %d are not in it",
			count(len(report.Missing), "head", "heads"), report.Missing[0].Restored)
	case len(report.Unreadable) > 0:
		d.odd("anchors", "", "%s has lines that are no anchors, the first is line %d", report.File, report.Unreadable[0])
	default:
		d.ok("anchors", "the audit contains all of %s", count(report.Anchors-report.Pruned, "head", "heads"))
	}
}
