package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/imports"
)

const importHelp = `Import a CSV file with a header line. What is there already is updated, so that a
corrected file is simply imported again; nothing is removed. Lines that cannot be
used are reported with their number, and the others are imported. Exit code 1: some
line was left out.

  desks         id,site,cluster,device,name,floor,zone,mail,aliases,owner
  people        person,mail,name,profile,protected,aliases,groups,role
  reservations  desk,person,start,end,note
  phones        device,cluster,address,model

Columns may come in any order and case. Only id, person, device, or desk and start, which
say what a line is about, have to be there. What a file has no column for stays as it is;
an empty cell clears. A new desk needs site, cluster and device; a new reservation
person and end. With --dry-run nothing is imported: every difference is listed, and
who would be logged out now.

Commas, semicolons or tabs may separate the columns, as spreadsheets write them; the
text is UTF-8 or UTF-16. What Excel for Windows saves as plain "CSV" is neither:
--encoding windows-1252 reads it.

Several addresses, aliases or groups in one cell are separated by semicolons. The mail and
aliases of a desk are what calendars call it besides its id; no two desks may share one,
and no two people. The owner of a desk is the user id of a person, who is imported first.
A person's alias that is also another's user id or name is
told as a warning; where feeds look for people by name (match: name), so is each name
that several people have, with these feeds. Feeds may be allowed to book for a group (allow_people: ["@sales"]).

Devices may be written as the phone's MAC address. Times are RFC 3339, or local to the
desk's site: 2026-11-28 22:00 or 28.11.2026 22:00; a date alone is that whole day.
Protected is yes or no, true or false, ja or nein, 1 or 0, or an x.

Phones may also be a saved DeviceListX report (XML), which tells what was so when its file
was written, and no address of a phone that was not registered. A report with a mistake is
refused whole, with its line. A phone that no desk has is told as a warning and not kept.
An address that another phone had goes from that to the one in the file; what is known
since is not overwritten by what is older.

A calendar is an iCalendar file (.ics), whose events are booked as they are now: what
becomes of them in their calendar later does not matter, as it does to a feed. Without
--desk and --person each event names both, as those of a feed of kind site do. What is
booked is from today to 400 days ahead; --from and --to ask for other days. Events that
name no known desk or person are reported with their line. "deskd check feed FILE" tells
more of them.

Beside a running daemon the file is checked first and then written in small parts, so
that logins do not wait. An import that was interrupted is finished by importing the
file again. FILE "-" is standard input.`

func importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:       "import desks|people|reservations|phones|calendar FILE",
		Short:     "Import desks, people, reservations or phones from a file, or bookings from a calendar",
		Long:      importHelp,
		Args:      cobra.MatchAll(cli.Takes(2), func(_ *cobra.Command, args []string) error { return checkKind(args[0]) }),
		ValidArgs: imports.Kinds,
		RunE:      func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0], args[1]) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list what would change, and import nothing")
	cmd.Flags().StringVar(&o.encoding, "encoding", "", "read the file as utf-8, utf-16 or `windows-1252` (default: UTF-8, or UTF-16 if it is)")
	cmd.Flags().String("site", "", "of a calendar: the `SITE` by whose clock days and times without a zone are read (default: the desk's, or the only one)")
	cmd.Flags().String("desk", "", "the calendar is that of this `DESK`")
	cmd.Flags().String("person", "", "the calendar is that of this `PERSON`")
	cmd.Flags().Bool("by-title", false, "of a calendar: the title of an event names its person")
	cmd.Flags().String("from", "", "of a calendar: the first day or instant (default today)")
	cmd.Flags().String("to", "", "of a calendar: the last day, or the instant it ends (default 400 days ahead)")
	cmd.MarkFlagsMutuallyExclusive("desk", "person")
	cli.AddOutput(cmd)
	return cmd
}

// importOptions are the flags of import.
type importOptions struct {
	dryRun, json bool
	encoding     string
}

