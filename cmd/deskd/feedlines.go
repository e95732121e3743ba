package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/reservations/feed"
)

// feedReading is what was understood of a calendar and what was not. Without
// desks and people there is nothing mapped.
type feedReading struct {
	feed.Reading
	mapped     []feed.Mapped
	unresolved []reservations.Problem
	// titled and known are counted as in [feed.Result].
	titled, known int
}

func (r feedReading) understood() bool { return len(r.Problems)+len(r.unresolved) == 0 }

// bookings is how many occurrences reserve a desk.
func (r feedReading) bookings() int {
	n := 0
	for _, m := range r.mapped {
		if m.Desk != "" {
			n++
		}
	}
	return n
}

// feedLine is what is printed of an occurrence, or of an event that was not
// read. Its keys are a contract.
type feedLine struct {
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

// occurrences are the occurrences in their order, with what became of them where
// that was asked.
func (r feedReading) occurrences() iter.Seq[feed.Mapped] {
	if r.mapped != nil {
		return slices.Values(r.mapped)
	}
	return func(yield func(feed.Mapped) bool) {
		for _, o := range r.Occurrences {
			if !yield(feed.Mapped{Occurrence: o}) {
				return
			}
		}
	}
}

// print prints the reading; what was not understood is an error.
func (r feedReading) print(w io.Writer, asJSON bool, zone *time.Location) error {
	show := func() error { return r.printTable(w, zone) }
	if asJSON {
		show = func() error { return r.printLines(w) }
	}
	if err := show(); err != nil {
		return err
	}
	if !r.understood() {
		return errSaid
	}
	return nil
}

// printLines prints an object a line for each occurrence and each event that was
// not read, by start and UID. What has no known start comes first.
func (r feedReading) printLines(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	lost := slices.SortedStableFunc(slices.Values(r.Problems), func(a, b reservations.Problem) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID))
	})
	notes := make(map[string]string, len(r.Notes)) // by UID
	for _, n := range r.Notes {
		if n.UID != "" {
			notes[n.UID] = strings.TrimPrefix(notes[n.UID]+"; "+problemText(n), "; ")
		}
	}
	told := make(map[string]bool)
	for m := range r.occurrences() {
		for len(lost) > 0 && cmp.Or(lost[0].Start.Compare(m.Start), cmp.Compare(lost[0].UID, m.UID)) < 0 {
			if err := encode.Encode(lineOfLost(lost[0])); err != nil {
				return err
			}
			lost = lost[1:]
		}
		line := lineOf(m)
		if line.Note = notes[m.UID]; m.UID != "" {
			told[m.UID] = true
		}
		if err := encode.Encode(line); err != nil {
			return err
		}
	}
	for _, p := range lost {
		if err := encode.Encode(lineOfLost(p)); err != nil {
			return err
		}
	}
	return errors.Join(r.printUntold(encode, told), out.Flush())
}

// printUntold prints the notes that are of no occurrence in the window: an object
// each.
func (r feedReading) printUntold(encode *json.Encoder, told map[string]bool) error {
	for _, n := range r.Notes {
		if told[n.UID] {
			continue
		}
		line := feedLine{UID: n.UID, Start: instant(n.Start), Note: problemText(n)}
		if err := encode.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// lineOf is an occurrence. The text of a private event never leaves deskd.
func lineOf(m feed.Mapped) feedLine {
	l := feedLine{
		UID: m.UID, Start: instant(m.Start), End: instant(m.End), AllDay: m.AllDay,
		Status: strings.ToLower(cmp.Or(m.Status, "confirmed")), Summary: m.Summary,
		Desk: m.Desk, Person: m.Person, Problem: problemText(m.Problem),
	}
	if m.Private {
		l.Summary = ""
	}
	return l
}

func lineOfLost(p reservations.Problem) feedLine {
	return feedLine{UID: p.UID, Start: instant(p.Start), Summary: p.Title, Problem: problemText(p)}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (r feedReading) printTable(w io.Writer, zone *time.Location) error {
	console.Say(w, "Times are in %s.\n", zone)
	var rows [][]string
	for m := range r.occurrences() {
		summary := plainText(m.Summary)
		if m.Private {
			summary = "(private)"
		}
		rows = append(rows, []string{
			m.Start.In(zone).Format("2006-01-02 15:04"), m.End.In(zone).Format("2006-01-02 15:04"),
			console.Dash(m.Desk), console.Dash(m.Person), strconv.FormatBool(m.AllDay), plainText(m.UID), summary,
		})
	}
	if err := console.List(w, "occurrences in the window", "START END DESK PERSON ALL-DAY UID SUMMARY", rows); err != nil {
		return err
	}
	printProblems(w, "Not understood", slices.Concat(r.Problems, r.unresolved), math.MaxInt, zone)
	printProblems(w, "Understood, with a note", r.Notes, math.MaxInt, zone)
	return nil
}

// plainText is a calendar's text on one line, cut to a column.
func plainText(s string) string {
	const most = 80
	s = reservations.Legible(s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// printProblems lists problems, at most so many, under a title.
func printProblems(w io.Writer, title string, problems []reservations.Problem, most int, zone *time.Location) {
	if len(problems) > 0 {
		console.Say(w, "\n%s (%d)\n", title, len(problems))
	}
	for _, p := range problems[:min(most, len(problems))] {
		event := plainText(p.UID)
		named := plainText(reservations.Problem{Title: p.Title, Organizer: p.Organizer}.Event())
		if !p.Start.IsZero() {
			event += " at " + p.Start.In(zone).Format("2006-01-02 15:04")
		}
		text := problemText(p)
		if named != "" {
			event = strings.TrimPrefix(event+", "+named, ", ")
		}
		if event != "" {
			text = event + ", " + text
		}
		console.Say(w, "  %s\n", text)
	}
}

// problemText is a problem on one line.
func problemText(p reservations.Problem) string {
	text := p.What
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}
