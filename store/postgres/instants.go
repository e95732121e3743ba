package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"deskd/store/dialect"
)

// withInstants teaches a connection the instants of package dialect: those that are not
// there are -infinity, and all are read in UTC.
func withInstants(_ context.Context, conn *pgx.Conn) error { //nolint:unparam // one of those that are done to a new connection
	types := conn.TypeMap()
	types.RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapInstant}, types.TryWrapEncodePlanFuncs...)
	return nil
}

func wrapInstant(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	if i, ok := instantOf(value); ok {
		return &instantPlan{}, i, true
	}
	return nil, nil, false
}

// instant is one as pgx takes it.
type instant struct{ time.Time }

// instantOf cuts off what its column does not keep: a server would round.
func instantOf(value any) (instant, bool) {
	switch v := value.(type) {
	case dialect.Second:
		return instant{v.Truncate(time.Second)}, true
	case dialect.Milli:
		return instant{v.Truncate(time.Millisecond)}, true
	case dialect.Lenient:
		return instant{v.Truncate(time.Millisecond)}, true
	}
	return instant{}, false
}

// TimestamptzValue implements [pgtype.TimestamptzValuer].
func (i instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	if i.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, nil
	}
	return pgtype.Timestamptz{Time: i.UTC(), Valid: true}, nil
}

// instantPlan encodes what [wrapInstant] wraps.
type instantPlan struct{ next pgtype.EncodePlan }

// SetNext implements [pgtype.WrappedEncodePlanNextSetter].
func (p *instantPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

// Encode implements [pgtype.EncodePlan].
func (p *instantPlan) Encode(value any, buf []byte) ([]byte, error) {
	i, ok := instantOf(value)
	if !ok {
		return nil, fmt.Errorf("%T is no instant", value)
	}
	return p.next.Encode(i, buf)
}
