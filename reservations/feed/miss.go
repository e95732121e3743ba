package feed

import (
	"fmt"
	"slices"
	"strings"

	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/ical"
)

// miss says why an event, or a part of it, is no reservation. If it is
// understood, the calendar is not at fault: a desk or person declined.
type miss struct {
	what, hint string
	understood bool
	// decided says that deskd's owner decided so: earlier bookings go.
	decided bool
	// near says that a text resembles a desk and names none.
	near bool
	// excess says that the event wants more than one may have.
	excess bool
}

// hidden stands for the texts of a private event, which stay inside.
const hidden = "(the text of a private event is not shown)"

// missing says in words which names of an event are unknown.
func missing(e *calendar.Event, what string, texts ...string) string {
	if e.Private {
		return what + " " + hidden
	}
	const most = 3
	for _, text := range texts[:min(len(texts), most)] {
		what += " " + ical.Quote(text) + ","
	}
	what = strings.TrimSuffix(what, ",")
	if more := len(texts) - most; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	return what
}

// unique is list without duplicates, in its order.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
