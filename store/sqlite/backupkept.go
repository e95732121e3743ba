package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"deskd/store/dialect"
)

// copied is a finished copy, and the file that it is to replace.
type copied struct{ part, to string }

// compare compares the finished copy part with the backup it would replace, and
// with the last one that the marker of the database at path knows. To replace
// something else than a backup of the same database, one that had come further, or
// one that holds far more is an [dialect.ErrKept] without EvenSo; what the copy lacks of
// the last one is told.
func (b *Backed) compare(ctx context.Context, path string, c copied, o BackupOptions) error {
	to := c.to
	fresh, err := standOf(ctx, c.part)
	if err != nil {
		return err
	}
	why := whyKept(ctx, fresh, to)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case why != "" && !o.EvenSo:
		return fmt.Errorf("%w: %s: %s; name another file, or add --even-so to replace it", dialect.ErrKept, to, why)
	case why != "":
		b.Doubts = append(b.Doubts, fmt.Sprintf("%s was replaced: %s", to, why))
	}
	if m, err := readMarker(path); err == nil && m != nil && m.Backup != "" && m.Backup != to {
		if last, err := standOf(ctx, m.Backup); err == nil {
			if why := fresh.worseThan(last); why != "" {
				b.Doubts = append(b.Doubts, fmt.Sprintf("compared with the last backup, %s: %s", m.Backup, why))
			}
		}
	}
	return ctx.Err()
}

// whyKept says why the file at to is not replaced by a fresh backup; empty when nothing
// speaks against it.
func whyKept(ctx context.Context, fresh stand, to string) string {
	if there, err := os.Stat(to); err != nil || there.Size() == 0 {
		return ""
	}
	old, err := standOf(ctx, to)
	if err != nil {
		return fmt.Sprintf("it is no sound backup of this deskd (%v)", err)
	}
	return fresh.worseThan(old)
}

// stand is how far a database has come and what is in it.
type stand struct {
	at    marker
	holds Contents
}

// standOf reads the stand of a backup, which it does not change.
func standOf(ctx context.Context, path string) (s stand, err error) {
	db, err := sql.Open("sqlite", untouched(path))
	if err != nil {
		return s, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	at, _, err := recognise(ctx, db, released)
	switch {
	case err != nil:
		return s, err
	case at == 0:
		return s, errors.New("it is empty")
	}
	if s.at, err = progress(ctx, db, at); err != nil {
		return s, err
	}
	s.holds, err = contents(ctx, db)
	return s, err
}

// worseThan says why a backup with s should not replace one with old: because that
// is another database's, had come further, or holds far more. Far more is more than
// twice as much, and a handful: what retention takes in a day is less.
func (s stand) worseThan(old stand) string {
	switch {
	case s.at.Database != old.at.Database:
		return fmt.Sprintf("it is of another database, with %d desks, %d people and %d reservations", old.holds.Desks, old.holds.People, old.holds.Reservations)
	case s.at.Attempts < old.at.Attempts, s.at.Audit < old.at.Audit:
		return fmt.Sprintf("it had come further: to attempt %d and audit row %d, and this one to %d and %d",
			old.at.Attempts, old.at.Audit, s.at.Attempts, s.at.Audit)
	}
	const handful = 5
	var fewer []string
	for _, c := range []struct {
		what     string
		now, was int64
	}{{"desks", s.holds.Desks, old.holds.Desks}, {"people", s.holds.People, old.holds.People}, {"reservations", s.holds.Reservations, old.holds.Reservations}} {
		if 2*c.now < c.was && c.was-c.now >= handful {
			fewer = append(fewer, fmt.Sprintf("%d %s, and this one %d", c.was, c.what, c.now))
		}
	}
	if len(fewer) == 0 {
		return ""
	}
	return "it holds far more: " + strings.Join(fewer, "; ")
}
