package store

import (
	"context"
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

// ApplyFeed implements [deskd/scheduler/poll.Store]. The time of the change is
// state.Checked. A reservation that a person cancelled stays cancelled, though
// it follows the feed's times. What the change makes room for, in this feed or
// another, is confirmed; nothing of the feed is held any more, unless the state says so. The error is [reservations.ErrNotFound] when a row to
// update has gone in the meantime; the next poll finds a change that fits.
//
// A change of many bookings is made in parts, between which others write: see
// [feedParts]. The feed's state is kept with the last one. So one that was
// interrupted is gone on with by the next poll, which reads the feed once more and
// finds the rest; an answer to it, if it was held, covers that, too.
func (s *Store) ApplyFeed(ctx context.Context, state reservations.FeedState, c reservations.Change, unread []reservations.Problem) ([]reservations.Reservation, error) {
	a := feedChange{source: reservations.FeedSource(state.Name), now: state.Checked, lists: listsOf(state.Name, c.Wait, unread, state.Checked)}
	var parts []reservations.Change
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) (err error) {
		parts, err = feedParts(tx, c)
		return err
	})
	if err == nil {
		err = s.keepLong(ctx, a.lists)
	}
	for i := 0; i < len(parts) && err == nil; i++ {
		if i > 0 {
			if err = dialect.Pause(ctx, dialect.Breath); err != nil {
				break
			}
		}
		err = s.audit.Change(audit.WithActor(ctx, a.source), "apply", func(tx *gorm.DB) error {
			return a.applyPart(tx, state, parts[i], i == len(parts)-1)
		})
	}
	if err == nil {
		err = tables.Settle(audit.WithActor(ctx, a.source), s.audit, "apply", a.now)
	}
	if err != nil {
		return nil, fmt.Errorf("apply feed %q: %w", state.Name, err)
	}
	return a.conflicts, nil
}

// applyPart makes one part of the change, and what goes with the last.
func (a *feedChange) applyPart(tx *gorm.DB, state reservations.FeedState, part reservations.Change, last bool) error {
	before, err := touchedOf(tx, state.Name)
	if err != nil {
		return err
	}
	if err := a.apply(tx, part); err != nil {
		return err
	}
	if last {
		return a.finish(tx, state, before)
	}
	after, err := touchedOf(tx, state.Name)
	a.touched += after - before
	return err
}

// apply makes a part of the change. Drops go, and updates step aside, before
// anything is written: two events that swapped places would otherwise stand in
// each other's way.
func (a *feedChange) apply(tx *gorm.DB, c reservations.Change) error {
	update, err := a.prepare(tx, c)
	if err != nil {
		return err
	}
	if err := a.withdraw(tx, slices.Concat(c.Drop, update)); err != nil {
		return err
	}
	for _, r := range update {
		if err := a.update(tx, r); err != nil {
			return err
		}
	}
	for _, r := range c.Add {
		r.ID, r.Why = "", ""
		if err := a.write(tx, r); err != nil {
			return err
		}
	}
	return tables.Fill(tx, a.freed(c), a.now)
}

// freed are the places from which the bookings of c go.
func (a *feedChange) freed(c reservations.Change) []tables.Place {
	var all []tables.Place
	for _, r := range c.Drop {
		all = append(all, tables.Place{Desk: r.Desk, Span: r.Span.UTC()})
	}
	for _, r := range c.Update {
		if old, ok := a.old[r.ID]; ok {
			all = append(all, tables.Place{Desk: old.Desk, Span: old.Span()})
		}
	}
	return all
}

// finish ends the change: its state is kept.
func (a *feedChange) finish(tx *gorm.DB, state reservations.FeedState, before int) error {
	if state.HeldSeen == 0 {
		if err := tx.Where("feed = ?", state.Name).Delete(&tables.Held{}).Error; err != nil {
			return err
		}
	}
	return a.save(tx, state, before)
}

// feedChange is one application of a feed's change.
type feedChange struct {
	source    string
	now       time.Time
	old       map[string]tables.Reservation // that are replaced, by id
	conflicts []reservations.Reservation
	shortened []reservations.Problem // of events that do not get all of their time
	lists     *feedLists
	touched   int // by how much the parts before have moved the feed's count
}

// prepare returns the updates of c as they can be made.
func (a *feedChange) prepare(tx *gorm.DB, c reservations.Change) ([]reservations.Reservation, error) {
	a.old = make(map[string]tables.Reservation, len(c.Update))
	moving := make(map[string]bool, len(c.Update)+len(c.Drop))
	for _, r := range c.Drop {
		moving[r.ID] = true
	}
	for part := range slices.Chunk(c.Update, 500) {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i], moving[r.ID] = r.ID, true
		}
		var rows []tables.Reservation
		if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, row := range rows {
			a.old[row.ID] = row
		}
	}
	var update []reservations.Reservation
	for _, r := range c.Update {
		r, err := a.shorten(tx, r, moving)
		if err != nil {
			return nil, err
		}
		r.Seen = a.seen(r)
		if old, ok := a.old[r.ID]; !ok || !unchanged(old, r) {
			update = append(update, r)
		}
	}
	return update, nil
}

