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
	"deskd/store"
)

func doctorCommand() *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything deskd depends on, and say how to correct it",
		Long: `Check the database, the clusters (connection, certificate, credentials, proxy right),
devices, people and their profiles, feeds, time zones and the last sweep. It asks
questions only and changes nothing on phones. Exit code 1: something has to be corrected.
Of many findings alike twenty are named; -o json names all.

A phone system that refused the password is not asked again within a quarter of an
hour as long as the password is the same: tries with a wrong one lock the account.
--again asks it nevertheless, once, when that was corrected on the phone system's side; a
daemon that waits then goes on at once.

deskd doctor phones checks how each desk's phone and each person is set up there.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := cli.WantsJSON(cmd)
			if err != nil {
				return err
			}
			findings, err := visit(cmd, doctor.Options{Again: again})
			if err != nil {
				return err
			}
			if asJSON {
				err = console.JSON(cmd.OutOrStdout(), findings)
			} else {
				err = printFindings(cmd.OutOrStdout(), findings)
			}
			if err == nil && slices.ContainsFunc(findings, func(f doctor.Finding) bool { return f.Grade == "wrong" }) {
				return cli.ErrSaid
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&again, "again", false, "ask a phone system that has just refused the same password")
	cli.AddOutput(cmd)
	cmd.AddCommand(doctorPhonesCommand())
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
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, store.ErrNoDatabase) || opened {
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

// printFindings prints findings in words, those alike in part.
func printFindings(w io.Writer, findings []doctor.Finding) error {
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
				rows = append(rows, []string{f.Grade, k[1], fmt.Sprintf("%d more like these: deskd doctor -o json names them all", more)})
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
