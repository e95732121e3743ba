package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/reservations/spelling"
	"deskd/store"
)

func importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import desks|people|reservations FILE.csv",
		Short: "Import desks, people or reservations from a CSV file",
		Long: `Import a CSV file with a header line. What is there already is updated, so that a
corrected file is simply imported again; nothing is removed. Lines that cannot be
used are reported with their number, and the others are imported. Exit code 1: some
line was left out.

  desks         id,site,cluster,device,name,floor,zone,mail,aliases
  people        person,mail,name,profile,protected,aliases,groups
  reservations  desk,person,start,end,note

Columns may come in any order and case. Only id, person, or desk and start, which say
what a line is about, have to be there. What a file has no column for stays as it is;
an empty cell clears. A new desk needs site, cluster and device; a new reservation
person and end. With --dry-run nothing is imported: every difference is listed, and
who would be logged out now.

Commas, semicolons or tabs may separate the columns, as spreadsheets write them; the
text is UTF-8 or UTF-16. What Excel for Windows saves as plain "CSV" is neither:
--encoding windows-1252 reads it.

Several addresses, aliases or groups in one cell are separated by semicolons. The mail and
aliases of a desk are what calendars call it besides its id; no two desks may share one,
and no two people. A person's alias that is also somebody else's user id or name is
told as a warning; where feeds look for people by name (match: name), so is each name
that several people have, with these feeds. Feeds may be allowed to book for a group (allow_people: ["@sales"]).

Devices may be written as the phone's MAC address. Times are RFC 3339, or local to the
desk's site: 2026-11-28 22:00 or 28.11.2026 22:00; a date alone is that whole day.
Protected is yes or no, true or false, ja or nein, 1 or 0, or an x.

Beside a running daemon the file is checked first and then written in small parts, so
that logins do not wait. An import that was interrupted is finished by importing the
file again. FILE "-" is standard input.`,
		Args:      cobra.MatchAll(takes(2), func(_ *cobra.Command, args []string) error { return checkKind(args[0]) }),
		ValidArgs: []string{"desks", "people", "reservations"},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.json, err = wantsJSON(cmd); err != nil {
				return err
			}
			if err := checkEncoding(o.encoding); err != nil {
				return err
			}
			return openApp(cmd, false, func(ctx context.Context, a *app) error {
				in, err := openInput(cmd, args[1])
				if err != nil {
					return usageError{err}
				}
				defer in.Close() //nolint:errcheck // it was only read
				i := importer{Parts: a.Parts, importOptions: o, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), file: args[1]}
				return i.run(ctx, args[0], in)
			})
		},
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "list what would change, and import nothing")
	cmd.Flags().StringVar(&o.encoding, "encoding", "", "read the file as utf-8, utf-16 or `windows-1252` (default: UTF-8, or UTF-16 if it is)")
	addOutput(cmd)
	return cmd
}

// importOptions are the flags of import.
type importOptions struct {
	dryRun, json bool
	encoding     string
}

func openInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(path) //nolint:gosec // whoever runs the verb names the file
}

// importer imports one file. Lines that cannot be used are told on errs.
type importer struct {
	*daemon.Parts
	importOptions
	out, errs io.Writer
	file      string
	bad       []complaint
	notes     []complaint // of lines that are used
}

// complaint is why a line cannot be used. Line 0 is the file itself.
type complaint struct {
	line int
	err  error
}

func (i *importer) run(ctx context.Context, kind string, in io.Reader) error {
	records, err := i.read(kind, in)
	if err != nil {
		return err
	}
	now := i.Clock.Now()
	var done store.Imported
	var lines func(row int) int
	local := func(_ int, err error) error { return err }
	switch kind {
	case "desks":
		rows := collect(i, records, i.desk)
		lines = linesOf(rows)
		done, err = i.Store.ImportDeskRows(ctx, importOf(i, rows))
	case "people":
		rows := collect(i, records, person)
		lines = linesOf(rows)
		if done, err = i.Store.ImportPersonRows(ctx, importOf(i, rows)); err == nil {
			err = errors.Join(i.noteAlike(ctx, rows), i.noteNames(ctx, rows, &done))
		}
	default:
		sites, problem := i.deskSites(ctx)
		if problem != nil {
			return problem
		}
		rows := collect(i, records, func(r record) (reservations.Reservation, error) { return i.reservation(r, sites, now) })
		lines = linesOf(rows)
		local = func(row int, err error) error {
			return console.LocalError(err, i.View.Zone(sites[rows[row].Is.Desk]), now)
		}
		if done, err = i.Store.ImportReservationRows(ctx, importOf(i, rows), now); err == nil {
			err = i.noteTwoDesks(ctx, used(rows, done.Refused), now)
		}
	}
	if err != nil {
		return err
	}
	for _, n := range done.Notes {
		i.notes = append(i.notes, complaint{lines(n.Row), n.Err})
	}
	for _, refused := range done.Refused {
		err := local(refused.Row, refused.Err)
		if refused.Rival >= 0 {
			err = fmt.Errorf("%w on line %d", err, lines(refused.Rival))
		}
		i.complain(lines(refused.Row), err)
	}
	return i.summary(ctx, kind, done, lines, now)
}

