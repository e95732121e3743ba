package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/doctor"
)

const doctorHelp = `Check the database, the clusters (connection, certificate, credentials, proxy right),
devices, people and their profiles, feeds, time zones and the last sweep. It asks
questions only and changes nothing on phones. Exit code 1: something has to be corrected.
Of many findings alike twenty are named; -o json and -o csv name all.

A phone system that refused the password is not asked again within a quarter of an
hour as long as the password is the same: tries with a wrong one lock the account.
--again asks it nevertheless, once, when that was corrected on the phone system's side; a
daemon that waits then goes on at once.

With --provisioning it checks instead how each desk's phone and each person is set up in
the phone system: whether the phone is known and registered, extension mobility, profile,
log-out profile, web access, authentication URL, controlled devices (of --push-user),
subscription, address, and whether that phone answers there. What no import, RISPort70 or
AXL has told is unknown, which is never ok.`

func doctorCommand() *cobra.Command {
	var again bool
	var set provisioned
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything deskd depends on, and say how to correct it",
		Long:  doctorHelp,
		Args:  cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if set.on {
				return set.run(cmd)
			}
			if set.PushUser != "" {
				return cli.Usagef("--push-user is for --provisioning")
			}
			findings, err := visit(cmd, doctor.Options{Again: again})
			if err != nil {
				return err
			}
			switch form, _ := cmd.Flags().GetString("output"); form {
			case "json":
				err = console.JSON(cmd.OutOrStdout(), findings)
			case "csv":
				rows := make([][]string, len(findings))
				for i, f := range findings {
					rows[i] = []string{f.Grade, f.What, f.Says, f.Fix}
				}
				err = console.CSV(cmd.OutOrStdout(), "GRADE WHAT SAYS FIX", rows)
			default:
				err = printFindings(cmd.OutOrStdout(), "deskd doctor", findings)
			}
			if err == nil && slices.ContainsFunc(findings, func(f doctor.Finding) bool { return f.Grade == "wrong" }) {
				return cli.ErrSaid
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&again, "again", false, "ask a phone system that has just refused the same password")
	cmd.Flags().BoolVar(&set.on, "provisioning", false, "check how phones and people are set up in the phone system")
	cmd.Flags().StringVar(&set.PushUser, "push-user", "", "with --provisioning: whether this end `user` controls the phones")
	cmd.MarkFlagsMutuallyExclusive("again", "provisioning")
	cli.AddOutput(cmd, "text", "json", "csv")
	return cmd
}

// visit examines what the command line's configuration names, without a database where
// there is none yet.
func visit(cmd *cobra.Command, o doctor.Options) (findings []doctor.Finding, err error) {
	c, err := cli.LoadConfig(cmd)
	if err != nil {
		return nil, err
	}
	opened := false
	err = cli.OpenWith(cmd, c, true, func(ctx context.Context, a *cli.App) error {
		opened = true
		findings, err = doctor.Examine(ctx, a.Parts, o)
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) || opened {
		return findings, err
	}
	return doctor.ExamineWithout(cmd.Context(), c, err, o)
}

// alikeShown is how many findings of a kind are shown in words.
const alikeShown = 20

// kindOf is what findings have in common that one cause makes by the thousand: a
// phone system that does not know the people of a file.
func kindOf(f doctor.Finding) [3]string {
	noun, _, _ := strings.Cut(f.What, " ")
	return [3]string{f.Grade, noun, f.Fix}
}

// printFindings prints the findings of a verb in words, those alike in part.
func printFindings(w io.Writer, verb string, findings []doctor.Finding) error {
	alike := make(map[[3]string]int)
	for _, f := range findings {
		alike[kindOf(f)]++
	}
	shown := make(map[[3]string]int)
	var rows [][]string
	for _, f := range findings {
		k := kindOf(f)
		shown[k]++
		if more := alike[k] - alikeShown; more > 1 && shown[k] > alikeShown {
			if shown[k] == alikeShown+1 {
				rows = append(rows, []string{f.Grade, k[1], fmt.Sprintf("%d more like these: %s -o json names them all", more, verb)})
			}
			continue
		}
		says := f.Says
		if f.Fix != "" && f.Grade != "ok" {
			says += " -> " + f.Fix
		}
		rows = append(rows, []string{f.Grade, f.What, says})
	}
	return console.Table(w, "GRADE WHAT SAYS", rows)
}
