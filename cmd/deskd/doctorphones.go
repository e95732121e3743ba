package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/provisioning"
	"deskd/cmd/deskd/provisioning/asking"
)

func doctorPhonesCommand() *cobra.Command {
	var o asking.Options
	var onlyFaults bool
	cmd := &cobra.Command{
		Use:   "phones",
		Short: "Check how each desk's phone and each person is set up in the phone system",
		Long: `Check each desk's phone and each person, as the phone system has them: will a login
work, with which device profile, and will phones do what deskd is configured to do. Ten
checks, each with words that say how to correct it in Cisco Unified CM Administration:
registered, extension mobility, logout profile, address, web access, authentication,
controlled devices, service, person, profile.

The EM service is asked, RISPort70 and AXL where inventory configures them, and each
phone who it is. Nothing is changed, no phone is sent a password, and no login waits.
What nobody has told is unknown, with the reason, and never ok. A thousand desks
and people take less than four minutes; RISPort70 is asked 5 times a minute at most, AXL
10 times a second.

With --desk or --site, the people are those who have booked these desks for the next 14
days, or own them; with --person alone, no desk is checked. Exit code 1: something will
not work. In words, what is alike is told together; -o csv and -o json name each.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
				if err := a.CheckSite(o.Site); err != nil {
					return err
				}
				r, err := asking.Ask(ctx, a.Parts, o)
				if err != nil {
					return err
				}
				return printSetUp(cmd, r, onlyFaults)
			})
		},
	}
	cmd.Flags().StringVar(&o.Desk, "desk", "", "only the phone of this `desk`, and its people")
	cmd.Flags().StringVar(&o.Site, "site", "", "only the phones of this `site`, and their people")
	cmd.Flags().StringVar(&o.Person, "person", "", "only this `person`")
	cmd.Flags().BoolVar(&onlyFaults, "only-faults", false, "only what will not work")
	cli.AddOutput(cmd, "text", "json", "csv")
	return cmd
}

// setUp is a report in JSON: whose logins will work, and each check.
type setUp struct {
	Phones provisioning.Ready `json:"phones"`
	People provisioning.Ready `json:"people"`
	Checks []provisioning.Row `json:"checks"`
}

// printSetUp prints a report; that something will not work is an error that has been said.
func printSetUp(cmd *cobra.Command, r provisioning.Report, onlyFaults bool) error {
	faults := slices.DeleteFunc(slices.Clone(r.Rows), func(row provisioning.Row) bool { return row.Grade != provisioning.Fault })
	shown := r
	if onlyFaults {
		shown.Rows = faults
	}
	form, err := cmd.Flags().GetString("output")
	switch {
	case err != nil:
	case form == "json":
		err = console.JSON(cmd.OutOrStdout(), setUp{shown.Phones, shown.People, shown.Rows})
	case form == "csv":
		err = printSetUpCSV(cmd.OutOrStdout(), shown.Rows)
	default:
		err = printSetUpText(cmd.OutOrStdout(), shown)
	}
	if err == nil && len(faults) > 0 {
		return cli.ErrSaid
	}
	return err
}

func printSetUpCSV(w io.Writer, rows []provisioning.Row) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{r.Desk, r.Person, r.Site, r.Cluster, r.Phone, string(r.Check), string(r.Grade), r.Says, r.Fix}
	}
	return console.CSV(w, "DESK PERSON SITE CLUSTER PHONE CHECK GRADE SAYS FIX", cells)
}

// printSetUpText prints what will not work first, and what is alike together.
func printSetUpText(w io.Writer, r provisioning.Report) error {
	var cells [][]string
	for _, grade := range []provisioning.Grade{provisioning.Fault, provisioning.Warning, provisioning.Unknown, provisioning.OK} {
		for _, c := range provisioning.Checks() {
			alike := slices.DeleteFunc(slices.Clone(r.Rows), func(row provisioning.Row) bool { return row.Grade != grade || row.Check != provisioning.Check(c[0]) })
			cells = append(cells, cellsOf(alike)...)
		}
	}
	if err := console.List(w, "such checks", "GRADE CHECK OF SAYS", cells); err != nil {
		return err
	}
	console.Say(w, "\nReady for logins: %s; %s\n", readyText(r.Phones, "phone", "phones"), readyText(r.People, "person", "people"))
	return nil
}

// fewShown is how many of those whose words are the same, but for their names, are told each.
const fewShown = 5

// cellsOf tells the rows of a check that have one grade: those that say the same together, and of
// the others so many.
func cellsOf(rows []provisioning.Row) (cells [][]string) {
	type words struct{ says, fix string }
	var order []words
	alike := make(map[words][]provisioning.Row)
	for _, r := range rows {
		k := words{r.Says, r.Fix}
		if alike[k] == nil {
			order = append(order, k)
		}
		alike[k] = append(alike[k], r)
	}
	for n, k := range order {
		first := alike[k][0]
		if n == fewShown && len(order) > fewShown+1 {
			more := 0
			for _, rest := range order[n:] {
				more += len(alike[rest])
			}
			return append(cells, []string{string(first.Grade), string(first.Check), console.Count(more, "more", "more"), "deskd doctor phones -o csv names each"})
		}
		says := k.says
		if k.fix != "" {
			says += " -> " + k.fix
		}
		cells = append(cells, []string{string(first.Grade), string(first.Check), ofText(alike[k]), says})
	}
	return cells
}

// ofText names whom a row is about, or counts them.
func ofText(rows []provisioning.Row) string {
	if len(rows) == 1 && rows[0].Desk != "" {
		return "desk " + rows[0].Desk
	}
	if len(rows) == 1 {
		return "person " + rows[0].Person
	}
	desks := 0
	for _, r := range rows {
		if r.Desk != "" {
			desks++
		}
	}
	people := len(rows) - desks
	switch {
	case people == 0:
		return console.Count(desks, "desk", "desks")
	case desks == 0:
		return console.Count(people, "person", "people")
	}
	return console.Count(desks, "desk", "desks") + ", " + console.Count(people, "person", "people")
}

func readyText(r provisioning.Ready, one, many string) string {
	all := r.Yes + r.No + r.Unknown
	text := console.Sprintf("%d of %s", r.Yes, console.Count(all, one, many))
	if r.No > 0 {
		text += console.Sprintf(", %d not", r.No)
	}
	if r.Unknown > 0 {
		text += console.Sprintf(", %d not known", r.Unknown)
	}
	return text
}
