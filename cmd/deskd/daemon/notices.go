package daemon

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/web/view"
)

// notices are what the daemon has to say beside how clusters and feeds stand,
// one of a kind about the same. The zero notices are none.
type notices struct {
	mu  sync.Mutex
	all []notice
}

type notice struct {
	view.Notice
	until time.Time // zero for as long as it is set
}

// set puts n in the place of the notice of its kind about the same, and reports whether
// there was none.
func (ns *notices) set(n view.Notice) bool { return ns.setUntil(n, time.Time{}) }

func (ns *notices) setUntil(n view.Notice, until time.Time) bool {
	fresh := !ns.dropOf(n.Kind, n.Of)
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.all = append(ns.all, notice{n, until})
	return fresh
}

// drop removes the notice of a kind about the whole, and reports whether there was one.
func (ns *notices) drop(kind view.Kind) bool { return ns.dropOf(kind, "") }

// dropOf removes that about something.
func (ns *notices) dropOf(kind view.Kind, of string) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	n := len(ns.all)
	ns.all = slices.DeleteFunc(ns.all, func(o notice) bool { return o.Kind == kind && o.Of == of })
	return len(ns.all) < n
}

// at returns those that hold now.
func (ns *notices) at(now time.Time) []view.Notice {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	var all []view.Notice
	for _, n := range ns.all {
		if n.until.IsZero() || now.Before(n.until) {
			all = append(all, n.Notice)
		}
	}
	return all
}

// lookBack finds out what happened to the database before this daemon began.
func (d *Instance) lookBack(ctx context.Context) {
	d.recallAdoption(ctx)
	// One reader of everything is enough beside logins.
	if d.examination.wait(ctx) == nil {
		d.verify(ctx)
	}
}

// adoptedFor is how long the page says that the database was taken over.
const adoptedFor = 24 * time.Hour

// adoptions are the verbs of the audit by which a database comes into use that
// is not known to be the one from before.
var adoptions = map[string]string{
	"adopt":   "The database had no marker and was taken over",
	"accept":  "The database was accepted as it is",
	"restore": "The database was restored from a backup",
	// A replica that was promoted without its last commits.
	"promoted": "The database lacked what deskd had last written, and was taken over",
}

// recallAdoption shows for a day that the database was restored or taken over:
// deskd does not know any more whom it has logged in. The log was told by
// whatever program did it.
func (d *Instance) recallAdoption(ctx context.Context) {
	now := d.Clock.Now()
	rows, err := d.Store.Audit(ctx, reservations.AuditFilter{Since: now.Add(-adoptedFor), Kind: "database"})
	if err != nil {
		return // the rounds meet the same error, and say it
	}
	last := new(time.Time)
	defer func() { d.adopted.Store(last) }()
	for _, row := range rows { // newest first
		if text, ok := adoptions[row.Verb]; ok {
			at := row.At
			if now.Before(at) { // the clock was set back since
				at = now
			}
			*last = at
			d.notices.setUntil(view.Notice{
				Kind: view.KindAdopted, Text: fmt.Sprintf("%s at %s.", text, at.In(d.View.Zone("")).Format("15:04 on 2 Jan, MST")),
				Detail: "Everyone who was on a phone then counts as a walk-up, and bookings made since the copy are missing. deskd token list says which tokens count.",
			}, at.Add(adoptedFor))
			return
		}
	}
}

// verify reads the audit's chain and says when it is not as it was written: at
// the start, and every night. Only a restored database fixes it.
func (d *Instance) verify(ctx context.Context) {
	report, err := d.Store.VerifyAudit(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.Log.Warn("audit cannot be verified", "err", err)
	case report.Broken == 0:
		if d.verifyAnchors(ctx) {
			return
		}
		for _, doubt := range report.Doubts {
			d.Log.Warn("audit", "err", doubt)
		}
		if d.notices.drop(view.KindAudit) {
			d.Log.Info("audit is as it was written again")
		}
	default:
		fresh := d.notices.set(view.Notice{
			Kind: view.KindAudit, Bad: true, Text: fmt.Sprintf("The audit is not as it was written, from row %d on.", report.Broken),
			Detail: fmt.Sprintf("%s. Another program has changed %s past deskd; phones are driven as before.", report.Problem, d.Config.Database.Name()),
		})
		if fresh {
			d.Log.Error("audit is not as it was written: deskd audit verify says more", "row", report.Broken, "err", report.Problem)
		}
	}
}

// tellSchema says when another program has changed what deskd made of the
// database, a trigger of the audit say, and when that is over.
func (d *Instance) tellSchema(ctx context.Context) {
	faults, err := d.aside.SchemaFaults(ctx)
	switch {
	case err != nil: // the rounds meet the same error, and say it
	case len(faults) == 0:
		if d.notices.drop(view.KindSchema) {
			d.Log.Info("schema of the database is as deskd made it again")
		} else if written, err := d.Store.SchemaWritten(ctx); err == nil && written { // else the rounds meet the error
			d.Log.Warn("schema of the database was written by another program, and is as deskd made it: ANALYZE, VACUUM, a table or view of theirs, or something that was taken away again")
		}
	default:
		fresh := d.notices.set(view.Notice{
			Kind: view.KindSchema, Bad: true, Text: fmt.Sprintf("The schema of the database was changed: %s.", faults[0].What),
			Detail: "What is planted there acts in every program that writes. deskd does not start with it; deskd doctor lists all, with the statements that undo it.",
		})
		if fresh {
			d.Log.Error("schema of the database was changed: deskd doctor says more", "count", len(faults), "err", faults[0].What)
		}
	}
}