func (i *importer) complain(line int, err error) { i.bad = append(i.bad, complaint{line, err}) }

// used are the rows that an import has not left out.
func used[T any](rows []store.Row[T], refused []store.Refused) []store.Row[T] {
	out := make(map[int]bool, len(refused))
	for _, r := range refused {
		out[r.Row] = true
	}
	var in []store.Row[T]
	for n, r := range rows {
		if !out[n] {
			in = append(in, r)
		}
	}
	return in
}

// importOf is the store's order for rows.
func importOf[T any](i *importer, rows []store.Row[T]) store.Import[T] {
	return store.Import[T]{Rows: rows, DryRun: i.dryRun, Progress: i.progress()}
}

func linesOf[T any](rows []store.Row[T]) func(int) int {
	return func(row int) int { return rows[row].Line }
}

// collect makes rows of records; a record that is no row is complained about.
func collect[T any](i *importer, records []record, row func(record) (T, error)) []store.Row[T] {
	var rows []store.Row[T]
	for _, r := range records {
		made, err := row(r)
		if err != nil {
			i.complain(r.line, err)
			continue
		}
		rows = append(rows, store.Row[T]{Is: made, Columns: r.columns, Line: r.line})
	}
	return rows
}

func (i *importer) desk(r record) (reservations.Desk, error) {
	f := r.fields
	d := reservations.Desk{
		ID: f["id"], Site: f["site"], Cluster: f["cluster"],
		Name: f["name"], Floor: f["floor"], Zone: f["zone"], Mail: addresses(f["mail"]), Aliases: several(f["aliases"]),
	}
	if sites := i.View.SiteNames(); !slices.Contains(sites, d.Site) && d.Site != "" {
		return d, fmt.Errorf("desk %q: site %q is not in the configuration (key sites)%s", d.ID, d.Site, spelling.Meant(d.Site, sites))
	}
	var clusters []string
	for _, c := range i.Config.Clusters {
		clusters = append(clusters, c.Name)
	}
	at := slices.Index(clusters, d.Cluster)
	if at < 0 && d.Cluster != "" {
		return d, fmt.Errorf("desk %q: cluster %q is not in the configuration (key clusters)%s", d.ID, d.Cluster, spelling.Meant(d.Cluster, clusters))
	}
	device, err := phoneName(f["device"])
	if err == nil && device != "" && at >= 0 {
		device, err = i.Config.Clusters[at].Device(device)
	}
	if err != nil {
		return d, fmt.Errorf("desk %q: %w", d.ID, err)
	}
	d.Device = device
	return d, nil
}

func person(r record) (reservations.Person, error) {
	f := r.fields
	p := reservations.Person{ID: f["person"], Mail: addresses(f["mail"]), Name: f["name"], Profile: f["profile"], Aliases: several(f["aliases"]), Groups: several(f["groups"])}
	if text := f["protected"]; text != "" {
		yes, err := parseBool(text)
		if err != nil {
			return p, fmt.Errorf("person %q: protected %q: yes or no", p.ID, text)
		}
		p.Protected = yes
	}
	return p, nil
}

// deskSites tells the site of each desk, whose zone local times are in.
func (i *importer) deskSites(ctx context.Context) (map[string]string, error) {
	desks, err := i.Store.Desks(ctx)
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
	r := reservations.Reservation{Desk: f["desk"], Person: f["person"], Note: f["note"]}
	if r.Desk == "" {
		return r, fmt.Errorf("reservation without desk")
	}
	var err error
	zone := i.View.Zone(sites[r.Desk])
	if r.Start, err = cellTime(f["start"], zone, now, false); err != nil {
		return r, fmt.Errorf("reservation of desk %q: start: %w", r.Desk, err)
	}
	if err := reservations.CheckNote(r.Note); err != nil {
		return r, fmt.Errorf("reservation of desk %q: %w", r.Desk, err)
	}
	if !rec.has("end") {
		return r, nil
	}
	if r.End, err = cellTime(f["end"], zone, now, true); err != nil {
		return r, fmt.Errorf("reservation of desk %q: end: %w", r.Desk, err)
	}
	if !r.End.After(r.Start) {
		return r, fmt.Errorf("reservation of desk %q: end %q (%s) is not after start %q (%s)", r.Desk, f["end"], console.DayTime(r.End, zone), f["start"], console.DayTime(r.Start, zone))
	}
	return r, nil
}

// several splits a cell that may hold several values: "a; b".
func several(cell string) []string { return split(cell, ";\n") }

// addresses splits a cell that may hold several mail addresses, in none of which
// there is a comma or a blank.
func addresses(cell string) []string { return split(cell, ";, \t\n") }

func split(cell, separators string) []string {
	var values []string
	for _, value := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}
