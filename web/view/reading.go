package view

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed"
	"deskd/reservations/feed/calendar"
	"deskd/reservations/feed/fetch"
)

// Calendar is a calendar to look at. Without a directory nobody is looked up.
type Calendar struct {
	Feed      reservations.Feed
	Fetcher   *fetch.Fetcher
	Zone      *time.Location // of its floating and all-day values
	Window    reservations.Span
	Directory *feed.Directory
	Self      string // id of the database, whose own calendars are refused
}

// Read fetches the calendar at now and reads it. Nothing is stored. The error is that
// of fetching or reading the whole; what of it was not understood is in the Reading.
func (c Calendar) Read(ctx context.Context, now time.Time) (Reading, error) {
	body, err := c.Fetcher.Fetch(ctx, c.Window, fetch.Validators{}, now)
	if err != nil {
		return Reading{}, err
	}
	defer body.Text.Close() //nolint:errcheck // it was only read
	if c.Directory == nil {
		read, err := feed.Occurrences(ctx, body, c.Window, c.Zone)
		return Reading{Reading: read}, err
	}
	read, err := feed.Read(ctx, body, feed.Options{Window: c.Window, Zone: c.Zone, Feed: c.Feed, Directory: c.Directory, Self: c.Self})
	return Reading{read.Reading, read.Mapped, read.Unresolved, read.Titled, read.TitledKnown}, err
}

// Reading is what was understood of a calendar and what was not. Without
// desks and people there is nothing mapped.
type Reading struct {
	calendar.Reading
	Mapped     []feed.Mapped
	Unresolved []reservations.Problem
	// Titled and Known are counted as in [feed.Result].
	Titled, Known int
}

// Understood reports whether nothing was left over; notes do not count.
func (r Reading) Understood() bool { return len(r.Problems)+len(r.Unresolved) == 0 }

// Bookings is how many occurrences reserve a desk.
func (r Reading) Bookings() int {
	n := 0
	for _, m := range r.Mapped {
		if m.Desk != "" {
			n++
		}
	}
	return n
}

// FeedLine is an occurrence, or an event that was not read, for programs. Its keys are
// a contract.
type FeedLine struct {
	UID     string `json:"uid"`
	Start   string `json:"start"` // RFC 3339 in UTC, or empty
	End     string `json:"end"`
	AllDay  bool   `json:"all_day"`
	Status  string `json:"status"`
	Summary string `json:"summary"`
	Desk    string `json:"desk"`
	Person  string `json:"person"`
	Problem string `json:"problem"`
	Note    string `json:"note,omitempty"` // of an event that was understood all the same
}

// All are the occurrences in their order, with what became of them where
// that was asked.
func (r Reading) All() iter.Seq[feed.Mapped] {
	if r.Mapped != nil {
		return slices.Values(r.Mapped)
	}
	return func(yield func(feed.Mapped) bool) {
		for _, o := range r.Occurrences {
			if !yield(feed.Mapped{Occurrence: o}) {
				return
			}
		}
	}
}

// Lines are an object for each occurrence and each event that was not read, by start
// and UID, and one for each note that is of no occurrence in the window. What has no
// known start comes first, and the notes last.
func (r Reading) Lines() iter.Seq[FeedLine] {
	return func(yield func(FeedLine) bool) {
		notes, told := r.notes(), make(map[string]bool)
		for line, read := range r.events() {
			if read {
				line.Note, told[line.UID] = notes[line.UID], line.UID != ""
			}
			if !yield(line) {
				return
			}
		}
		for _, n := range r.Notes {
			if !told[n.UID] && !yield(FeedLine{UID: n.UID, Start: instant(n.Start), Note: n.Text()}) {
				return
			}
		}
	}
}

// events are the occurrences, and between them, by start and UID, the events that were
// not read, for which it yields false.
func (r Reading) events() iter.Seq2[FeedLine, bool] {
	byStart := func(a, b reservations.Problem) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID))
	}
	return func(yield func(FeedLine, bool) bool) {
		lost := slices.SortedStableFunc(slices.Values(r.Problems), byStart)
		// pass hands on what is lost as long as before says so, and reports whether to go on.
		pass := func(before func(reservations.Problem) bool) bool {
			for len(lost) > 0 && before(lost[0]) {
				if !yield(lineOfLost(lost[0]), false) {
					return false
				}
				lost = lost[1:]
			}
			return true
		}
		for m := range r.All() {
			at := reservations.Problem{Start: m.Start, UID: m.UID}
			if !pass(func(p reservations.Problem) bool { return byStart(p, at) < 0 }) || !yield(lineOf(m), true) {
				return
			}
		}
		pass(func(reservations.Problem) bool { return true })
	}
}

// notes are the notes of each event, by UID.
func (r Reading) notes() map[string]string {
	notes := make(map[string]string, len(r.Notes))
	for _, n := range r.Notes {
		if n.UID != "" {
			notes[n.UID] = strings.TrimPrefix(notes[n.UID]+"; "+n.Text(), "; ")
		}
	}
	return notes
}

// lineOf is an occurrence. The text of a private event never leaves deskd.
func lineOf(m feed.Mapped) FeedLine {
	l := FeedLine{
		UID: m.UID, Start: instant(m.Start), End: instant(m.End), AllDay: m.AllDay,
		Status: strings.ToLower(cmp.Or(m.Status, "confirmed")), Summary: m.Summary,
		Desk: m.Desk, Person: m.Person, Problem: m.Problem.Text(),
	}
	if m.Private {
		l.Summary = ""
	}
	return l
}

func lineOfLost(p reservations.Problem) FeedLine {
	return FeedLine{UID: p.UID, Start: instant(p.Start), Summary: p.Title, Problem: p.Text()}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
