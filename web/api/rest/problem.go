package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/reservations/rules"
	"deskd/reservations/series"
	"deskd/web/access"
	"deskd/web/view"
)

// Problem is what went wrong, after RFC 9457, and where a rule refuses, what else is free.
type Problem struct {
	Title        string        `json:"title" doc:"What the status means."`
	Status       int           `json:"status"`
	Detail       string        `json:"detail" doc:"A sentence for people."`
	Code         string        `json:"code" doc:"For programs: taken, over_quota, unknown_desk …"`
	Rule         string        `json:"rule,omitempty" doc:"The rule that refuses, as the configuration calls it."`
	Value        string        `json:"value,omitempty" doc:"What the rule says."`
	Until        *time.Time    `json:"until,omitempty" doc:"When what stands in the way ends."`
	Alternatives []Alternative `json:"alternatives,omitempty" doc:"What is free, and would be granted."`
	Occurrences  []Occurrence  `json:"occurrences,omitempty" doc:"Of a series that is refused: what becomes of each of its bookings."`
	Errors       []string      `json:"errors,omitempty" doc:"What of the request is wrong, each with its place."`

	retry time.Duration
}

// Alternative is a booking that would be granted.
type Alternative struct {
	Desk  string    `json:"desk"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements [huma.HeadersError].
func (p *Problem) GetHeaders() http.Header {
	if p.retry == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(max(1, int(p.retry.Seconds())))}}
}

// NewProblem is what went wrong: its status, a code for programs, and a sentence for people.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: reservations.Legible(detail)}
}

// codes are those of what huma refuses itself.
var codes = map[int]string{
	http.StatusBadRequest: "malformed", http.StatusNotFound: "not_found", http.StatusNotAcceptable: "not_acceptable", http.StatusRequestTimeout: "too_slow",
	http.StatusRequestEntityTooLarge: "too_large", http.StatusUnsupportedMediaType: "media_type", http.StatusUnprocessableEntity: "invalid",
}

// asProblems has huma tell its own errors as problems, too: it knows one way for all of a
// process.
var asProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := NewProblem(status, codes[status], detail)
		for _, err := range errs {
			p.Errors = append(p.Errors, reservations.Legible(where(err)))
		}
		return p
	}
})

// where is an error with its place, and without the value, which may be a secret.
func where(err error) string {
	if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
		return d.Location + ": " + d.Message
	}
	return err.Error()
}

// plain are the errors of nouns, each with its status and code.
var plain = []struct {
	is     error
	status int
	code   string
}{
	{reservations.ErrUnknownDesk, http.StatusUnprocessableEntity, "unknown_desk"},
	{reservations.ErrUnknownPerson, http.StatusUnprocessableEntity, "unknown_person"},
	{reservations.ErrCancelled, http.StatusConflict, "cancelled"},
	{reservations.ErrKeyUsed, http.StatusUnprocessableEntity, "key_used"},
	{reservations.ErrNotHeld, http.StatusConflict, "not_held"},
	{booking.ErrTakenBack, http.StatusConflict, "cancelled"},
	{booking.ErrNoClosure, http.StatusNotFound, "not_found"},
	{booking.ErrNoAbsence, http.StatusNotFound, "not_found"},
	{booking.ErrNoDesks, http.StatusUnprocessableEntity, "no_desks"},
	{series.ErrRule, http.StatusUnprocessableEntity, "invalid"},
	{booking.ErrRequest, http.StatusUnprocessableEntity, "invalid"},
}

// Told is err as the one who asks may read it.
func (f *Frame) Told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if r, ok := errors.AsType[*booking.Refusal](err); ok {
		return refused(r, access.ReachOf(AskerOf(ctx), access.SeeNames) == access.All)
	}
	if errors.Is(err, reservations.ErrNotFound) {
		return NoReservation() // as of one that is not for the one who asks
	}
	for _, known := range plain {
		if errors.Is(err, known.is) {
			return NewProblem(known.status, known.code, f.words(ctx, err))
		}
	}
	if f.Uncertain(err) {
		p := NewProblem(http.StatusServiceUnavailable, "unknown_outcome", "it is not known whether that was done: ask again with the same Idempotency-Key, or look")
		p.retry = time.Second
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return busy()
	}
	f.Log.Error("interface for programs", "err", err)
	p := NewProblem(http.StatusServiceUnavailable, "unavailable", view.Silent(err)+" Phones keep their logins.")
	p.retry = 15 * time.Second
	return p
}

// words are those of a plain error. That of an unknown person names who may have been meant.
func (f *Frame) words(ctx context.Context, err error) string {
	if errors.Is(err, reservations.ErrUnknownPerson) && access.ReachOf(AskerOf(ctx), access.SeePeople) != access.All {
		return reservations.ErrUnknownPerson.Error()
	}
	return err.Error()
}

func busy() *Problem {
	p := NewProblem(http.StatusServiceUnavailable, "busy", "too much is asked for at once; phones keep their logins")
	p.retry = time.Second
	return p
}

// TakenThen says that a desk is taken, and not whose it is.
const TakenThen = "the desk is taken in that time"

// nameless are refusals whose words may name another person.
var nameless = map[rules.Code]string{
	booking.Taken: TakenThen, rules.Owned: "the desk is someone's own", rules.InBuffer: "another booking is too near",
	"": "it cannot be booked any more", // its desk or its person is unknown
}

// refused is a refusal for programs.
func refused(r *booking.Refusal, names bool) *Problem {
	text := r.Error()
	if without, may := nameless[r.Code]; may && !names {
		text = without
	}
	why := ReasonOf(r.Refusal, names)
	p := NewProblem(http.StatusConflict, why.Code, text)
	p.Rule, p.Value, p.Until = why.Rule, why.Value, why.Until
	for _, o := range r.Alternatives {
		p.Alternatives = append(p.Alternatives, Alternative{o.Desk, o.Start, o.End})
	}
	return p
}

// Reason is what stands against a booking.
type Reason struct {
	Code  string     `json:"code"`
	Rule  string     `json:"rule,omitempty"`
	Value string     `json:"value,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	Text  string     `json:"text" doc:"A sentence for people."`
}

