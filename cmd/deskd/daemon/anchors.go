package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"deskd/store"
	"deskd/web/view"
)

// anchor tells the head of the audit to the log, the metrics and the file of
// anchors, once an hour if there is a new one. When that cannot be written it
// is tried again with the next tick, and said once.
func (d *Instance) anchor(ctx context.Context) {
	now := d.Clock.Now()
	head, err := d.Store.Head(ctx, now)
	if err != nil || head.Hash == d.anchored.Hash || now.Sub(d.anchored.At).Abs() < store.AnchorEvery {
		return // the rounds meet the same error, and say it
	}
	if head.Hash != d.told {
		d.told = head.Hash
		d.metrics.AuditHead(head.Row, head.Hash)
		d.Log.Info("audit head", "row", head.Row, "hash", head.Hash)
	}
	if d.anchored.Row > 0 && !d.unanchored {
		if found, err := d.Store.VerifyAnchors(ctx, d.Config.Database.AnchorsPath()); err == nil || errors.Is(err, fs.ErrNotExist) {
			d.spoiltAnchors(found, false, d.anchored)
		}
	}
	err = store.AppendAnchor(d.Config.Database.AnchorsPath(), head)
	switch {
	case err != nil && !d.unanchored:
		d.Log.Warn("anchors of the audit cannot be written", "err", err)
	case err == nil && d.unanchored:
		d.Log.Info("anchors of the audit are written again")
	}
	if d.unanchored = err != nil; err == nil {
		d.anchored = head
	}
}

// verifyAnchors says when the audit does not contain a head that it once had, and
// no restore explains it, or when the file of anchors is not as deskd has left it. It
// reports whether that is so.
func (d *Instance) verifyAnchors(ctx context.Context) bool {
	report, err := d.Store.VerifyAnchors(ctx, d.Config.Database.AnchorsPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if ctx.Err() == nil {
			d.Log.Warn("anchors of the audit cannot be read", "err", err)
		}
		return false
	}
	missing := report.Unexplained()
	if missing == nil {
		return d.spoiltAnchors(report, err == nil && report.Silent(d.Clock.Now()), store.Anchor{})
	}
	fresh := d.notices.set(view.Notice{
		Kind: view.KindAudit, Bad: true, Text: fmt.Sprintf("The audit is not the one that it was on %s.", missing.At.In(d.View.Zone("")).Format("2 Jan 15:04")),
		Detail: fmt.Sprintf("%s knows its row %d: %s. Rows, or the database, were replaced past deskd; phones are driven as before.",
			filepath.Base(report.File), missing.Row, missing.Why),
	})
	if fresh {
		d.Log.Error("audit does not contain a head that it had: deskd audit verify --anchors says more", "file", report.File, "row", missing.Row, "err", missing.Why)
	}
	return true
}

// spoiltAnchors says when the file of anchors lacks the head that this daemon has
// written last, has none at all though it should, or holds lines that no daemon has
// written, and reports whether it does.
func (d *Instance) spoiltAnchors(r store.AnchorsReport, silent bool, last store.Anchor) bool {
	why := ""
	switch {
	case last.Row > 0 && (r.Last == nil || r.Last.Row < last.Row):
		why = fmt.Sprintf("it lacks the head of row %d, which was written into it at %s", last.Row, last.At.In(d.View.Zone("")).Format("15:04 on 2 Jan"))
	case silent:
		why = "it has no head of this audit"
	case len(r.Unreadable) > 0:
		why = fmt.Sprintf("its line %d is no head", r.Unreadable[0])
	default:
		return false
	}
	fresh := d.notices.set(view.Notice{
		Kind: view.KindAudit, Bad: true, Text: "The file of the audit's heads is not as deskd has left it.",
		Detail: fmt.Sprintf("%s: %s. It was emptied, replaced or written by another program: compare the database with the heads in the log. Phones are driven as before.", filepath.Base(r.File), why),
	})
	if fresh {
		d.Log.Error("anchors of the audit are not as deskd has left them: deskd audit verify --anchors says more", "file", r.File, "err", why)
	}
	return true
}
