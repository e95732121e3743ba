package console

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"deskd/reservations"
)

// JSON prints v as indented JSON.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Table prints rows in columns under a header.
func Table(w io.Writer, header string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(header, " ", "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(Legible(r), "\t"))
	}
	return t.Flush()
}

// Dash is s, or a dash where s is empty.
func Dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Count is n with its noun: "1 desk", "2 desks".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// CSV prints rows as RFC 4180 has them, under a header of lower case. What a spreadsheet
// would take for a formula begins with an apostrophe, which an import takes away again.
func CSV(w io.Writer, header string, rows [][]string) error {
	out := csv.NewWriter(w)
	names := strings.Fields(strings.ReplaceAll(strings.ToLower(header), "-", "_"))
	if err := out.Write(names); err != nil {
		return err
	}
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = reservations.Cell(c)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// List prints rows in columns under a header, or that there are none of the kind.
func List(w io.Writer, kind, header string, rows [][]string) error {
	if len(rows) == 0 {
		_, err := Printf(w, "no %s\n", kind)
		return err
	}
	return Table(w, header, rows)
}

// YesNo spells what may be unknown: "yes", "no", or nothing.
func YesNo(is *bool) string {
	switch {
	case is == nil:
		return ""
	case *is:
		return "yes"
	}
	return "no"
}

// Age is how long ago something was, in the one or two units that matter: "3m", "2h5m", "12d".
func Age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return Sprintf("%ds", max(0, int(d/time.Second)))
	case d < time.Hour:
		return Sprintf("%dm", int(d/time.Minute))
	case d < 2*day:
		return Sprintf("%dh%dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return Sprintf("%dd", int(d/day))
}
