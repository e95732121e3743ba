package calendar

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
)

// found is an occurrence in its compact form, in Unix seconds. There may be very many.
type found struct {
	start, end, original int64
	event                int32 // in expander.shown
	repeats              bool
}

// occurrences sorts what was found by start, UID, original start and line, and
// gives it its final form.
func (x *expander) occurrences() []Occurrence {
	list := x.out
	slices.SortFunc(list, func(a, b found) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		if n := strings.Compare(x.shown[a.event].UID, x.shown[b.event].UID); n != 0 {
			return n
		}
		return cmp.Or(cmp.Compare(a.original, b.original), cmp.Compare(x.shown[a.event].Line, x.shown[b.event].Line))
	})
	const form = recurrenceForm
	stamps := make([]byte, 0, len(list)*len(form))
	for _, f := range list {
		if f.repeats {
			stamps = time.Unix(f.original, 0).UTC().AppendFormat(stamps, form)
		}
	}
	all := string(stamps) // one string for all of them
	out := make([]Occurrence, len(list))
	for i, f := range list {
		out[i] = Occurrence{Event: x.shown[f.event], Span: reservations.Span{Start: time.Unix(f.start, 0).UTC(), End: time.Unix(f.end, 0).UTC()}}
		if f.repeats {
			out[i].Recurrence, all = all[:len(form)], all[len(form):]
		}
	}
	return out
}
