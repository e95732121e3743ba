package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// bookedFeeds asks for the sources of the reservations that feeds have booked, one seek
// each; see [distinct]. ";" follows ":".
const bookedFeeds = `WITH RECURSIVE named(name) AS (
    SELECT min(source) FROM reservations WHERE source > @prefix AND source < 'feed;'
    UNION ALL
    SELECT (SELECT min(source) FROM reservations WHERE source > named.name AND source < 'feed;') FROM named WHERE named.name IS NOT NULL)
SELECT name FROM named WHERE name IS NOT NULL`

// BookedByFeeds counts what each feed has booked that is not over at now, by the
// names of the feeds. Those of but are left out, and cost nothing.
func (s *Store) BookedByFeeds(ctx context.Context, now time.Time, but ...string) ([]reservations.FeedBookings, error) {
	prefix := reservations.FeedSource("")
	var sources []string
	if err := s.db.Read(ctx).Raw(bookedFeeds, map[string]any{"prefix": prefix}).Scan(&sources).Error; err != nil {
		return nil, fmt.Errorf("find the feeds of bookings: %w", err)
	}
	sources = slices.DeleteFunc(sources, func(source string) bool { return slices.Contains(but, strings.TrimPrefix(source, prefix)) })
	all := make([]reservations.FeedBookings, 0, len(sources))
	if len(sources) == 0 {
		return all, nil
	}
	var rows []struct {
		Source            string
		Bookings, Running int
		Until             dialect.Second
	}
	err := s.db.Read(ctx).Model(&tables.Reservation{}).
		Select("source, count(*) AS bookings, count(*) FILTER (WHERE status = 'confirmed' AND starts_at <= ?) AS running, max(ends_at) AS until", dialect.Second{Time: now}).
		Where("source IN ? AND ends_at > ? AND status IN ('confirmed', 'conflict')", sources, dialect.Second{Time: now}).
		Group("source").Order("source").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count the bookings of feeds: %w", err)
	}
	for _, r := range rows {
		all = append(all, reservations.FeedBookings{Feed: strings.TrimPrefix(r.Source, prefix), Bookings: r.Bookings, Running: r.Running, Until: r.Until.Time})
	}
	return all, nil
}

// feedBatch bounds the rows of one transaction on a feed's bookings: others book
// meanwhile.
const feedBatch = 100

// DropFeed withdraws the bookings of the feed called name that begin after now,
// with running also those that are not over, and forgets its state. It returns
// how many bookings there were. It works in short transactions: one that was
// interrupted is called again.
func (s *Store) DropFeed(ctx context.Context, name string, running bool, now time.Time) (dropped int, err error) {
	edge := "starts_at > ?"
	if running {
		edge = "ends_at > ?"
	}
	source := reservations.FeedSource(name)
	for more := true; more && err == nil; {
		err = s.audit.Change(ctx, "drop", func(tx *gorm.DB) error {
			var rows []tables.Reservation
			err := tx.Where("source = ? AND status IN ('confirmed', 'conflict') AND "+edge, source, dialect.Second{Time: now}).
				Order("id").Limit(feedBatch).Find(&rows).Error
			if err != nil {
				return err
			}
			if more = len(rows) > 0; !more {
				return s.forgetFeed(tx, name, dropped)
			}
			dropped += len(rows)
			return withdraw(tx, rows, now)
		})
		if more && err == nil {
			err = dialect.Pause(ctx, dialect.Breath)
		}
	}
	if err == nil {
		err = tables.Settle(ctx, s.audit, "drop", now)
	}
	if err != nil {
		return dropped, fmt.Errorf("drop feed %q: %w", name, err)
	}
	return dropped, nil
}

// withdraw withdraws reservations, and gives their places to those that wait for them.
func withdraw(tx *gorm.DB, rows []tables.Reservation, now time.Time) error {
	ids, freed := make([]string, len(rows)), make([]tables.Place, len(rows))
	for i, r := range rows {
		ids[i], freed[i] = r.ID, tables.Place{Desk: r.Desk, Span: r.Span(), Of: i}
	}
	err := tx.Model(&tables.Reservation{}).Where("id IN ?", ids).
		Updates(map[string]any{"status": reservations.Withdrawn, "updated_at": dialect.Milli{Time: now}}).Error
	if err != nil {
		return err
	}
	return tables.Fill(tx, freed, now)
}

