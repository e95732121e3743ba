package audit

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
)

// Report is what a verification of the audit found.
type Report struct {
	Pruned  int64  `json:"pruned"`  // last row that retention has removed, 0 for none
	Last    int64  `json:"last"`    // newest row in the chain, Pruned when there is none
	Head    string `json:"head"`    // its hash: kept elsewhere, it vouches for all rows up to it
	Waiting int    `json:"waiting"` // rows of other programs after it, not yet chained
	// Redacted rows have lost item and what; all else of them is proven. Deskd has
	// written down how many it redacted: that another program redacted more is a
	// Problem, unless retention has removed as many since.
	Redacted int `json:"redacted"`
	// Former rows were written with a key that is not in the marker any more: deskd
	// cannot prove who made their changes, and takes them for those of other programs.
	Former  int    `json:"former,omitempty"`
	Broken  int64  `json:"broken"`  // the first row that is not as it was written, 0 for none
	Problem string `json:"problem"` // what is wrong with it
	// Doubts are what deskd has done itself, and could not have done by a clock that
	// was right: it has removed rows of the last day.
	Doubts []string `json:"doubts,omitempty"`
	// Schema is what else was done to tables and triggers, past which changes may
	// have gone unseen.
	Schema []dialect.SchemaFault `json:"schema,omitempty"`
}

// walk follows the chain, and adds up what is said of redactions.
type walk struct {
	*Report
	Signer
	proven   bool    // a row was proven by the key there is
	prune    *pruned // what the newest row of a prune says
	recorded int     // how many rows deskd says it has redacted
	blank    int64   // the first redacted row, 0 for none
}

func (r *Report) breaks(id int64, format string, args ...any) {
	r.Broken, r.Problem = id, fmt.Sprintf(format, args...)
}

// Verify computes the chain again and compares: each row, its place, that
// none is missing, not even the newest, and that the chain is the one that was
// marked, nil when none was. What it finds is in the report; the error is that of
// a database that cannot be read.
//
// The chain has no secret. A program that may write the file can compute it again from
// a row on; what does not change with it are heads kept elsewhere.
func (s Log) Verify(ctx context.Context, marked *dialect.Head) (Report, error) {
	var report Report
	// One transaction, so that a row chained meanwhile is not half seen.
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) error { return verify(tx, s.sign, &report) })
	if err != nil {
		return report, fmt.Errorf("verify audit: %w", err)
	}
	if report.Broken == 0 {
		err = s.verifyMarked(ctx, marked, &report)
	}
	return report, err
}

// verifyMarked compares the chain with what was marked of it: someone who
// computes it again from a row on has to change the marker too.
func (s Log) verifyMarked(ctx context.Context, known *dialect.Head, report *Report) error {
	if known == nil || known.Row < report.Pruned {
		return nil
	}
	hash, err := hashAt(s.db.Read(ctx), known.Row)
	switch {
	case err != nil:
		return fmt.Errorf("verify audit: %w", err)
	case known.Row > report.Last:
		report.breaks(report.Last+1, "the marker beside the file knows rows up to %d", known.Row)
	case hash != "" && hash != known.Hash:
		report.breaks(known.Row, "it, or a row before it, is not the one that the marker beside the file knows")
	}
	return nil
}

func verify(tx *gorm.DB, sign Signer, report *Report) error {
	err := tx.Raw("SELECT audit_pruned, audit_hash FROM self").Row().Scan(&report.Pruned, &report.Head)
	if errors.Is(err, sql.ErrNoRows) {
		report.breaks(1, "the row that says where the audit begins is missing")
		return nil
	}
	if err != nil {
		return err
	}
	report.Last = report.Pruned
	w := walk{Report: report, Signer: sign}
	start := report.Head
	last, err := w.rows(tx)
	if err != nil || report.Broken != 0 {
		return err
	}
	numbered, err := dialect.Of(tx).Numbered(tx, "audit")
	switch {
	case err != nil:
		return err
	case numbered != last:
		report.breaks(min(numbered, last)+1, "%d rows were numbered, the last there is has number %d", numbered, last)
	case report.Redacted > w.recorded:
		// A deed that redacts says so in a later row, and retention removes the older first.
		report.breaks(w.blank, "it is the first of %d redacted rows, and deskd has redacted %d", report.Redacted, w.recorded)
	case w.prune.differs(report.Pruned, start) != "":
		report.breaks(1, "rows up to %d were removed, and %s", report.Pruned, w.prune.differs(report.Pruned, start))
	}
	return nil
}

// rows follows the chain through all rows and returns the number of the last.
func (w *walk) rows(tx *gorm.DB) (int64, error) {
	rows, err := tx.Raw("SELECT id, at, actor, verb, kind, item, what, salt, digest, hash, proof FROM audit ORDER BY id").Rows()
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	last := w.Pruned
	for rows.Next() && w.Broken == 0 {
		var r Row
		if err := rows.Scan(&r.ID, &r.At, &r.Actor, &r.Verb, &r.Kind, &r.Item, &r.What, &r.Salt, &r.Digest, &r.Hash, &r.Proof); err != nil {
			return last, err
		}
		w.follow(r, last+1)
		last = r.ID
	}
	return last, rows.Err()
}

