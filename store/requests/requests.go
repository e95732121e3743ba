package requests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// ErrNone says that there is no request of that number.
var ErrNone = errors.New("no such request")

// Box is where requests are left and answered.
type Box struct {
	db    dialect.Transactions
	audit audit.Log
}

// New is the box of a database.
func New(db dialect.Transactions, log audit.Log) Box { return Box{db, log} }

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

type row struct {
	ID         int64 `gorm:"primaryKey"`
	Verb       string
	Arg        string
	AskedAt    dialect.Lenient
	AnsweredAt dialect.Lenient
	Failed     bool
	Result     string
}

func (row) TableName() string { return "requests" }

func (r row) decode() Request {
	return Request{
		ID: r.ID, Verb: r.Verb, Arg: r.Arg, Asked: r.AskedAt.Time,
		Answered: r.AnsweredAt.Time, Failed: r.Failed, Result: r.Result,
		Unreadable: dialect.Unreadable(dialect.Named{Column: "asked_at", At: &r.AskedAt}, dialect.Named{Column: "answered_at", At: &r.AnsweredAt}),
	}
}

// Ask leaves a request for the daemon and returns its number. Requests older
// than a day, and those of no instant, are deleted on the way.
func (s Box) Ask(ctx context.Context, verb, arg string, now time.Time) (int64, error) {
	one := row{Verb: verb, Arg: arg, AskedAt: dialect.Lenient{Time: now}}
	err := s.audit.Change(ctx, "ask", func(tx *gorm.DB) error {
		if err := tx.Where("asked_at < ? OR NOT "+dialect.Of(tx).IsInstant("asked_at"), dialect.Milli{Time: now.Add(-tables.RequestAge)}).Delete(&row{}).Error; err != nil {
			return err
		}
		return tx.Create(&one).Error
	})
	if err != nil {
		return 0, fmt.Errorf("ask the daemon to %s: %w", verb, err)
	}
	return one.ID, nil
}

// Take returns the open requests, oldest first. A request is handed out
// until it is answered, so that a daemon that dies over one meets it again;
// whether it is too old to be carried out is for the daemon to say.
func (s Box) Take(ctx context.Context) ([]Request, error) {
	var rows []row
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

// Answer closes the request of r's number with r's answer: when it was given, its
// result in words, and whether that is a failure. The error is [ErrNone] when no
// open request has that number.
func (s Box) Answer(ctx context.Context, r Request) error {
	err := s.db.Change(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&row{}).Where("id = ? AND answered_at = "+dialect.Of(tx).Never(), r.ID).
			Updates(map[string]any{"result": r.Result, "failed": r.Failed, "answered_at": dialect.Milli{Time: r.Answered}})
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNone
		}
		return done.Error
	})
	if err != nil {
		return fmt.Errorf("answer request %d: %w", r.ID, err)
	}
	return nil
}

// Answered returns a request and whether it has been answered. The error is
// [ErrNone] when there is none of that number.
func (s Box) Answered(ctx context.Context, id int64) (Request, bool, error) {
	var found row
	err := s.db.Read(ctx).Where("id = ?", id).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = ErrNone
	}
	if err != nil {
		return Request{}, false, fmt.Errorf("read request %d: %w", id, err)
	}
	return found.decode(), !found.AnsweredAt.IsZero() || found.AnsweredAt.Bad != "", nil
}
