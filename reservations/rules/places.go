package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
)

func outOfServiceValue(r Rules, _ World) string { return strings.Join(r.OutOfService, ", ") }

func outOfService(r Rules, _ World, q Request, _ time.Time) Refusal {
	for _, pattern := range r.OutOfService {
		if hit, _ := path.Match(pattern, q.Desk.ID); hit { // the configuration has checked the pattern
			return Refusal{Code: NotInService, Text: fmt.Sprintf("desk %s is out of service", q.Desk.ID), Value: pattern}
		}
	}
	return Refusal{}
}

func closuresValue(_ Rules, w World) string {
	var parts []string
	for _, c := range w.Closures {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}

func (c Closure) span() string { return instant(c.Start) + ".." + instant(c.End) }

func (c Closure) String() string {
	text := c.span()
	if c.Why != "" {
		text += " " + c.Why
	}
	return text
}

func closed(_ Rules, w World, q Request, _ time.Time) Refusal {
	for _, c := range w.Closures {
		if !c.Overlaps(q.Span) {
			continue
		}
		text := fmt.Sprintf("desk %s is closed from %s to %s", q.Desk.ID, instant(c.Start), instant(c.End))
		if c.Why != "" {
			text += ": " + c.Why
		}
		return Refusal{Code: Closed, Text: text, Value: c.span(), Until: c.End}
	}
	return Refusal{}
}

// owned keeps a desk for its owner, but for the times in which the owner does without it.
func owned(_ Rules, w World, q Request, _ time.Time) Refusal {
	if reservations.SamePerson(w.Owner, q.Person.ID) || covers(w.Released, q.Span) {
		return Refusal{}
	}
	return Refusal{Code: Owned, Text: fmt.Sprintf("desk %s is %s's, who has not released it for that time", q.Desk.ID, w.Owner)}
}

// covers reports whether every instant of s is in one of the spans.
func covers(spans []reservations.Span, s reservations.Span) bool {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b reservations.Span) int { return a.Start.Compare(b.Start) })
	for _, free := range spans {
		if free.Contains(s.Start) {
			s.Start = free.End
		}
	}
	return s.Empty()
}

func groupsValue(r Rules, _ World) string { return strings.Join(r.Groups, ", ") }

func groups(r Rules, _ World, q Request, _ time.Time) Refusal {
	for _, g := range r.Groups {
		same := func(has string) bool { return reservations.NameKey(has) == reservations.NameKey(g) }
		if slices.ContainsFunc(q.Person.Groups, same) {
			return Refusal{}
		}
	}
	return Refusal{Code: NotForGroup, Text: fmt.Sprintf("desk %s is for people of %s", q.Desk.ID, strings.Join(r.Groups, " or "))}
}

// buffer keeps a desk free between two people: a person's next booking may follow at
// once.
func buffer(r Rules, w World, q Request, _ time.Time) Refusal {
	wide := reservations.Span{Start: q.Start.Add(-r.Buffer), End: q.End.Add(r.Buffer)}
	for _, n := range w.Near {
		if n.ID == q.Of && q.Of != "" || !n.Overlaps(wide) || n.Overlaps(q.Span) || reservations.SamePerson(n.Person, q.Person.ID) {
			continue // two bookings that overlap are the database's to refuse
		}
		refusal := Refusal{Code: InBuffer, Text: fmt.Sprintf("desk %s stays free for %s between two people, and another booking begins %s", q.Desk.ID, durationValue(r.Buffer), instant(n.Start))}
		if !n.End.After(q.Start) {
			refusal.Text = fmt.Sprintf("desk %s stays free for %s between two people, and another booking ends %s", q.Desk.ID, durationValue(r.Buffer), instant(n.End))
			refusal.Until = n.End.Add(r.Buffer)
		}
		return refusal
	}
	return Refusal{}
}
