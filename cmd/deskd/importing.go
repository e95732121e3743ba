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
	"time"

	"github.com/spf13/cobra"

	"deskd/configs"
	"deskd/reservations"
	"deskd/store"
)

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import desks|people|reservations FILE.csv",
		Short: "Import desks, people or reservations from a CSV file",
		Long: `Import a CSV file with a header line. What is there already is updated, so that a
corrected file is simply imported again; nothing is removed. Lines that cannot be
used are reported with their number, and the others are imported. Exit code 1: some
line was left out.

  desks         id,site,cluster,device,name,floor,zone,mail,aliases
  people        person,mail,name,profile,protected,aliases
  reservations  desk,person,start,end,note             (RFC 3339, or local to the site)

Several addresses or aliases in one field are separated by semicolons. The mail and
aliases of a desk are what calendars call it besides its id; no two desks may share one,
and no two people. A person's alias that is also somebody else's user id or name is
told as a note.

Columns may come in any order; those after the fourth of desks, after the first of
people and note may be missing. FILE "-" is standard input.`,
		Args:      cobra.MatchAll(takes(2), func(_ *cobra.Command, args []string) error { return checkKind(args[0]) }),
		ValidArgs: []string{"desks", "people", "reservations"},
		RunE: func(cmd *cobra.Command, args []string) error {
			dryRun, err := cmd.Flags().GetBool("dry-run")
			if err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				in, err := openInput(cmd, args[1])
				if err != nil {
					return usageError{err}
				}
				defer in.Close() //nolint:errcheck // it was only read
				i := importer{app: a, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), file: args[1], dryRun: dryRun}
				return i.run(ctx, args[0], in)
			})
		},
	}
	cmd.Flags().Bool("dry-run", false, "say what would be imported, and import nothing")
	return cmd
}

func openInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(path) //nolint:gosec // whoever runs the verb names the file
}

// importer imports one file. Lines that cannot be used are told on errs.
type importer struct {
	*app
	out, errs io.Writer
	file      string
	dryRun    bool
	bad       []complaint
	notes     []complaint // of lines that are used
}

// complaint is why a line cannot be used.
type complaint struct {
	line int
	err  error
}

func (i *importer) run(ctx context.Context, kind string, in io.Reader) error {
	records, err := i.read(kind, in)
	if err != nil {
		return err
	}
	var done store.Imported
	var lines []int
	switch kind {
	case "desks":
		rows, at := collect(i, records, i.desk)
		lines = at
		done, err = i.store.ImportDesks(ctx, rows, i.dryRun)
	case "people":
		rows, at := collect(i, records, person)
		lines = at
		done, err = i.store.ImportPeople(ctx, rows, i.dryRun)
		if err == nil {
			err = i.warnAlike(ctx, rows, lines)
		}
	default:
		now := i.clock.Now()
		sites, problem := i.deskSites(ctx)
		if problem != nil {
			return problem
		}
		rows, at := collect(i, records, func(r record) (reservations.Reservation, error) { return i.reservation(r, sites, now) })
		lines = at
		done, err = i.store.ImportReservations(ctx, rows, i.dryRun, now)
	}
	if err != nil {
		return err
	}
	for _, n := range done.Notes {
		i.notes = append(i.notes, complaint{lines[n.Row], n.Err})
	}
	for _, refused := range done.Refused {
		err := refused.Err
		if refused.Rival >= 0 {
			err = fmt.Errorf("%w on line %d", err, lines[refused.Rival])
		}
		i.complain(lines[refused.Row], err)
	}
	return i.summary(kind, done)
}

// summary tells what cannot be used, in the order of the file, and what came of
// the rest.
func (i *importer) summary(kind string, done store.Imported) error {
	slices.SortStableFunc(i.bad, func(a, b complaint) int { return cmp.Compare(a.line, b.line) })
	for _, c := range i.bad {
		fmt.Fprintf(i.errs, "%s:%d: %v\n", i.file, c.line, c.err)
	}
	for _, c := range i.notes {
		fmt.Fprintf(i.errs, "%s:%d: note: %v\n", i.file, c.line, c.err)
	}
	what := "imported"
	if i.dryRun {
		what = "would be imported"
	}
	fmt.Fprintf(i.out, "%s %s: %d added, %d updated, %d unchanged, %d left out\n", kind, what, done.Added, done.Updated, done.Unchanged, len(i.bad))
	if len(i.bad) > 0 {
		return errSaid
	}
	return nil
}

func (i *importer) complain(line int, err error) { i.bad = append(i.bad, complaint{line, err}) }

// collect makes rows of records and tells which lines they stand on; a record
// that is no row is complained about.
func collect[T any](i *importer, records []record, row func(record) (T, error)) ([]T, []int) {
	var rows []T
	var lines []int
	for _, r := range records {
		made, err := row(r)
		if err != nil {
			i.complain(r.line, err)
			continue
		}
		rows, lines = append(rows, made), append(lines, r.line)
	}
	return rows, lines
}

func (i *importer) desk(r record) (reservations.Desk, error) {
	f := r.fields
	d := reservations.Desk{
		ID: f["id"], Site: f["site"], Cluster: f["cluster"], Device: strings.ToUpper(f["device"]),
		Name: f["name"], Floor: f["floor"], Zone: f["zone"], Mail: several(f["mail"]), Aliases: several(f["aliases"]),
	}
	if _, ok := i.sites[d.Site]; !ok && d.Site != "" {
		return d, fmt.Errorf("desk %q: site %q is not in the configuration (key sites)", d.ID, d.Site)
	}
	known := slices.ContainsFunc(i.config.Clusters, func(c configs.Cluster) bool { return c.Name == d.Cluster })
	if !known && d.Cluster != "" {
		return d, fmt.Errorf("desk %q: cluster %q is not in the configuration (key clusters)", d.ID, d.Cluster)
	}
	return d, d.Check()
}

func person(r record) (reservations.Person, error) {
	f := r.fields
	p := reservations.Person{ID: f["person"], Mail: several(f["mail"]), Name: f["name"], Profile: f["profile"], Aliases: several(f["aliases"])}
	if text := f["protected"]; text != "" {
		yes, err := parseBool(text)
		if err != nil {
			return p, fmt.Errorf("person %q: protected %q: yes or no", p.ID, text)
		}
		p.Protected = yes
	}
	return p, p.Check()
}

// several splits a field that may hold several values: "a; b".
func several(field string) []string {
	var values []string
	for value := range strings.SplitSeq(field, ";") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "y":
		return true, nil
	case "no", "n":
		return false, nil
	}
	return strconv.ParseBool(text)
}

// deskSites tells the site of each desk, whose zone local times are in.
func (i *importer) deskSites(ctx context.Context) (map[string]string, error) {
	desks, err := i.store.Desks(ctx)
	if err != nil {
		return nil, err
	}
	sites := make(map[string]string, len(desks))
	for _, d := range desks {
		sites[d.ID] = d.Site
	}
	return sites, nil
}

func (i *importer) reservation(rec record, sites map[string]string, now time.Time) (reservations.Reservation, error) {
	f := rec.fields
	r := reservations.Reservation{Desk: f["desk"], Person: f["person"], Note: f["note"], Status: reservations.Confirmed, Source: reservations.SourceImport}
	span, err := i.parseSpan(f["start"], f["end"], sites[r.Desk], now)
	if err != nil {
		return r, fmt.Errorf("reservation of desk %q: %w", r.Desk, err)
	}
	r.Span = span
	return r, r.Check()
}