// ReasonOf is what stands against a booking, for those who may read names, and for others.
func ReasonOf(r rules.Refusal, names bool) Reason {
	out := Reason{Code: string(r.Code), Rule: r.Rule, Value: reservations.Legible(r.Value), Text: reservations.Legible(r.Text)}
	if !r.Until.IsZero() {
		out.Until = new(r.Until.UTC())
	}
	if names {
		return out
	}
	if without, may := nameless[r.Code]; may {
		out.Text = without
	}
	if r.Code == rules.Owned {
		out.Value = "" // it is the owner
	}
	return out
}

// ReasonsOf are reasons for the one who asks.
func ReasonsOf(who access.Asker, all []rules.Refusal) (out []Reason) {
	for _, r := range all {
		out = append(out, ReasonOf(r, access.ReachOf(who, access.SeeNames) == access.All))
	}
	return out
}

// Occurrence is what has become of a booking of a series.
type Occurrence struct {
	ID      string    `json:"id,omitempty" doc:"Of one that is booked, or was."`
	Desk    string    `json:"desk"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Outcome string    `json:"outcome" enum:"booked,moved,skipped,failed,not_booked,cancelled"`
	Against []Reason  `json:"against,omitempty" doc:"What stands against it at the desk of the series."`
}

// NoReservation is told of what is not there, and of what is not for the one who asks.
func NoReservation() *Problem {
	return NewProblem(http.StatusNotFound, "not_found", "there is no such reservation")
}

// Invalid says that a request cannot be carried out as it is.
func Invalid(text string) *Problem {
	return NewProblem(http.StatusUnprocessableEntity, "invalid", text)
}

// Unavailable says that something cannot be had now, and when it is worth asking again.
func Unavailable(code, text string, retry time.Duration) *Problem {
	p := NewProblem(http.StatusServiceUnavailable, code, text)
	p.retry = retry
	return p
}
