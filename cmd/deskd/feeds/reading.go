package feeds

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"time"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
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
		return cli.ErrSaid
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
		summary := console.Cell(m.Summary)
		if m.Private {
			summary = "(private)"
		}
		rows = append(rows, []string{
			m.Start.In(zone).Format("2006-01-02 15:04"), m.End.In(zone).Format("2006-01-02 15:04"),
			console.Dash(m.Desk), console.Dash(m.Person), strconv.FormatBool(m.AllDay), console.Cell(m.UID), summary,
		})
	}
	if err := console.List(w, "occurrences in the window", "START END DESK PERSON ALL-DAY UID SUMMARY", rows); err != nil {
		return err
	}
	console.Problems{Title: "Not understood", Of: slices.Concat(r.Problems, r.Unresolved), Zone: zone}.Print(w)
	console.Problems{Title: "Understood, with a note", Of: r.Notes, Zone: zone}.Print(w)
	return nil
}
