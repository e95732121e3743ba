package booking

import (
	"fmt"
	"time"

	"deskd/reservations"
	"deskd/reservations/rules"
)

// The codes of refusals beside those of the rules.
const (
	// Taken: another booking has the desk.
	Taken rules.Code = "taken"
	// OfFeed: the booking is a calendar's, and is changed there.
	OfFeed rules.Code = "of_feed"
	// Over: the booking is over.
	Over rules.Code = "over"
	// NotBegun: the booking cannot end, for it has not begun.
	NotBegun rules.Code = "not_begun"
)

// Refusal is why nothing was done. It is an error.
type Refusal struct {
	rules.Refusal
	Desk string `json:"desk,omitempty"` // that was asked for
	// Also is what else is against it.
	Also []rules.Refusal `json:"also,omitempty"`
	// Alternatives are free, and granted by the rules: the nearest desks for the same
	// time, and the next times of the same desk.
	Alternatives []Alternative `json:"alternatives"`

	what  string // "reserve desk "D1""
	cause error  // what callers may ask for with errors.Is, nil where a rule refuses
}

// Alternative is a booking that would be granted.
type Alternative struct {
	Desk string `json:"desk"`
	reservations.Span
}

func (r *Refusal) Error() string {
	text := fmt.Sprintf("%s: %s", r.what, r.Text)
	if r.Rule != "" {
		text += fmt.Sprintf(" (rule %s: %s)", r.Rule, r.Value)
	}
	return text
}

// Unwrap is the error that a refusal stands for, nil for one by a rule.
func (r *Refusal) Unwrap() error { return r.cause }

// refuse is the refusal for several reasons, of which there is at least one.
func refuse(what string, against []rules.Refusal, cause error) *Refusal {
	return &Refusal{Refusal: against[0], Also: against[1:], Alternatives: []Alternative{}, what: what, cause: cause}
}

// refuseChange refuses to change a booking for what it is.
func refuseChange(what string, code rules.Code, text string) *Refusal {
	return refuse(what, []rules.Refusal{{Code: code, Text: text}}, nil)
}

// takenBy words a booking that has the desk.
func takenBy(o reservations.Reservation) rules.Refusal {
	who := "it is taken"
	if o.Person != "" {
		who = fmt.Sprintf("%q has it", o.Person)
	}
	return rules.Refusal{Code: Taken, Until: o.End, Text: fmt.Sprintf("%v: %s from %s to %s (reservation %s), since %s", reservations.ErrOverlap,
		who, o.Start.Format(time.RFC3339), o.End.Format(time.RFC3339), o.ID, o.Seen.UTC().Format(time.RFC3339))}
}
