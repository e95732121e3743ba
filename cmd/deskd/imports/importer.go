package imports

import (
	"context"
	"fmt"
	"io"
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
	Calendar        // how a calendar is read
	DryRun   bool   // nothing is imported
	// List asks for what changes ([Report.Changes]), as a dry run does by itself. Of many
	// rows that takes more memory than all else.
	List bool
	// Progress is told how many rows are written; nil for nobody.
	Progress func(written, all int)

	bad   []complaint
	notes []complaint // of lines that are used
	times map[timeCell]time.Time
	most  int // lines the file can have, as it is read
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

// used tells which rows an import has not left out.
func used(refused []store.Refused) func(row int) bool {
	out := make(map[int]bool, len(refused))
	for _, r := range refused {
		out[r.Row] = true
	}
	return func(row int) bool { return !out[row] }
}

// progress tells who wants to know.
func (i *Importer) progress(written, all int) {
	if i.Progress != nil {
		i.Progress(written, all)
	}
}

// storeImport is the store's order for rows.
func storeImport[T any](i *Importer, rows []store.Row[T]) store.Import[T] {
	return store.Import[T]{Rows: rows, DryRun: i.DryRun, List: i.List || i.DryRun, Progress: i.progress}
}

func linesOf[T any](rows []store.Row[T]) func(int) int {
	return func(row int) int { return rows[row].Line }
}

// rowsOf makes rows of the file's lines; a line that is no row is complained about.
func rowsOf[T any](i *Importer, kind string, in io.Reader, row func(record) (T, error)) ([]store.Row[T], error) {
	var rows []store.Row[T]
	err := i.read(kind, in, func(r record) {
		made, err := row(r)
		if err != nil {
			i.complain(r.line, err)
			return
		}
		if rows == nil {
			rows = make([]store.Row[T], 0, i.most)
		}
		rows = append(rows, store.Row[T]{Is: made, Columns: r.columns, Line: r.line})
	})
	return rows, err
}

func (i *Importer) desk(r record) (reservations.Desk, error) {
	d := reservations.Desk{
		ID: r.of("id"), Site: r.of("site"), Cluster: r.of("cluster"),
		Name: r.of("name"), Floor: r.of("floor"), Zone: r.of("zone"), Mail: addresses(r.of("mail")), Aliases: several(r.of("aliases")), Owner: r.of("owner"),
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
	device, err := phoneName(r.of("device"))
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
	p := reservations.Person{ID: r.of("person"), Mail: addresses(r.of("mail")), Name: r.of("name"), Profile: r.of("profile"), Aliases: several(r.of("aliases")), Groups: several(r.of("groups")), Role: reservations.Role(r.of("role"))}
	if text := r.of("protected"); text != "" {
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

func (i *Importer) reservation(rec record, sites map[string]string, now time.Time) (store.Booking, error) {
	r := store.Booking{Desk: rec.of("desk"), Person: rec.of("person"), Note: strings.Clone(rec.of("note"))}
	if r.Desk == "" {
		return r, fmt.Errorf("reservation without desk")
	}
	var err error
	zone := i.View.Zone(sites[r.Desk])
	if r.Start, err = i.cellTime(rec.of("start"), zone, now, false); err != nil {
		return r, fmt.Errorf("reservation of desk %q: start: %w", r.Desk, err)
	}
	if err := reservations.CheckNote(r.Note); err != nil {
		return r, fmt.Errorf("reservation of desk %q: %w", r.Desk, err)
	}
	if !rec.has("end") {
		return r, nil
	}
	if r.End, err = i.cellTime(rec.of("end"), zone, now, true); err != nil {
		return r, fmt.Errorf("reservation of desk %q: end: %w", r.Desk, err)
	}
	if !r.End.After(r.Start) {
		return r, fmt.Errorf("reservation of desk %q: end %q (%s) is not after start %q (%s)", r.Desk, rec.of("end"), console.DayTime(r.End, zone), rec.of("start"), console.DayTime(r.Start, zone))
	}
	return r, i.tooOld(r, zone, now)
}

// tooOld refuses a reservation of which no row would be left tomorrow.
func (i *Importer) tooOld(r store.Booking, zone *time.Location, now time.Time) error {
	if oldest := now.Add(-time.Duration(i.Config.Retention.Reservations)); r.End.Before(oldest) {
		return fmt.Errorf("reservation of desk %q: it ended before %s: what is so old was counted and removed, or would be at night (retention.reservations)",
			r.Desk, console.DayTime(oldest, zone))
	}
	return nil
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
