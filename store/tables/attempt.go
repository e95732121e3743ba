package tables

import (
	"fmt"

	"gorm.io/gorm"

	"deskd/scheduler/plan"
	"deskd/store/dialect"
)

// Attempt is a row of the journal.
type Attempt struct {
	ID          int64 `gorm:"primaryKey"`
	Cluster     string
	Op          plan.Op
	Desk        string
	Device      string
	Person      string
	Profile     string
	Reservation string
	FromAt      dialect.Lenient
	UntilAt     dialect.Lenient
	ThroughAt   dialect.Lenient
	StaysAt     dialect.Lenient
	ReleaseAt   dialect.Lenient
	KnownAt     dialect.Lenient
	Cause       plan.Cause
	Why         string
	DueAt       dialect.Lenient
	NotBefore   dialect.Lenient
	Outcome     plan.Outcome
	Code        int
	Class       plan.Class
	Error       string
	BeganAt     dialect.Lenient
	EndedAt     dialect.Lenient
	VerifiedAt  dialect.Lenient
	CallList    string
	Anonymised  bool
}

// TableName implements gorm's Tabler.
func (Attempt) TableName() string { return "attempts" }

// AttemptOf is the row of a.
func AttemptOf(a plan.Attempt) Attempt {
	return Attempt{
		ID: a.ID, Cluster: a.Cluster, Op: a.Op,
		Desk: a.Desk, Device: a.Device, Person: a.Person, Profile: a.Profile, Reservation: a.Reservation,
		FromAt: dialect.Lenient{Time: a.From}, UntilAt: dialect.Lenient{Time: a.Until}, ThroughAt: dialect.Lenient{Time: a.Through}, StaysAt: dialect.Lenient{Time: a.Stays}, ReleaseAt: dialect.Lenient{Time: a.Release}, KnownAt: dialect.Lenient{Time: a.Known},
		Cause: a.Cause, Why: a.Why, DueAt: dialect.Lenient{Time: a.Due}, NotBefore: dialect.Lenient{Time: a.NotBefore},
		Outcome: a.Outcome, Code: a.Code, Class: a.Class, Error: a.Error,
		BeganAt: dialect.Lenient{Time: a.Began}, EndedAt: dialect.Lenient{Time: a.Ended}, VerifiedAt: dialect.Lenient{Time: a.Verified}, CallList: a.CallList, Anonymised: a.Anonymised,
	}
}

// unreadable says what of r cannot be read.
func (r *Attempt) unreadable() string {
	return dialect.Unreadable(
		dialect.Named{Column: "from_at", At: &r.FromAt}, dialect.Named{Column: "until_at", At: &r.UntilAt}, dialect.Named{Column: "through_at", At: &r.ThroughAt}, dialect.Named{Column: "stays_at", At: &r.StaysAt},
		dialect.Named{Column: "release_at", At: &r.ReleaseAt}, dialect.Named{Column: "known_at", At: &r.KnownAt}, dialect.Named{Column: "due_at", At: &r.DueAt}, dialect.Named{Column: "not_before", At: &r.NotBefore},
		dialect.Named{Column: "began_at", At: &r.BeganAt}, dialect.Named{Column: "ended_at", At: &r.EndedAt}, dialect.Named{Column: "verified_at", At: &r.VerifiedAt})
}

// Decode is the attempt that r stands for. What cannot be read is the zero time.
func (r *Attempt) Decode() plan.Attempt {
	return plan.Attempt{
		ID: r.ID, Cluster: r.Cluster,
		Step: plan.Step{
			Op: r.Op,
			Login: plan.Login{
				Desk: r.Desk, Device: r.Device, Person: r.Person, Profile: r.Profile, Reservation: r.Reservation,
				From: r.FromAt.Time, Until: r.UntilAt.Time, Through: r.ThroughAt.Time, Stays: r.StaysAt.Time, Release: r.ReleaseAt.Time, Known: r.KnownAt.Time,
			},
			Cause: r.Cause, Why: r.Why, Due: r.DueAt.Time, NotBefore: r.NotBefore.Time,
		},
		Outcome: r.Outcome, Code: r.Code, Class: r.Class, Error: r.Error,
		Began: r.BeganAt.Time, Ended: r.EndedAt.Time, Verified: r.VerifiedAt.Time, CallList: r.CallList, Anonymised: r.Anonymised,
	}
}

// Attempts reads what people are shown.
func Attempts(q *gorm.DB) ([]plan.Attempt, error) {
	all := []plan.Attempt{}
	err := EachAttempt(q, ForDisplay(func(a plan.Attempt) bool {
		all = append(all, a)
		return true
	}))
	return all, err
}

// ForDisplay is take for what people are shown: a row that cannot be read says so as its
// error.
func ForDisplay(take func(plan.Attempt) bool) func(plan.Attempt, string) bool {
	return func(a plan.Attempt, unreadable string) bool {
		if unreadable != "" {
			a.Error = unreadable
		}
		return take(a)
	}
}

// ReadableAttempts reads attempts for those who act on them: a row that cannot be read is not
// among them, so that its session counts as nobody's, and is left alone.
func ReadableAttempts(q *gorm.DB) ([]plan.Attempt, error) {
	all := []plan.Attempt{}
	err := EachAttempt(q, func(a plan.Attempt, unreadable string) bool {
		if unreadable == "" {
			all = append(all, a)
		}
		return true
	})
	return all, err
}

// EachAttempt reads without gorm's scanner, which makes all rows before the first
// can be used: a journal may have a hundred thousand attempts of one day. It ends
// when take answers false.
func EachAttempt(q *gorm.DB, take func(a plan.Attempt, unreadable string) bool) error {
	if err := scanAttempts(q, take); err != nil {
		return fmt.Errorf("read attempts: %w", dialect.Translate(q, err))
	}
	return nil
}

func scanAttempts(q *gorm.DB, take func(a plan.Attempt, unreadable string) bool) error {
	rows, err := q.Model(&Attempt{}).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var r Attempt
	fields := r.fields()
	into := make([]any, len(columns))
	for i, c := range columns {
		if into[i] = fields[c]; into[i] == nil {
			return fmt.Errorf("column %q is not known", c)
		}
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if !take(r.Decode(), r.unreadable()) {
			return nil
		}
	}
	return rows.Err()
}

// fields are those of r by column.
func (r *Attempt) fields() map[string]any {
	return map[string]any{
		"id": &r.ID, "cluster": &r.Cluster, "op": &r.Op, "desk": &r.Desk, "device": &r.Device, "person": &r.Person, "profile": &r.Profile,
		"reservation": &r.Reservation, "from_at": &r.FromAt, "until_at": &r.UntilAt, "through_at": &r.ThroughAt, "stays_at": &r.StaysAt,
		"release_at": &r.ReleaseAt, "known_at": &r.KnownAt, "cause": &r.Cause, "why": &r.Why, "due_at": &r.DueAt, "not_before": &r.NotBefore,
		"outcome": &r.Outcome, "code": &r.Code, "class": &r.Class, "error": &r.Error, "began_at": &r.BeganAt, "ended_at": &r.EndedAt, "verified_at": &r.VerifiedAt,
		"call_list": &r.CallList, "anonymised": &r.Anonymised,
	}
}
