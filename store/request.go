package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/tables"
)

// Request is what the command line asks of the running daemon, and its answer.
type Request struct {
	ID        int64
	Verb, Arg string
	Asked     time.Time
	Answered  time.Time // zero while open
	Failed    bool
	Result    string
	// Unreadable says what another program has written so that it cannot be read;
	// such a request is not carried out.
	Unreadable string
}

type requestRow struct {
	ID         int64 `gorm:"primaryKey"`
	Verb       string
	Arg        string
	AskedAt    dialect.Lenient
	AnsweredAt dialect.Lenient
	Failed     bool
	Result     string
}

func (requestRow) TableName() string { return "requests" }

func (r requestRow) decode() Request {
	return Request{
		ID: r.ID, Verb: r.Verb, Arg: r.Arg, Asked: r.AskedAt.Time,
		Answered: r.AnsweredAt.Time, Failed: r.Failed, Result: r.Result,
		Unreadable: dialect.Unreadable(dialect.Named{Column: "asked_at", At: &r.AskedAt}, dialect.Named{Column: "answered_at", At: &r.AnsweredAt}),
	}
}

// Ask leaves a request for the daemon and returns its number. Requests older
// than a day, and those of no instant, are deleted on the way.
func (s *Store) Ask(ctx context.Context, verb, arg string, now time.Time) (int64, error) {
	row := requestRow{Verb: verb, Arg: arg, AskedAt: dialect.Lenient{Time: now}}
	err := s.audit.Change(ctx, "ask", func(tx *gorm.DB) error {
		if err := tx.Where("asked_at < ? OR NOT "+dialect.Of(tx).IsInstant("asked_at"), dialect.Milli{Time: now.Add(-tables.RequestAge)}).Delete(&requestRow{}).Error; err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return 0, fmt.Errorf("ask the daemon to %s: %w", verb, err)
	}
	return row.ID, nil
}

// TakeRequests returns the open requests, oldest first. A request is handed out
// until it is answered, so that a daemon that dies over one meets it again;
// whether it is too old to be carried out is for the daemon to say.
func (s *Store) TakeRequests(ctx context.Context) ([]Request, error) {
	var rows []requestRow
	db := s.db.Read(ctx)
	if err := db.Where("answered_at = " + dialect.Of(db).Never()).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read requests: %w", err)
	}
	open := make([]Request, len(rows))
	for i, r := range rows {
		open[i] = r.decode()
	}
	return open, nil
}

// AnswerRequest closes the request of r's number with r's answer: when it was given, its
// result in words, and whether that is a failure. The error is [ErrNoRequest] when no
// open request has that number.
func (s *Store) AnswerRequest(ctx context.Context, r Request) error {
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&requestRow{}).Where("id = ? AND answered_at = "+dialect.Of(tx).Never(), r.ID).
			Updates(map[string]any{"result": r.Result, "failed": r.Failed, "answered_at": dialect.Milli{Time: r.Answered}})
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNoRequest
		}
		return done.Error
	})
	if err != nil {
		return fmt.Errorf("answer request %d: %w", r.ID, err)
	}
	return nil
}

// Answer returns a request and whether it has been answered. The error is
// [ErrNoRequest] when there is none of that number.
func (s *Store) Answer(ctx context.Context, id int64) (Request, bool, error) {
	var row requestRow
	err := s.db.Read(ctx).Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = ErrNoRequest
	}
	if err != nil {
		return Request{}, false, fmt.Errorf("read request %d: %w", id, err)
	}
	return row.decode(), !row.AnsweredAt.IsZero() || row.AnsweredAt.Bad != "", nil
}