// follow takes in the next row, which should have the number id.
func (w *walk) follow(row Row, id int64) {
	switch {
	case row.ID < id:
		w.breaks(row.ID, "it is there, though rows up to %d were removed by retention", w.Pruned)
	case row.ID > id:
		w.breaks(id, "it is missing; the next there is has number %d", row.ID)
	case row.Hash == "":
		w.Waiting++
	case w.Waiting > 0:
		w.breaks(w.Last+1, "it has no hash, though row %d after it has", row.ID)
	case row.Hash != row.sum(w.Head):
		w.breaks(row.ID, "its hash does not follow from the row before it and its own columns")
	case !row.redacted() && row.Digest != row.seal():
		w.breaks(row.ID, "its item or what is not the one it was chained with")
	case !w.vouches(row):
	default:
		w.Last, w.Head = row.ID, row.Hash
		w.count(row)
	}
}

// vouches reports whether deskd has chained row, and says when it has not. Rows
// before the first one that the key proves may have been chained with another.
func (w *walk) vouches(row Row) bool {
	switch {
	case w.Proves(row.Proof, provesChained, row.Hash):
		w.proven = true
		return true
	case !w.former(row.Proof):
		w.breaks(row.ID, "it was chained by another program than deskd")
	case w.proven:
		w.breaks(row.ID, "it was chained with another key than rows before it")
	default:
		w.Former++
		return true
	}
	return false
}

// count takes in what a sound row says of redactions.
func (w *walk) count(row Row) {
	if row.redacted() {
		w.blank = cmp.Or(w.blank, row.ID)
		w.Redacted++
		return
	}
	w.recorded += row.redactions()
	if p := row.pruned(); p != nil {
		w.prune = p
		if at := row.decode().At; p.Through.After(at.Add(-shortestRetention)) {
			w.Doubts = append(w.Doubts, fmt.Sprintf("row %d has removed rows made as late as %s: the clock was far ahead", row.ID, p.Through.UTC().Format(time.RFC3339)))
		}
	}
}

// shortestRetention is how long every row of the audit stays at least.
const shortestRetention = 24 * time.Hour

// pruned is what a row of the audit says about those that deskd has removed before it.
type pruned struct {
	Pruned  int64     `json:"pruned"`  // the last of them
	Hash    string    `json:"hash"`    // of that
	Through time.Time `json:"through"` // when the youngest of them was made
}

func (r Row) pruned() *pruned {
	var what struct{ Is *pruned }
	if r.Verb != verbPrune || r.Actor == SQLActor || json.Unmarshal([]byte(r.What), &what) != nil {
		return nil
	}
	return what.Is
}

// differs says how what the newest prune says is not where the audit begins; it
// is empty when it is.
func (p *pruned) differs(last int64, hash string) string {
	switch {
	case p == nil && last > 0:
		return "no row says that deskd did"
	case p != nil && (p.Pruned != last || p.Hash != hash):
		return fmt.Sprintf("deskd has removed those up to %d", p.Pruned)
	}
	return ""
}

const verbPrune = "prune"

// Prune removes the oldest rows of the audit, up to the first that was made
// at or after before, and returns how many, also when there is an error. It does so
// in batches, between which others write. The hash of the last of each stays
// as the one the chain begins with, and a row of the audit says so.
func (s Log) Prune(ctx context.Context, before time.Time) (pruned int, err error) {
	// What waits has no hash for the audit to begin with.
	if _, err := s.ChainParts(ctx); err != nil {
		return 0, fmt.Errorf("prune audit: %w", err)
	}
	var end int64 // the first that stays; those that prune itself writes stay, too
	err = s.db.Read(ctx).Raw(`SELECT coalesce(min(id), (SELECT coalesce(max(id), 0) + 1 FROM audit))
		FROM (SELECT min(id) AS id FROM audit WHERE at >= ? UNION ALL SELECT min(id) FROM audit WHERE hash = '') AS stays`, dialect.Milli{Time: before}).Scan(&end).Error
	for err == nil {
		var gone int
		err = s.Change(ctx, verbPrune, func(tx *gorm.DB) (err error) {
			gone, err = pruneSome(tx, end)
			return err
		})
		if err == nil {
			pruned += gone
		}
		if err == nil && gone < dialect.PruneBatch {
			return pruned, nil
		}
		if err == nil {
			err = dialect.Pause(ctx, dialect.Breath)
		}
	}
	return pruned, fmt.Errorf("prune audit: %w", err)
}

// pruneSome removes the oldest rows before end, [dialect.PruneBatch] of them at most.
func pruneSome(tx *gorm.DB, end int64) (int, error) {
	var last []Row
	err := tx.Raw("SELECT * FROM (SELECT * FROM audit WHERE id < ? ORDER BY id LIMIT ?) AS oldest ORDER BY id DESC LIMIT 1", end, dialect.PruneBatch).Scan(&last).Error
	if err != nil || len(last) == 0 {
		return 0, err
	}
	through := last[0]
	if err := tx.Exec("UPDATE self SET audit_pruned = ?, audit_hash = ?", through.ID, through.Hash).Error; err != nil {
		return 0, err
	}
	var youngest dialect.Lenient
	if err := tx.Raw("SELECT max(at) FROM audit WHERE id <= ?", through.ID).Row().Scan(&youngest); err != nil {
		return 0, err
	}
	done := tx.Exec("DELETE FROM audit WHERE id <= ?", through.ID)
	if done.Error != nil {
		return 0, done.Error
	}
	return int(done.RowsAffected), Note(tx, "database", "audit", map[string]any{"is": pruned{through.ID, through.Hash, youngest.Time}})
}
