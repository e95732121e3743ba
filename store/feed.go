package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

type feedRow struct {
	Name         string `gorm:"primaryKey"`
	URL          string
	ETag         string `gorm:"column:etag"`
	LastModified string
	BodyHash     string
	Inputs       string
	Checked      dialect.Lenient
	Changed      dialect.Lenient
	Good         dialect.Lenient
	Failures     int
	Problem      string
	Events       int
	Unread       int
	Kept         int
	Noted        int
	Tentative    int
	HeldSince    dialect.Lenient
	HeldSeen     int
	HeldLoss     int
	HeldGain     int
	HeldRejected bool
	Touched      int
	Heeded       int
}

func (feedRow) TableName() string { return "feeds" }

func feedRowOf(s reservations.FeedState) *feedRow {
	return &feedRow{
		Name: s.Name, URL: s.URL, ETag: s.ETag, LastModified: s.LastModified, BodyHash: s.BodyHash, Inputs: s.Inputs,
		Checked: dialect.Lenient{Time: s.Checked}, Changed: dialect.Lenient{Time: s.Changed}, Good: dialect.Lenient{Time: s.Good},
		Failures: s.Failures, Problem: s.Problem, Events: s.Events, Unread: s.Unread, Kept: s.Kept, Noted: s.Noted, Tentative: s.Tentative,
		HeldSince: dialect.Lenient{Time: s.HeldSince}, HeldSeen: s.HeldSeen, HeldLoss: s.HeldLoss, HeldGain: s.HeldGain, HeldRejected: s.HeldRejected,
	}
}

// decode never fails. A row that another program has spoilt counts as that of a feed
// which has to be read again, whose change is not held any longer than since now;
// the next poll replaces it.
func (r feedRow) decode() reservations.FeedState {
	bad := dialect.Unreadable(dialect.Named{Column: "checked", At: &r.Checked}, dialect.Named{Column: "changed", At: &r.Changed}, dialect.Named{Column: "good", At: &r.Good}, dialect.Named{Column: "held_since", At: &r.HeldSince})
	if bad != "" {
		r.Problem, r.Inputs = unreadableAnd(bad, r.Problem), ""
		r.HeldSince, r.HeldSeen, r.HeldLoss, r.HeldGain = dialect.Lenient{}, 0, 0, 0
	}
	return reservations.FeedState{
		Name: r.Name, URL: r.URL, ETag: r.ETag, LastModified: r.LastModified, BodyHash: r.BodyHash, Inputs: r.Inputs,
		Checked: r.Checked.Time, Changed: r.Changed.Time, Good: r.Good.Time,
		Failures: r.Failures, Problem: r.Problem, Events: r.Events, Unread: r.Unread, Kept: r.Kept, Noted: r.Noted, Tentative: r.Tentative,
		HeldSince: r.HeldSince.Time, HeldSeen: r.HeldSeen, HeldLoss: r.HeldLoss, HeldGain: r.HeldGain, HeldRejected: r.HeldRejected,
		Touched: r.Touched, Stirred: r.Heeded >= 0 && r.Touched != r.Heeded, Shortened: r.Heeded < 0,
	}
}

// saveState keeps s. What has touched the feed's bookings is counted by the database.
func saveState(tx *gorm.DB, s reservations.FeedState) error {
	r := feedRowOf(s)
	return dialect.ExecEach(tx, putState, r.Name, r.URL, r.ETag, r.LastModified, r.BodyHash, r.Inputs, r.Checked, r.Changed, r.Good, r.Failures, r.Problem,
		r.Events, r.Unread, r.Kept, r.Noted, r.Tentative, r.HeldSince, r.HeldSeen, r.HeldLoss, r.HeldGain, r.HeldRejected)
}

// putState has the columns of a state; each poll writes one.
const putState = `INSERT INTO feeds (name, url, etag, last_modified, body_hash, inputs, checked, changed, good, failures, problem,
	events, unread, kept, noted, tentative, held_since, held_seen, held_loss, held_gain, held_rejected)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET url = excluded.url, etag = excluded.etag, last_modified = excluded.last_modified, body_hash = excluded.body_hash,
	inputs = excluded.inputs, checked = excluded.checked, changed = excluded.changed, good = excluded.good, failures = excluded.failures,
	problem = excluded.problem, events = excluded.events, unread = excluded.unread, kept = excluded.kept, noted = excluded.noted,
	tentative = excluded.tentative, held_since = excluded.held_since, held_seen = excluded.held_seen, held_loss = excluded.held_loss,
	held_gain = excluded.held_gain, held_rejected = excluded.held_rejected`

