package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// listenWithin bounds how long it takes to begin to listen, and listenAgain is how long
	// after a failure that is tried again: changes are looked for besides.
	listenWithin = 5 * time.Second
	listenAgain  = 5 * time.Second
)

// Listen tells of commits that the audit records, of this process too, as soon as the server
// does (LISTEN), until ctx ends. It is a hint: on a connection that breaks some are lost, and
// several become one. Nil where nothing may be written.
func (s *DB) Listen(ctx context.Context) <-chan struct{} {
	if s.numbers == nil {
		return nil
	}
	hints := make(chan struct{}, 1)
	go s.keepListening(ctx, hints)
	return hints
}

// keepListening listens, again and again, and says when that fails and when it goes on.
func (s *DB) keepListening(ctx context.Context, hints chan<- struct{}) {
	silent := false
	for ctx.Err() == nil {
		err := s.listen(ctx, hints, func() {
			if silent {
				s.log.Info("database tells of changes again")
			}
			silent = false
		})
		if !silent && ctx.Err() == nil {
			s.log.Info("database does not tell of changes: they are looked for each second", slog.Any("err", explain(err)))
		}
		silent = true
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// listen passes on what one connection tells, until it breaks.
func (s *DB) listen(ctx context.Context, hints chan<- struct{}, begun func()) error {
	starting, stop := context.WithTimeout(ctx, listenWithin)
	defer stop()
	config := s.driving.Copy()
	config.RuntimeParams["application_name"] = named("deskd listens")
	config.RuntimeParams["idle_session_timeout"] = "0" // what listens has nothing to say
	conn, err := pgx.ConnectConfig(starting, config)
	if err != nil {
		return err
	}
	defer func() {
		ending, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		_ = conn.Close(ending) // nothing is lost with it
	}()
	if _, err := conn.Exec(starting, "LISTEN deskd"); err != nil {
		return err
	}
	begun()
	for {
		hint(hints) // for what came before the connection listened
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// hint leaves a hint, unless there is one already.
func hint(hints chan<- struct{}) {
	select {
	case hints <- struct{}{}:
	default:
	}
}