// forgetFeed ends a drop: the feed's state goes.
func (s *Store) forgetFeed(tx *gorm.DB, name string, dropped int) error {
	if err := tx.Exec("DELETE FROM closures WHERE feed = ?", name).Error; err != nil { // its holidays
		return err
	}
	if err := tx.Where("feed = ?", name).Delete(&tables.Held{}).Error; err != nil {
		return err
	}
	if err := tx.Where("feed = ?", name).Delete(&waitingRow{}).Error; err != nil {
		return err
	}
	if err := tx.Where("name = ?", name).Delete(&feedRow{}).Error; err != nil { // and its problems with it
		return err
	}
	return audit.Note(tx, "feed", name, map[string]any{"is": map[string]any{"dropped": dropped}})
}

// Renamed counts what [Store.RenameFeed] has carried over.
type Renamed struct {
	Moved  int `json:"moved"`  // bookings that are the new feed's now
	Merged int `json:"merged"` // of those, bookings that the new feed had read already
}

// FeedRename gives the feed From the name To, and with it the bookings that end after
// Since.
type FeedRename struct {
	From, To string
	Since    time.Time
}

// RenameFeed carries a feed's bookings over to its new name, and likewise its state,
// unless a feed of that name was read already. A booking that this one has read, too,
// is one with the older row, which keeps its id and with it its session; where a person
// had cancelled that, it stays cancelled. It works in short transactions: one that was
// interrupted is called again.
func (s *Store) RenameFeed(ctx context.Context, r FeedRename, now time.Time) (done Renamed, err error) {
	m := feedMove{from: reservations.FeedSource(r.From), to: reservations.FeedSource(r.To), since: r.Since, now: now}
	for more := true; more && err == nil; {
		err = s.audit.Change(ctx, "rename", func(tx *gorm.DB) error {
			before := m.done
			n, err := m.batch(tx)
			if err != nil {
				m.done = before
				return err
			}
			if more = n == feedBatch; more {
				return nil
			}
			if err := moveFeed(tx, r.From, r.To); err != nil {
				return err
			}
			return audit.Note(tx, "feed", r.From, map[string]any{"is": map[string]any{"name": r.To, "moved": m.done.Moved, "merged": m.done.Merged}})
		})
	}
	if err == nil {
		err = tables.Settle(ctx, s.audit, "rename", now)
	}
	if err != nil {
		return m.done, fmt.Errorf("rename feed %q to %q: %w", r.From, r.To, err)
	}
	return m.done, nil
}

// feedMove is a rename of a feed on its way.
type feedMove struct {
	from, to   string // sources
	since, now time.Time
	done       Renamed
}