func (o importOptions) run(cmd *cobra.Command, kind, file string) error {
	var err error
	if o.json, err = cli.WantsJSON(cmd); err != nil {
		return err
	}
	if err := checkEncoding(o.encoding); err != nil {
		return err
	}
	return openApp(cmd, false, func(ctx context.Context, a *app) error {
		in, err := openInput(cmd, file)
		if err != nil {
			return cli.Usage(err)
		}
		defer in.Close() //nolint:errcheck // it was only read
		i := imports.Importer{Parts: a.Parts, File: file, Encoding: o.encoding, DryRun: o.dryRun, List: o.json, Progress: importProgress(cmd.ErrOrStderr())}
		if i.Calendar, err = calendarFlags(ctx, cmd, a, kind); err != nil {
			return err
		}
		r, err := i.Run(ctx, kind, in)
		if err != nil {
			return err
		}
		return o.print(cmd, importOf{kind, file}, r)
	})
}

func openInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(path) //nolint:gosec // the user of the verb names the file
}

func checkKind(kind string) error {
	if !slices.Contains(imports.Kinds, kind) {
		return cli.Usagef("%q cannot be imported: desks, people, reservations, phones or a calendar", kind)
	}
	return nil
}

func checkEncoding(name string) error {
	if name != "" && !slices.Contains(imports.Encodings, name) {
		return cli.Usagef("--encoding %q: %s", name, strings.Join(imports.Encodings, ", "))
	}
	return nil
}

// importOf is what an import is of.
type importOf struct{ kind, file string }

// print tells what cannot be used, in the order of the file, and what came of the rest.
func (o importOptions) print(cmd *cobra.Command, of importOf, r imports.Report) error {
	var err error
	if o.json {
		err = console.JSON(cmd.OutOrStdout(), r)
	} else {
		err = printImport(cmd, of, r)
	}
	if err == nil && r.LeftOut > 0 {
		return cli.ErrSaid
	}
	return err
}

func printImport(cmd *cobra.Command, of importOf, r imports.Report) error {
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	for _, p := range r.Problems {
		console.Say(errs, "%s: %s\n", of.at(p), p.Text)
	}
	for _, p := range r.Notes {
		console.Say(errs, "%s: warning: %s\n", of.at(p), p.Text)
	}
	what := "imported"
	if r.DryRun {
		what = "would be imported"
		for _, c := range r.Changes {
			printChange(out, c)
		}
		for _, e := range r.Effects {
			fmt.Fprintln(out, e)
		}
	}
	_, err := console.Printf(out, "%s %s: %d added, %d updated, %d unchanged, %d left out\n", of.kind, what, r.Added, r.Updated, r.Unchanged, r.LeftOut)
	if err == nil && r.People > 0 {
		_, err = console.Printf(out, "%s of %s people protected: calendars may have the others logged in\n", grouped(r.Protected), grouped(r.People))
	}
	return err
}

// at is the place of a problem.
func (of importOf) at(p imports.Problem) string {
	if p.Lines[0] == 0 {
		return of.file
	}
	return fmt.Sprintf("%s:%d", of.file, p.Lines[0])
}

func printChange(out io.Writer, c imports.Change) {
	if c.Added {
		cells := []string{c.Item + ": new"}
		for _, d := range c.Differs {
			if d.Is != c.Item { // the user id, which is said already
				cells = append(cells, d.Column+" "+d.Is)
			}
		}
		fmt.Fprintln(out, strings.Join(cells, ", "))
		return
	}
	for _, d := range c.Differs {
		console.Say(out, "%s: %s %s -> %s\n", c.Item, d.Column, cmp.Or(d.Was, "(empty)"), cmp.Or(d.Is, "(empty)"))
	}
}

// importProgress shows how an import goes on that takes its time: as a bar on a
// terminal, by a line for each tenth elsewhere.
func importProgress(errs io.Writer) func(written, all int) {
	return progress(console.Behind(errs), isTerminal(console.Behind(errs)))
}

// longImport is how many rows take a second or two: of fewer nothing is shown.
const longImport = 2000

func progress(out io.Writer, bar bool) func(written, all int) {
	said := 0
	return func(written, all int) {
		tenths := 10 * written / all
		switch {
		case all < longImport:
		case bar:
			console.Say(out, "\r[%-40s] %d of %d rows ", strings.Repeat("#", 40*written/all), written, all)
			if written == all {
				fmt.Fprintln(out)
			}
		case tenths > said:
			said = tenths
			console.Say(out, "%d of %d rows written\n", written, all)
		}
	}
}

// isTerminal asks the driver: /dev/null is a character device, too.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// grouped is n with a comma before each three digits.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
