package transfer

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// ErrDiffers says that what was read back is not what was moved. Nothing was committed.
var ErrDiffers = errors.New("the copy is not like the source")

// Moved is a table that was moved.
type Moved struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Report is what a move has done, and proven.
type Report struct {
	Tables []Moved `json:"tables"`
	// Audit is what a verification says of the copy, and says of the source, too.
	Audit audit.Report `json:"audit"`
	// Replaced are texts with letters that a server cannot hold: they have U+FFFD there.
	Replaced []Place `json:"replaced,omitempty"`
	// Left are tables that are not deskd's, and stay where they are.
	Left []string `json:"left,omitempty"`
}

// Rows is how many there are in all tables.
func (r Report) Rows() (n int64) {
	for _, t := range r.Tables {
		n += t.Rows
	}
	return n
}

// pair are a source, and the copy that was made of it.
type pair struct {
	source, copied base
	tables         []table
	numbered       []string // tables whose numbers must go on where they were
}

// prove compares the two: row by row, the numbers given, and what a verification says.
func (p pair) prove(ctx context.Context, r *Report) error {
	for _, t := range p.tables {
		n, err := p.compare(ctx, t)
		if err != nil {
			return err
		}
		r.Tables = append(r.Tables, Moved{t.name, n})
	}
	for _, name := range p.numbered {
		want, err := numberedIn(p.source.tx.WithContext(ctx), name)
		if err != nil {
			return err
		}
		is, err := numberedIn(p.copied.tx.WithContext(ctx), name)
		if err != nil {
			return err
		}
		if want != is {
			return fmt.Errorf("%w: table %s has given numbers up to %d, and the copy up to %d", ErrDiffers, name, want, is)
		}
	}
	return p.audits(ctx, r)
}

// compare compares a table row by row, and returns how many there are.
func (p pair) compare(ctx context.Context, t table) (n int64, err error) {
	source := p.source
	if source.told != nil { // it was told when the row was moved
		source.told = func(Place) {}
	}
	want, err := source.open(ctx, t)
	if err != nil {
		return 0, err
	}
	defer want.close()
	is, err := p.copied.open(ctx, t)
	if err != nil {
		return 0, err
	}
	defer is.close()
	for ; ; n++ {
		a, err := want.next()
		if err != nil {
			return n, err
		}
		b, err := is.next()
		if err != nil {
			return n, err
		}
		if a == nil && b == nil {
			return n, ctx.Err()
		}
		if how := differ(t, a, b); how != "" {
			return n, fmt.Errorf("%w: table %s, %s", ErrDiffers, t.name, how)
		}
	}
}

// differ says how two rows differ that should be the same; it is empty when they are.
func differ(t table, want, is []any) string {
	switch {
	case is == nil:
		return fmt.Sprintf("row %s is missing", rowName(t, want))
	case want == nil:
		return fmt.Sprintf("row %s is too many", rowName(t, is))
	}
	for i, c := range t.columns {
		if !equal(want[i], is[i]) {
			return fmt.Sprintf("row %s: column %s is %.80s and was %.80s", rowName(t, want), c.name, spelled(is[i]), spelled(want[i]))
		}
	}
	return ""
}

// audits verifies the audit of both: whatever is said of the source, its faults included, is
// said of the copy.
func (p pair) audits(ctx context.Context, r *Report) error {
	want, err := p.source.verify(ctx)
	if err != nil {
		return err
	}
	if r.Audit, err = p.copied.verify(ctx); err != nil {
		return err
	}
	if !reflect.DeepEqual(want, r.Audit) {
		return fmt.Errorf("%w: a verification of the audit says %+v, and of the source %+v", ErrDiffers, r.Audit, want)
	}
	return nil
}

func (b base) verify(ctx context.Context) (audit.Report, error) {
	return audit.New(within{b.tx}, audit.Signer{Key: b.key}).Verify(ctx, nil)
}

// numberedIn is the highest number that a table has given.
func numberedIn(tx *gorm.DB, name string) (int64, error) {
	n, err := dialect.Of(tx).Numbered(tx, name)
	if err != nil {
		return 0, fmt.Errorf("ask which numbers table %s has given: %w", name, err)
	}
	return n, nil
}

// within is a transaction that is under way, as an audit asks for one.
type within struct{ tx *gorm.DB }

// Read implements [dialect.Transactions].
func (w within) Read(ctx context.Context) *gorm.DB { return w.tx.WithContext(ctx) }

// Snapshot implements [dialect.Transactions]: the transaction is one already.
func (w within) Snapshot(ctx context.Context, do func(tx *gorm.DB) error) error {
	return do(w.Read(ctx))
}

// Change implements [dialect.Transactions]: a proof writes nothing.
func (w within) Change(context.Context, func(tx *gorm.DB) error) error { return dialect.ErrReadOnly }