// unreadableAnd puts two troubles into one text.
func unreadableAnd(bad, problem string) string {
	if problem == "" {
		return bad
	}
	return bad + "; " + problem
}

type problemRow struct {
	ID        int64 `gorm:"primaryKey"`
	Feed      string
	Line      int
	UID       string
	StartAt   dialect.Lenient
	What      string
	Hint      string
	Note      bool
	Title     string
	Organizer string
}

func (problemRow) TableName() string { return "feed_problems" }

// FeedStates implements [deskd/scheduler/poll.States].
func (s *Store) FeedStates(ctx context.Context) ([]reservations.FeedState, error) {
	var rows []feedRow
	if err := s.db.Read(ctx).Order("name").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read feed states: %w", err)
	}
	states := make([]reservations.FeedState, len(rows))
	for i, r := range rows {
		states[i] = r.decode()
	}
	return states, nil
}

// FeedState implements [deskd/scheduler/poll.States].
func (s *Store) FeedState(ctx context.Context, name string) (reservations.FeedState, error) {
	var row feedRow
	err := s.db.Read(ctx).Where("name = ?", name).Take(&row).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return reservations.FeedState{Name: name}, nil
	case err != nil:
		return reservations.FeedState{}, fmt.Errorf("read state of feed %q: %w", name, err)
	}
	return row.decode(), nil
}

// SaveFeedState implements [deskd/scheduler/poll.States]. The feed's problems stay.
func (s *Store) SaveFeedState(ctx context.Context, state reservations.FeedState) error {
	err := s.small.change(ctx, func(tx *gorm.DB) error { return saveState(tx, state) })
	if err != nil {
		return fmt.Errorf("record feed %q: %w", state.Name, err)
	}
	return nil
}

// FeedReservations implements [deskd/scheduler/poll.Store].
func (s *Store) FeedReservations(ctx context.Context, source string, span reservations.Span) ([]reservations.Reservation, error) {
	var rows []tables.Reservation
	err := tables.Overlapping(s.db.Read(ctx), span).
		Where("source = ? AND status <> 'withdrawn'", source).Order(tables.CalendarOrder).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read reservations of %s: %w", source, err)
	}
	return tables.Reservations(rows), nil
}

// FeedBooked implements [deskd/scheduler/poll.Store].
func (s *Store) FeedBooked(ctx context.Context, source string) (booked bool, err error) {
	err = s.db.Read(ctx).Raw("SELECT EXISTS (SELECT 1 FROM reservations WHERE source = ?)", source).Scan(&booked).Error
	if err != nil {
		return false, fmt.Errorf("read reservations of %s: %w", source, err)
	}
	return booked, nil
}

// FeedWaiting implements [deskd/scheduler/poll.Store].
func (s *Store) FeedWaiting(ctx context.Context, name string) ([]reservations.Waiting, error) {
	var rows []waitingRow
	if err := s.db.Read(ctx).Where("feed = ?", name).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what waits in feed %q: %w", name, err)
	}
	all := make([]reservations.Waiting, len(rows))
	for i, r := range rows {
		all[i] = reservations.Waiting{Event: r.Event, Span: reservations.Span{Start: r.StartsAt.Time, End: r.EndsAt.Time}, Seen: r.Seen.Time}
	}
	return all, nil
}

// FeedProblems returns what was not understood or resolved in the last good
// state of the feed called name, in the feed's order, and behind that what was
// understood and is told all the same (Note).
func (s *Store) FeedProblems(ctx context.Context, name string) ([]reservations.Problem, error) {
	var rows []problemRow
	if err := s.db.Read(ctx).Where("feed = ?", name).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read problems of feed %q: %w", name, err)
	}
	problems := make([]reservations.Problem, len(rows))
	for i, r := range rows {
		if bad := dialect.Unreadable(dialect.Named{Column: "start_at", At: &r.StartAt}); bad != "" {
			r.What = unreadableAnd(bad, r.What)
		}
		problems[i] = reservations.Problem{Line: r.Line, UID: r.UID, Start: r.StartAt.Time, What: r.What, Hint: r.Hint, Note: r.Note, Title: r.Title, Organizer: r.Organizer}
	}
	return problems, nil
}
