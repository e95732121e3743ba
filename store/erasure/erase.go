package erasure

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Erase removes all that is held about the person with that user id or mail
// address, as [Eraser.Personal] finds them. Their bookings to
// come are cancelled; all their reservations, attempts and rows of the audit lose
// their names, other people's attempts theirs where the words name them, and what
// else names them goes. The audit keeps rows that say how much was removed, under
// names that lead back to no one. In the end the -wal file is emptied, or the error
// is [dialect.ErrLingers]; the erasure is done then.
//
// It is one transaction, unless there is more of them than [erasePart]: then most goes
// in parts before, between which others write. One that is interrupted is called
// again. The person themselves goes last, so that they are still found.
//
// A booking that runs or begins within lead, deskd's own session on a phone and
// an attempt whose outcome is open are a reason not to: the error is a [Obstacles],
// and [reservations.ErrUnknownPerson] when nothing is held.
func (s Eraser) Erase(ctx context.Context, idOrMail string, lead time.Duration, now time.Time) (Erasure, error) {
	if _, err := s.audit.ChainParts(ctx); err != nil {
		return Erasure{}, fmt.Errorf("erase %q: %w", idOrMail, err)
	}
	e, err := s.survey(ctx, idOrMail, lead, now)
	if err == nil {
		err = s.eraseMost(ctx, &e)
	}
	if err == nil {
		err = s.audit.Change(ctx, audit.VerbErase, func(tx *gorm.DB) error {
			// What others have left since stays theirs, and can be redacted only in the chain.
			if err := s.sign.Chain(tx, "", ""); err != nil {
				return err
			}
			if err := e.find(tx); err != nil { // what came since
				return err
			}
			return e.remove(tx)
		})
	}
	if err == nil {
		err = tables.Settle(ctx, s.audit, audit.VerbErase, now)
	}
	if err == nil || errors.Is(err, reservations.ErrUnknownPerson) { // maybe erased by one that was killed here
		err = errors.Join(err, s.db.Scrub(ctx))
	}
	if err != nil {
		return e.Erasure, fmt.Errorf("erase %q: %w", idOrMail, err)
	}
	e.add(e.done)
	return e.Erasure, nil
}

func (e *erasing) remove(tx *gorm.DB) error {
	if err := e.removeBookings(tx); err != nil {
		return err
	}
	for _, step := range []struct {
		statement string
		rows      any
	}{
		{"DELETE FROM observations WHERE device IN ?", e.devices},
		{"UPDATE desks SET owner = '' WHERE owner IN ?", e.ids},
		{"DELETE FROM series WHERE person IN ?", e.ids},
		{"DELETE FROM absences WHERE person IN ?", e.ids},
		{"DELETE FROM person_mail WHERE person IN ?", e.ids},
		{"DELETE FROM person_aliases WHERE person IN ?", e.ids},
		{"DELETE FROM people WHERE id IN ?", e.ids},
	} {
		if err := tx.Exec(step.statement, step.rows).Error; err != nil {
			return err
		}
	}
	// A doubt may name them; the next answer says it again.
	if err := tx.Exec("UPDATE observations SET doubt = '' WHERE doubt <> ''").Error; err != nil {
		return err
	}
	for _, feed := range e.held {
		if err := e.removeFromHeld(tx, feed); err != nil {
			return err
		}
	}
	if err := errors.Join(e.removeTokens(tx), e.removeRows(tx)); err != nil {
		return err
	}
	if err := reword(tx, e.worded); err != nil {
		return err
	}
	if err := e.rewordClosed(tx); err != nil {
		return err
	}
	if err := e.removeFromPlans(tx); err != nil {
		return err
	}
	for _, p := range e.paused {
		by := e.sign.By(p.By, p.Proof, tables.ProvesPause, p.Signed()...)
		p.By, p.Why = e.inElsewhere.replaced(by), e.inElsewhere.replaced(p.Why)
		if err := tx.Save(new(tables.SignPause(e.sign, p))).Error; err != nil {
			return err
		}
	}
	return e.tell(tx)
}

