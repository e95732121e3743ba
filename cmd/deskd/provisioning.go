package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/doctor"
	"deskd/cmd/deskd/doctor/provisioning"
)

// provisioned are the flags of doctor --provisioning.
type provisioned struct {
	on bool
	provisioning.Options
}

func (p provisioned) run(cmd *cobra.Command) error {
	form, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
		findings, err := provisioning.Examine(ctx, a.Parts, p.Options)
		if err != nil {
			return err
		}
		switch out := cmd.OutOrStdout(); form {
		case "json":
			err = console.JSON(out, findings)
		case "csv":
			rows := make([][]string, len(findings))
			for i, f := range findings {
				kind, of, _ := strings.Cut(f.What, " ")
				rows[i] = []string{string(f.Grade), kind, of, f.Check, f.Says, f.Fix}
			}
			err = console.CSV(out, "GRADE KIND OF CHECK SAYS FIX", rows)
		default:
			err = printProvisioning(out, findings)
		}
		if err == nil && slices.ContainsFunc(findings, func(f provisioning.Finding) bool { return f.Grade == provisioning.Wrong }) {
			return cli.ErrSaid
		}
		return err
	})
}

// printProvisioning prints what is not ok, and how each check has ended as a whole.
func printProvisioning(w io.Writer, findings []provisioning.Finding) error {
	var shown []doctor.Finding
	count := make(map[string]map[provisioning.Grade]int)
	for _, f := range findings {
		if count[f.Check] == nil {
			count[f.Check] = make(map[provisioning.Grade]int)
		}
		count[f.Check][f.Grade]++
		if f.Grade != provisioning.OK {
			shown = append(shown, doctor.Finding{Grade: string(f.Grade), What: f.What, Says: f.Check + ": " + f.Says, Fix: f.Fix})
		}
	}
	if len(shown) > 0 {
		if err := printFindings(w, "deskd doctor --provisioning", shown); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	var rows [][]string
	for _, check := range provisioning.Checks {
		row := []string{check}
		for _, g := range []provisioning.Grade{provisioning.OK, provisioning.Odd, provisioning.Wrong, provisioning.Unknown} {
			row = append(row, fmt.Sprint(count[check][g]))
		}
		rows = append(rows, row)
	}
	return console.Table(w, "CHECK OK ODD WRONG UNKNOWN", rows)
}
