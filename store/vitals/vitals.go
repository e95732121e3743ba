package vitals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"deskd/store/postgres"
)

// Grades of a sign.
const (
	OK    = "ok"
	Odd   = "odd"   // it may go well
	Wrong = "wrong" // a promise of deskd's does not hold
)

// Sign is one thing that was seen. Fix says what to do, and is empty when all is well.
type Sign struct{ Grade, Says, Fix string }

// limits are from when on something is told.
type limits struct {
	transaction time.Duration // a transaction that stays open
	age         int64         // transactions since the oldest row that was not frozen
	free        int           // connections that deskd needs in the worst case
	behind      int64         // bytes that a replica is behind
}

// usual are the limits for everyone. Bookings wait five seconds for another program; at
// 2,000 million transactions a server takes no changes any more.
var usual = limits{transaction: time.Minute, age: 1_000_000_000, free: 10, behind: 16 << 20}

// patient is how long the server may take for all questions.
const patient = 20 * time.Second

// Look looks at the server of the database that dsn names. now is this machine's clock. The
// first sign is what server it is; without others all is well.
func Look(ctx context.Context, dsn string, now func() time.Time) ([]Sign, error) {
	return look(ctx, dsn, now, usual)
}

// visit is one look at a server.
type visit struct {
	conn  *pgx.Conn
	now   func() time.Time
	most  limits
	signs []Sign
	has   settings
}

// settings are those in force, by name.
type settings map[string]string

func look(ctx context.Context, dsn string, now func() time.Time, most limits) (signs []Sign, err error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	config, err := postgres.Reach(dsn)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", err)
	}
	config.RuntimeParams["application_name"] = "deskd doctor"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", postgres.Explain(err))
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	v := &visit{conn: conn, now: now, most: most}
	for _, question := range []func(context.Context) error{
		v.life, v.clock, v.disk, v.standby, v.replicas, v.slots, v.timeouts, v.open, v.frozen, v.connections, v.role, v.key, v.extensions,
	} {
		if err := question(ctx); err != nil {
			return v.signs, fmt.Errorf("look at the server: %w", postgres.Explain(err))
		}
	}
	return v.signs, nil
}

func (v *visit) tell(grade, fix, says string, args ...any) {
	v.signs = append(v.signs, Sign{grade, fmt.Sprintf(says, args...), fix})
}

// scan reads the one row of an answer.
func (v *visit) scan(ctx context.Context, query string, into ...any) error {
	return v.conn.QueryRow(ctx, query).Scan(into...)
}

// each reads the rows of an answer, each of texts.
func (v *visit) each(ctx context.Context, query string, tell func(row []string), args ...any) error {
	rows, err := v.conn.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (row []string, err error) {
		row = make([]string, len(r.RawValues()))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		return row, r.Scan(into...)
	})
	for _, row := range all {
		tell(row)
	}
	return err
}