// seen is since when the booking that r replaces is known for this desk and time;
// zero where it was not.
func (a *feedChange) seen(r reservations.Reservation) time.Time {
	old := a.old[r.ID]
	switch {
	case old.Desk != r.Desk:
		return time.Time{}
	case old.Status == reservations.Confirmed && old.Span().Overlaps(r.Span),
		old.Status == reservations.Conflict && !r.Start.Before(old.StartsAt.Time) && !r.End.After(old.EndsAt.Time):
		return old.Seen.Time
	}
	return time.Time{}
}

func unchanged(old tables.Reservation, r reservations.Reservation) bool {
	return old.Status == reservations.Confirmed && old.Desk == r.Desk && old.Person == r.Person && old.Span().Equal(r.Span) &&
		old.UID == r.UID && old.Occurrence == r.Occurrence && old.Note == r.Note && old.Vouched == r.Vouched
}

// shorten leaves an event that grows into the time of another booking, which stays
// where it is, the part of its new time that it has already.
func (a *feedChange) shorten(tx *gorm.DB, r reservations.Reservation, moving map[string]bool) (reservations.Reservation, error) {
	old := a.old[r.ID]
	r.Span = r.Span.UTC()
	was := old.Span()
	if old.Status != reservations.Confirmed || old.Desk != r.Desk || !was.Overlaps(r.Span) || !r.Start.Before(was.Start) && !r.End.After(was.End) {
		return r, nil
	}
	var others []tables.Reservation
	err := tx.Where("desk = ? AND status = 'confirmed' AND starts_at < ? AND ends_at > ?", r.Desk, dialect.Second{Time: r.End}, dialect.Second{Time: r.Start}).
		Order("starts_at").Find(&others).Error
	others = slices.DeleteFunc(others, func(o tables.Reservation) bool { return moving[o.ID] })
	if err != nil || len(others) == 0 {
		return r, err
	}
	wanted := r.Span
	r.Start, r.End = reservations.Latest(r.Start, was.Start), reservations.Earliest(r.End, was.End)
	a.shortened = append(a.shortened, reservations.Problem{
		Line: r.Line, UID: r.UID, Start: wanted.Start, Note: true,
		What: fmt.Sprintf("desk %q is taken in a part of that time: %s; it stays booked from %s to %s", r.Desk, tables.TakenBy(others[0]).Text,
			r.Start.Format(time.RFC3339), r.End.Format(time.RFC3339)),
		Hint: "move or cancel one of the two",
	})
	return r, nil
}

// withdraw takes rows out of the way, each for the reason it has.
func (a *feedChange) withdraw(tx *gorm.DB, rs []reservations.Reservation) error {
	ids := make(map[string][]string)
	for _, r := range rs {
		ids[r.Why] = append(ids[r.Why], r.ID)
	}
	for why, all := range ids {
		for part := range slices.Chunk(all, 500) {
			err := tx.Model(&tables.Reservation{}).
				Where("id IN ? AND source = ? AND status <> 'cancelled'", part, a.source).
				Updates(map[string]any{"status": reservations.Withdrawn, "why": why, "updated_at": dialect.Milli{Time: a.now}}).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *feedChange) update(tx *gorm.DB, r reservations.Reservation) error {
	old, err := tables.FindReservation(tx, r.ID)
	if err != nil {
		return err
	}
	if old.Status != reservations.Cancelled {
		return a.write(tx, r)
	}
	r.Source, r.Status, r.Span = a.source, reservations.Cancelled, r.Span.UTC()
	return tables.Put(tx, tables.ReservationOf(r, a.now))
}

// write stores r as confirmed, or as a conflict when its desk is taken.
func (a *feedChange) write(tx *gorm.DB, r reservations.Reservation) error {
	r.Source, r.Status, r.Span = a.source, reservations.Confirmed, r.Span.UTC()
	row := tables.ReservationOf(r, a.now)
	err := tables.Put(tx, row)
	if !errors.Is(err, reservations.ErrOverlap) {
		return wrapRow(r, err)
	}
	row.Status, row.Why = reservations.Conflict, tables.WhyTaken(err)
	a.conflicts = append(a.conflicts, row.Decode())
	return wrapRow(r, tables.Put(tx, row))
}

// save keeps the state of a feed that was read when its bookings had been touched so
// often. What the change itself does to them is no reason to read it once more, but
// what it could not give whole is.
func (a *feedChange) save(tx *gorm.DB, state reservations.FeedState, before int) error {
	after, err := touchedOf(tx, state.Name)
	if err != nil {
		return err
	}
	state.Noted += len(a.shortened)
	if err := saveState(tx, state); err != nil {
		return err
	}
	if err := a.lists.keep(tx, a.shortened); err != nil {
		return err
	}
	heeded := state.Touched + a.touched + after - before
	if len(a.shortened) > 0 {
		heeded = -1
	}
	return tx.Model(&feedRow{}).Where("name = ?", state.Name).Updates(map[string]any{"touched": after, "heeded": heeded}).Error
}

// touchedOf is how often the bookings of a feed were touched.
func touchedOf(tx *gorm.DB, name string) (n int, err error) {
	err = tx.Model(&feedRow{}).Where("name = ?", name).Pluck("touched", &n).Error
	return n, err
}

func wrapRow(r reservations.Reservation, err error) error {
	if err != nil {
		return fmt.Errorf("reservation of desk %q at %s (event %q): %w", r.Desk, r.Start.Format(time.RFC3339), r.UID, err)
	}
	return nil
}