// batch carries some rows over and returns how many.
func (m *feedMove) batch(tx *gorm.DB) (int, error) {
	var rows []tables.Reservation
	err := tx.Where("source = ? AND ends_at > ? AND status <> 'withdrawn'", m.from, dialect.Second{Time: m.since}).
		Order("ends_at, id").Limit(feedBatch).Find(&rows).Error
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		if err := m.move(tx, r); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// move carries r over, together with the row of the same booking that the new
// feed has, if any: what that says is newer.
func (m *feedMove) move(tx *gorm.DB, r tables.Reservation) error {
	twin, err := m.twin(tx, r)
	if err != nil {
		return err
	}
	was := r.Span()
	r.Source, r.Updated = m.to, dialect.Milli{Time: m.now}
	m.done.Moved++
	if twin.ID != "" {
		m.done.Merged++
		if r.Status == reservations.Conflict {
			r.Status = twin.Status
		}
		r.Person, r.StartsAt, r.EndsAt = cmp.Or(twin.Person, r.Person), twin.StartsAt, twin.EndsAt // who is not understood stays
		r.UID, r.Occurrence, r.Line, r.Note, r.Vouched = twin.UID, twin.Occurrence, twin.Line, twin.Note, twin.Vouched
		r.Seen.Time = reservations.Earliest(r.Seen.Time, twin.Seen.Time)
		twin.Status, twin.Updated = reservations.Withdrawn, dialect.Milli{Time: m.now}
		if err := tx.Save(&twin).Error; err != nil {
			return err
		}
	}
	err = tables.Put(tx, r)
	if errors.Is(err, reservations.ErrOverlap) && was.Overlaps(r.Span()) { // it keeps what it has of its new time
		r.StartsAt.Time, r.EndsAt.Time = reservations.Latest(was.Start, r.StartsAt.Time), reservations.Earliest(was.End, r.EndsAt.Time)
		err = tables.Put(tx, r)
	}
	if errors.Is(err, reservations.ErrOverlap) { // what the new feed says now is in another's way
		r.Status, r.Why = reservations.Conflict, tables.WhyTaken(err)
		err = tables.Put(tx, r)
	}
	return err
}

// twin is the new feed's row of the booking r: the same desk, person and times,
// or else the same event at the same desk. It is the zero row when there is none.
func (m *feedMove) twin(tx *gorm.DB, r tables.Reservation) (tables.Reservation, error) {
	var twins []tables.Reservation
	err := tx.Where("source = ? AND status <> 'withdrawn' AND desk = ?", m.to, r.Desk).
		Where("person = ? AND starts_at = ? AND ends_at = ? OR uid <> '' AND uid = ? AND occurrence = ? AND ends_at > ?",
			r.Person, r.StartsAt, r.EndsAt, r.UID, r.Occurrence, dialect.Second{Time: m.now}).
		Order("id").Find(&twins).Error
	if err != nil || len(twins) == 0 {
		return tables.Reservation{}, err
	}
	same := func(t tables.Reservation) bool {
		return t.StartsAt.Equal(r.StartsAt.Time) && t.EndsAt.Equal(r.EndsAt.Time) && reservations.SamePerson(t.Person, r.Person)
	}
	if i := slices.IndexFunc(twins, same); i >= 0 {
		return twins[i], nil
	}
	return twins[0], nil
}

// moveFeed gives the holidays and the state of a feed another name.
func moveFeed(tx *gorm.DB, from, to string) error {
	if err := tx.Exec("UPDATE closures SET feed = ? WHERE feed = ?", to, from).Error; err != nil {
		return err
	}
	return moveFeedState(tx, from, to)
}

// moveFeedState gives the state of a feed another name. Where the new feed has one
// already, the old one goes. Either way its next poll reads everything: what was
// carried over has to be compared with it.
func moveFeedState(tx *gorm.DB, from, to string) error {
	var states []feedRow
	if err := tx.Where("name IN ?", []string{from, to}).Find(&states).Error; err != nil {
		return err
	}
	known := make(map[string]feedRow, len(states))
	for _, s := range states {
		known[s.Name] = s
	}
	state, read := known[to]
	if old, ok := known[from]; ok && !read {
		state, state.Name = old, to
	}
	if state.Name == "" {
		return nil // neither was ever fetched
	}
	state.ETag, state.LastModified, state.BodyHash, state.Inputs = "", "", "", ""
	if err := tables.Replace(tx, &state); err != nil {
		return err
	}
	if !read {
		if err := tx.Model(&problemRow{}).Where("feed = ?", from).Update("feed", to).Error; err != nil {
			return err
		}
		if err := tx.Model(&tables.Held{}).Where("feed = ?", from).Update("feed", to).Error; err != nil {
			return err
		}
		if err := tx.Model(&waitingRow{}).Where("feed = ?", from).Update("feed", to).Error; err != nil {
			return err
		}
	}
	if err := tx.Where("feed = ?", from).Delete(&waitingRow{}).Error; err != nil {
		return err
	}
	if err := tx.Where("feed = ?", from).Delete(&tables.Held{}).Error; err != nil {
		return err
	}
	return tx.Where("name = ?", from).Delete(&feedRow{}).Error
}
