package main

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/reservations"
	"deskd/web/view"
)

// feedReading is a reading for people and programs.
type feedReading struct{ view.Reading }

// print prints the reading; what was not understood is an error.
func (r feedReading) print(w io.Writer, asJSON bool, zone *time.Location) error {
	show := func() error { return r.printTable(w, zone) }
	if asJSON {
		show = func() error { return r.printLines(w) }
	}
	if err := show(); err != nil {
		return err
	}
	if !r.Understood() {
		return errSaid
	}
	return nil
}

// printLines prints an object a line, as [view.Reading.Lines] has them.
func (r feedReading) printLines(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	for line := range r.Lines() {
		if err := encode.Encode(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (r feedReading) printTable(w io.Writer, zone *time.Location) error {
	console.Say(w, "Times are in %s.\n", zone)
	var rows [][]string
	for m := range r.All() {
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
	printProblems(w, "Not understood", slices.Concat(r.Problems, r.Unresolved), math.MaxInt, zone)
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
		text := view.ProblemText(p)
		if named != "" {
			event = strings.TrimPrefix(event+", "+named, ", ")
		}
		if event != "" {
			text = event + ", " + text
		}
		console.Say(w, "  %s\n", text)
	}
}
