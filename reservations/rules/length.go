package rules

import (
	"fmt"
	"time"
)

func aheadValue(r Rules, _ World) string {
	if r.Ahead.Days == 0 {
		return ""
	}
	text := fmt.Sprint(r.Ahead.Days)
	if r.Ahead.Opens > 0 {
		text += " from " + clockText(r.Ahead.Opens)
	}
	return text
}

// ahead goes by the last day of a booking: that one can be booked last.
func ahead(r Rules, _ World, q Request, now time.Time) Refusal {
	_, last := days(q.Span, r.clock())
	opens := at(last.Plus(-r.Ahead.Days), r.Ahead.Opens, r.clock()).UTC()
	if !now.Before(opens) {
		return Refusal{}
	}
	return Refusal{Code: TooEarly, Text: fmt.Sprintf("%s can be booked from %s on", last, instant(opens)), Until: opens}
}

func shortest(r Rules, _ World, q Request, _ time.Time) Refusal {
	if l := length(q.Span, r.clock()); l < r.Shortest {
		return Refusal{Code: TooShort, Text: fmt.Sprintf("the booking lasts %s, and the shortest is %s", durationValue(l), durationValue(r.Shortest))}
	}
	return Refusal{}
}

func longest(r Rules, _ World, q Request, _ time.Time) Refusal {
	if l := length(q.Span, r.clock()); l > r.Longest {
		return Refusal{Code: TooLong, Text: fmt.Sprintf("the booking lasts %s, and the longest is %s", durationValue(l), durationValue(r.Longest))}
	}
	return Refusal{}
}
