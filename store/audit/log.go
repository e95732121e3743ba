package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
)

// Row is a row as it is hashed: its instant is the text of that.
type Row struct {
	ID                            int64
	At                            dialect.Stamp
	Actor, Verb, Kind, Item, What string
	Salt, Digest                  string
	Hash, Proof                   string
}

// TableName implements gorm's Tabler.
func (Row) TableName() string { return "audit" }

// sum is the hash of r after the row whose hash is prev, of r's columns but item
// and what: of these its digest.
func (r Row) sum(prev string) string {
	return netstringSum(prev, fmt.Sprint(r.ID), string(r.At), r.Actor, r.Verb, r.Kind, r.Digest)
}

// seal is the digest of what may be removed from r one day.
func (r Row) seal() string { return netstringSum(r.Salt, r.Item, r.What) }

// redacted reports whether what may be removed was.
func (r Row) redacted() bool { return r.Salt == "" && r.Item == "" && r.What == "" }

// netstringSum is the SHA-256 of parts as netstrings, so that no text can be
// moved from one part to the next.
func netstringSum(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// decode never fails: a row that another program has spoilt must not hide the others.
func (r Row) decode() reservations.AuditEntry {
	var at dialect.Lenient
	_ = at.Scan(string(r.At)) // never fails
	a := reservations.AuditEntry{ID: r.ID, At: at.Time, Actor: r.Actor, Verb: r.Verb, Kind: r.Kind, Item: r.Item, Hash: r.Hash, Redacted: r.redacted()}
	if !a.Redacted {
		a.What = json.RawMessage(r.What)
	}
	if !a.Redacted && !json.Valid(a.What) {
		a.What, _ = json.Marshal(r.What) // a text can always be marshalled
	}
	a.Problem = dialect.Unreadable(dialect.Named{Column: "at", At: &at})
	return a
}

// Log is the audit of a database.
type Log struct {
	db   dialect.Transactions
	sign Signer
}

// New is the audit in db, which deskd writes with that signer.
func New(db dialect.Transactions, sign Signer) Log { return Log{db, sign} }

// Read is for one question to the database that the audit stands in.
func (s Log) Read(ctx context.Context) *gorm.DB { return s.db.Read(ctx) }

type actorKey struct{}

// WithActor names who asks for the changes made with the returned context, for
// the audit: "cli:jane", "daemon". Without a name they are the daemon's.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorOf is who asks for the changes made with ctx: see [WithActor].
func ActorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return cmp.Or(actor, "daemon")
}

// Change is a change of what the audit records: the rows that the triggers write
// on do's behalf get the actor of ctx and verb, and are chained in the same
// transaction. Those that other programs left come before them; when they are
// many, nobody's booking waits for that: the new rows are signed and left behind
// them, for the daemon to chain with the rest.
func (s Log) Change(ctx context.Context, verb string, do func(tx *gorm.DB) error) error {
	return s.db.Change(dialect.WithAudited(ctx), func(tx *gorm.DB) error {
		many, err := waiting(tx, chainBatch)
		if err != nil {
			return err
		}
		if !many {
			if err := s.sign.Chain(tx, "", ""); err != nil {
				return err
			}
		}
		var last int64
		if err := tx.Raw("SELECT coalesce(max(id), 0) FROM audit").Scan(&last).Error; err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		if many {
			return s.sign.leave(tx, last, ActorOf(ctx), verb)
		}
		return s.sign.Chain(tx, ActorOf(ctx), verb)
	})
}