// removeRows removes the rows, or what they say, that name the person by number.
func (e *erasing) removeRows(tx *gorm.DB) error {
	for statement, ids := range map[string][]int64{
		blankAttempts: e.attempts,
		"DELETE FROM feed_problems WHERE id IN @rows": e.problems,
		"DELETE FROM requests WHERE id IN @rows":      e.requests,
	} {
		for part := range slices.Chunk(ids, dialect.MostParameters) {
			if err := tx.Exec(statement, map[string]any{"rows": part}).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

// removeBookings cancels the bookings to come, which lets others have the desks,
// and takes the names out of all.
func (e *erasing) removeBookings(tx *gorm.DB) error {
	if err := e.cancel(tx, e.Cancelled); err != nil {
		return err
	}
	// What that has left in the audit has the ids of their bookings, which lead to
	// nobody once the names are out, and may name them themselves.
	if err := e.sign.Chain(tx, audit.ActorOf(tx.Statement.Context), audit.VerbErase); err != nil {
		return err
	}
	if err := e.findAudit(tx); err != nil {
		return err
	}
	for _, id := range e.told { // who waited for a desk of theirs was told so
		if err := tx.Exec("UPDATE reservations SET why = '' WHERE id = ?", id).Error; err != nil {
			return err
		}
	}
	var ids []string
	if err := tx.Raw("SELECT id FROM reservations WHERE person IN ?", e.ids).Scan(&ids).Error; err != nil {
		return err
	}
	_, err := blank(tx, ids, "", map[string]any{"now": dialect.Milli{Time: e.now}})
	return err
}

// cancel takes back bookings of theirs, and gives others their desks.
func (e *erasing) cancel(tx *gorm.DB, booked []reservations.Reservation) error {
	ids, freed := make([]string, len(booked)), make([]tables.Place, len(booked))
	for i, r := range booked {
		ids[i], freed[i] = r.ID, tables.Place{Desk: r.Desk, Span: r.Span, Of: i}
	}
	err := tx.Model(&tables.Reservation{}).Where("id IN ? AND status IN ('confirmed', 'conflict')", ids).
		Updates(map[string]any{"status": reservations.Cancelled, "updated_at": dialect.Milli{Time: e.now}}).Error
	if err != nil {
		return err
	}
	return tables.Fill(tx, freed, e.now)
}

// removeFromHeld takes their bookings out of the held change of a feed. The
// question stays, and what a person has said to it: it is about others, too, whose
// bookings would go if a rejection were forgotten.
func (e *erasing) removeFromHeld(tx *gorm.DB, feed string) error {
	h, err := tables.HeldOf(e.sign, tx, feed)
	if err != nil {
		return err
	}
	theirs := func(r reservations.Reservation) bool {
		return slices.ContainsFunc(e.ids, func(id string) bool { return reservations.SamePerson(r.Person, id) })
	}
	for _, part := range []*[]reservations.Reservation{&h.Change.Add, &h.Change.Update, &h.Change.Drop} {
		*part = slices.DeleteFunc(*part, theirs)
	}
	text, err := json.Marshal(h.Change)
	if err != nil {
		return err
	}
	held := tx.Model(&tables.Held{}).Where("feed = ?", feed)
	if !h.Any() || e.inElsewhere.in(string(text)) {
		return held.Delete(&tables.Held{}).Error
	}
	row := tables.Held{ID: h.ID(), Answer: h.Answer, AnsweredAt: dialect.Lenient{Time: h.At}}
	return held.Updates(map[string]any{"id": h.ID(), "change": string(text), "by": h.By,
		"proof": e.sign.Sign(tables.ProvesAnswer, append(row.Signed(), h.By)...)}).Error
}

// tell redacts the audit, with the rows that the removal itself has left, and
// writes down that it did.
func (e *erasing) tell(tx *gorm.DB) error {
	if err := e.sign.Chain(tx, audit.ActorOf(tx.Statement.Context), audit.VerbErase); err != nil {
		return err
	}
	if err := e.findAudit(tx); err != nil {
		return err
	}
	n, err := audit.Redact(tx, e.audit)
	if err != nil {
		return err
	}
	e.Audit = n
	return audit.Note(tx, "person", pseudonym(), map[string]any{"is": map[string]int{
		"cancelled": len(e.Cancelled), "reservations": e.Reservations, "attempts": e.Attempts, "mentions": e.Mentions,
		"redacted": e.Audit, "phones": e.Phones, "elsewhere": e.Problems,
	}})
}

// pseudonym is a name that leads to nobody.
func pseudonym() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return "erased-" + hex.EncodeToString(b[:])
}
