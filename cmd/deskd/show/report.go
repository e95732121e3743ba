package show

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/reservations/reports"
	"deskd/reservations/spelling"
	"deskd/web/api/records"
)

// Report is deskd report.
func Report() *cobra.Command {
	var asked reports.Asked
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Report how desks were used, and how their phones served them",
		Long: `Report how desks were used, and how their phones served them, on the days from --from
(default four weeks ago) to --to (default 27 days after it, at most 91): for each site,
floor, zone or desk (--by), and for each weekday with --weekdays. It names nobody.

  BOOKINGS HOURS    what was booked, and for how long; it belongs to the day it begins on
  SHARE             how much of the time in which the desks were open was booked
  USED              bookings whose people are known to have come
  ASKED UNSEEN      bookings that are over and whose people were asked to check in; those
                    of them of whose people nothing is known
  RELEASED          bookings that ended because nobody came
  WALK-UPS          bookings of people who stood at the desk
  CANCELLED         bookings that were cancelled or withdrawn, or are in conflict
  LOGINS LATE       logins, and those that were more than 10s late; P50, P95 and MAX say
                    how late these were, in seconds
  BUSY FAILED       logins that the phone system was too busy for, or that failed

What is not kept any more is not known: the report says of what, and since when it is.
With -o csv and json a line has more columns, those of GET /api/v1/reports.

` + cli.TimeHelp,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkBy(asked.By); err != nil {
				return err
			}
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
				if err := a.CheckSite(asked.Site); err != nil {
					return err
				}
				if err := reportDays(cmd, &asked, a.View.Zone(asked.Site), a.Clock.Now()); err != nil {
					return err
				}
				report, err := a.Report(ctx, asked)
				if err != nil {
					return err
				}
				return printReport(cmd, asked, report)
			})
		},
	}
	cmd.Flags().StringVar(&asked.Site, "site", "", "only desks of this `site`")
	cmd.Flags().StringVar(&asked.Floor, "floor", "", "only desks on this `floor`")
	cmd.Flags().StringVar((*string)(&asked.By), "by", string(reports.BySite), "a line for each `site`, floor, zone or desk")
	cmd.Flags().BoolVar(&asked.Weekdays, "weekdays", false, "a line for each weekday")
	cli.TimeFlags(cmd, "the first `day`", "the last `day`")
	cli.AddOutput(cmd, "text", "json", "csv")
	return cmd
}

// usualDays are those of a report where no end is given.
const usualDays = 28

// reportDays reads the flags that are days, by the clock of zone.
func reportDays(cmd *cobra.Command, asked *reports.Asked, zone *time.Location, now time.Time) error {
	from, given, err := cli.SpanFlag(cmd, "from", zone, now)
	if err != nil {
		return err
	}
	if !given {
		from.Start = now.In(zone).AddDate(0, 0, -usualDays)
	}
	asked.First = dayOf(from.Start, zone)
	to, given, err := cli.SpanFlag(cmd, "to", zone, now)
	if err != nil {
		return err
	}
	asked.Last = asked.First.AddDate(0, 0, usualDays-1)
	if given {
		asked.Last = dayOf(to.End.Add(-time.Nanosecond), zone)
	}
	return wrong(asked.Check())
}

// wrong is an error of what was asked for, which is one of usage.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	return cli.Usagef("--%s", err)
}

// dayOf is the day that a clock shows, as its midnight in UTC.
func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func printReport(cmd *cobra.Command, asked reports.Asked, report reports.Report) error {
	form, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	out, lines := cmd.OutOrStdout(), records.ReportLines(report)
	switch form {
	case "json":
		return console.JSON(out, lines)
	case "csv":
		rows := make([][]string, len(lines))
		for i, l := range lines {
			rows[i] = l.Cells()
		}
		return console.CSV(out, strings.Join(records.ReportLine{}.Header(), " "), rows)
	}
	return writeReport(out, asked, report)
}

// writeReport writes a report for people.
func writeReport(out io.Writer, asked reports.Asked, report reports.Report) error {
	columns := placesOf(asked)
	header := strings.Join(columns, " ")
	var rows [][]string
	for _, l := range report.Lines {
		called := map[string]string{"SITE": l.Site, "FLOOR": l.Floor, "ZONE": l.Zone, "DESK": l.Desk, "WEEKDAY": string(l.Weekday)}
		var cells []string
		for _, c := range columns {
			cells = append(cells, console.Dash(called[c]))
		}
		rows = append(rows, append(cells, numbers(l)...))
	}
	header += " DESKS BOOKINGS HOURS SHARE USED ASKED UNSEEN RELEASED WALK-UPS CANCELLED LOGINS LATE P50 P95 MAX BUSY FAILED"
	if err := console.List(out, "desks", header, rows); err != nil {
		return err
	}
	text := fmt.Sprintf("From %s to %s. %s", asked.First.Format(time.DateOnly), asked.Last.Format(time.DateOnly), report.Since)
	nameless := 0
	for _, l := range report.Lines {
		nameless += l.Nameless
	}
	if nameless > 0 {
		text += fmt.Sprintf(" Of %d bookings the names were removed: they count as neither used, asked nor unseen, released or walk-ups.", nameless)
	}
	_, err := console.Printf(out, "\n%s\n", text)
	return err
}

// placesOf are the columns that say what a line is of.
func placesOf(asked reports.Asked) []string {
	columns := map[reports.By][]string{
		reports.BySite: {"SITE"}, reports.ByFloor: {"SITE", "FLOOR"}, reports.ByZone: {"SITE", "ZONE"}, reports.ByDesk: {"SITE", "FLOOR", "ZONE", "DESK"},
	}[asked.By]
	if asked.Weekdays {
		columns = append(columns, "WEEKDAY")
	}
	return columns
}

// numbers are the cells of a line that are numbers.
func numbers(l reports.Line) []string {
	share, late := "-", []string{"-", "-", "-"}
	if l.Open > 0 {
		share = fmt.Sprintf("%.0f%%", 100*l.Share())
	}
	if l.Late > 0 {
		for i, d := range []time.Duration{l.P50, l.P95, l.Most} {
			late[i] = fmt.Sprintf("%.0fs", d.Seconds())
		}
	}
	cells := []string{strconv.Itoa(l.Desks), strconv.Itoa(l.Bookings), fmt.Sprintf("%.1f", float64(l.Minutes)/60), share}
	cells = append(cells, presence(l)...)
	for _, n := range []int{l.Released, l.Walkups, l.Cancelled, l.Logins, l.Late} {
		cells = append(cells, strconv.Itoa(n))
	}
	return append(append(cells, late...), strconv.Itoa(l.Busy), strconv.Itoa(l.Failed))
}

// presence are the cells of who has come: where nobody was asked, that nobody is known to have
// come says nothing.
func presence(l reports.Line) []string {
	cells := []string{"-", "-", "-"}
	if l.Used > 0 || l.Asked > 0 {
		cells[0] = strconv.Itoa(l.Used)
	}
	if l.Asked > 0 {
		cells[1], cells[2] = strconv.Itoa(l.Asked), strconv.Itoa(l.Unseen)
	}
	return cells
}

// checkBy refuses what there are no lines of, with what may have been meant.
func checkBy(by reports.By) error {
	var known []string
	for _, one := range reports.All {
		if one == by {
			return nil
		}
		known = append(known, string(one))
	}
	return cli.Usagef("--by %q: %s%s", by, strings.Join(known, ", "), spelling.Meant(string(by), known))
}