// leave signs the rows after last, for them to be chained later.
func (s Signer) leave(tx *gorm.DB, last int64, actor, verb string) error {
	var rows []Row
	if err := tx.Where("id > ? AND hash = ''", last).Order("id").Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		r.Actor, r.Verb = actor, verb
		err := tx.Exec("UPDATE audit SET actor = ?, verb = ?, proof = ? WHERE id = ?", actor, verb, s.signWaiting(r), r.ID).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// waiting reports whether more than some rows wait to be chained.
func waiting(tx *gorm.DB, some int) (bool, error) {
	var n int64
	err := tx.Raw("SELECT count(*) FROM (SELECT 1 FROM audit WHERE hash = '' LIMIT ?) AS waits", some+1).Scan(&n).Error
	return n > int64(some), err
}

// chainBatch is how many rows are chained in one transaction, some 30 ms. Another
// program may leave a million: chained at once, they would keep the daemon from
// recording its logins.
const chainBatch = 500

// ChainParts chains the rows that wait, in transactions of [chainBatch] rows, and
// returns how many there were.
func (s Log) ChainParts(ctx context.Context) (n int, err error) {
	for {
		if some, err := waiting(s.db.Read(ctx), 0); err != nil || !some {
			return n, err
		}
		if n > 0 {
			if err := dialect.Pause(ctx, dialect.Breath); err != nil {
				return n, err
			}
		}
		chained := 0
		err := s.db.Change(dialect.WithAudited(ctx), func(tx *gorm.DB) (err error) {
			chained, err = s.sign.chainSome(tx, "", "")
			return err
		})
		if n += chained; err != nil {
			return n, err
		}
	}
}

// Chain hashes the rows that have no hash yet, oldest first. With an actor they
// become that actor's, by that verb.
func (s Signer) Chain(tx *gorm.DB, actor, verb string) error {
	for {
		n, err := s.chainSome(tx, actor, verb)
		if err != nil || n < chainBatch {
			return err
		}
	}
}

// chainSome is chain for the first [chainBatch] rows.
func (s Signer) chainSome(tx *gorm.DB, actor, verb string) (int, error) {
	var rows []Row
	err := tx.Where("hash = ''").Order("id").Limit(chainBatch).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	prev, err := hashBefore(tx, rows[0].ID)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		switch r := &rows[i]; {
		case actor != "":
			r.Actor, r.Verb = actor, verb
		case !s.Wrote(*r): // another program has put a name to it
			r.Actor, r.Verb = SQLActor, verbForged
		}
	}
	return len(rows), s.link(tx, rows, prev)
}

// verbForged is the verb of a row that another program has signed with a name.
const verbForged = "forged"

// link stores the hashes of rows that follow prev.
func (s Signer) link(tx *gorm.DB, rows []Row, prev string) error {
	for _, r := range rows {
		r.Digest = r.seal()
		prev = r.sum(prev)
		err := dialect.ExecEach(tx, "UPDATE audit SET actor = ?, verb = ?, digest = ?, hash = ?, proof = ? WHERE id = ?",
			r.Actor, r.Verb, r.Digest, prev, s.Sign(provesChained, prev), r.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// hashBefore is the hash that the row id follows. That of a row someone has
// removed cannot be had: the next older one serves, and the gap shows when the
// chain is verified. A booking is not refused for it.
func hashBefore(tx *gorm.DB, id int64) (string, error) {
	var hash []string
	err := tx.Raw(`SELECT hash FROM audit WHERE id < ? AND hash <> '' ORDER BY id DESC LIMIT 1`, id).Scan(&hash).Error
	if err == nil && len(hash) == 0 {
		err = tx.Raw(`SELECT audit_hash FROM self`).Scan(&hash).Error
	}
	if err != nil || len(hash) == 0 {
		return "", err
	}
	return hash[0], nil
}

// Note puts a deed into the audit that no trigger sees: one that concerns the
// whole database, or one of the brakes. It is signed and chained with the
// transaction's other rows.
func Note(tx *gorm.DB, kind, item string, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return tx.Exec("INSERT INTO audit (verb, kind, item, what) VALUES ('insert', ?, ?, ?)", kind, item, string(text)).Error
}

// Entries returns rows of the audit, newest first. It does not verify them: see
// [Log.Verify].
func (s Log) Entries(ctx context.Context, f reservations.AuditFilter) ([]reservations.AuditEntry, error) {
	q := s.db.Read(ctx).Order("at DESC, id DESC")
	if !f.Since.IsZero() {
		q = q.Where("at >= ?", dialect.Milli{Time: f.Since})
	}
	if !f.Until.IsZero() {
		q = q.Where("at < ?", dialect.Milli{Time: f.Until})
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.Item != "" {
		q = q.Where("item = ?", f.Item)
	}
	if f.Limit > 0 {
		q = q.Limit(f.Limit)
	}
	var rows []Row
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	all := make([]reservations.AuditEntry, len(rows))
	for i, r := range rows {
		all[i] = s.sign.Entry(r)
	}
	return all, nil
}

// hashAt is the hash of a row of the audit by its number, empty when it was pruned.
func hashAt(tx *gorm.DB, id int64) (hash string, err error) {
	err = tx.Raw(`SELECT coalesce((SELECT hash FROM audit WHERE id = @id),
		(SELECT audit_hash FROM self WHERE audit_pruned = @id), '')`, map[string]any{"id": id}).Scan(&hash).Error
	return hash, err
}
