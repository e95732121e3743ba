package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/cmd/deskd/daemon"
	"deskd/reservations"
	"deskd/reservations/spelling"
	"deskd/store"
)

// Importer imports one file. It is used once.
type Importer struct {
	*daemon.Parts
	File     string // as messages name it
	Encoding string // one of [Encodings]; empty to find out
	DryRun   bool   // nothing is imported
	// Progress is told how many rows are written; nil for nobody.
	Progress func(written, all int)

	bad   []complaint
	notes []complaint // of lines that are used
}

// FileError is a mistake in the file as a whole, for which nothing of it is imported.
type FileError struct{ error }

func (f FileError) Unwrap() error { return f.error }

func fileError(format string, args ...any) error { return FileError{fmt.Errorf(format, args...)} }

// complaint is why a line cannot be used. Line 0 is the file itself.
type complaint struct {
	line int
	err  error
}

func (i *Importer) complain(line int, err error) { i.bad = append(i.bad, complaint{line, err}) }

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

// progress tells who wants to know.
func (i *Importer) progress(written, all int) {
	if i.Progress != nil {
		i.Progress(written, all)
	}
}

// storeImport is the store's order for rows.
func storeImport[T any](i *Importer, rows []store.Row[T]) store.Import[T] {
	return store.Import[T]{Rows: rows, DryRun: i.DryRun, Progress: i.progress}
}

func linesOf[T any](rows []store.Row[T]) func(int) int {
	return func(row int) int { return rows[row].Line }
}

// collect makes rows of records; a record that is no row is complained about.
func collect[T any](i *Importer, records []record, row func(record) (T, error)) []store.Row[T] {
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

func (i *Importer) desk(r record) (reservations.Desk, error) {
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
func (i *Importer) deskSites(ctx context.Context) (map[string]string, error) {
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

func (i *Importer) reservation(rec record, sites map[string]string, now time.Time) (reservations.Reservation, error) {
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
