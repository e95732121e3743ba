package imports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"deskd/cmd/deskd/console"
	"deskd/phone/devicelist"
	"deskd/reservations"
	"deskd/reservations/spelling"
	"deskd/store"
	"deskd/store/phones"
)

// PhonesKind is what can be imported of phones: a table, or a saved DeviceListX report.
const PhonesKind = "phones"

// phoneLine is what a line says of a phone.
type phoneLine struct {
	phones.News
	line int
}

// runPhones takes in where phones are. A phone that no desk has is left out: a list that a
// cluster writes has all of its phones, and that is nothing to be corrected.
func (i *Importer) runPhones(ctx context.Context, in io.Reader, now time.Time) (Report, error) {
	desks, err := i.Store.Desks(ctx)
	if err != nil {
		return Report{}, err
	}
	p := phoneImport{Importer: i, desks: make(map[string]reservations.Desk), at: make(map[netip.Addr]int), of: make(map[string]int), now: now}
	for _, d := range desks {
		p.desks[d.Device] = d
	}
	if err := p.read(in); err != nil {
		return Report{}, err
	}
	known, err := i.Store.Phones().All(ctx, "")
	if err != nil {
		return Report{}, err
	}
	r := Report{DryRun: i.DryRun, Changes: []Change{}}
	changes := p.differences(known, &r)
	if i.DryRun || i.List {
		r.Changes = changes
	}
	if err := p.save(ctx); err != nil {
		return Report{}, err
	}
	r.LeftOut, r.Problems, r.Notes = len(i.bad), together(i.bad), together(i.notes)
	return r, nil
}

// save takes in the news, unless this is a dry run.
func (p *phoneImport) save(ctx context.Context) error {
	if p.DryRun {
		return nil
	}
	saved, err := p.Store.Phones().Save(ctx, p.news(), p.now)
	if err == nil && saved.Older > 0 {
		p.notes = append(p.notes, complaint{0, fmt.Errorf("of %s something newer is known than the file tells: that stays", console.Count(saved.Older, "phone", "phones"))})
	}
	return err
}

// phoneImport is an import of phones under way.
type phoneImport struct {
	*Importer
	desks map[string]reservations.Desk // by device
	at    map[netip.Addr]int           // the lines of the addresses
	of    map[string]int               // and of the devices
	lines []phoneLine
	now   time.Time
}

func (p *phoneImport) news() []phones.News {
	all := make([]phones.News, len(p.lines))
	for n, l := range p.lines {
		all[n] = l.News
	}
	return all
}

// read reads a table or a report, whichever it is.
func (p *phoneImport) read(in io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(in, devicelist.MaxReport+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", p.File, err)
	}
	if len(raw) > devicelist.MaxReport {
		return fileError("%s has more than %d bytes", p.File, devicelist.MaxReport)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(text, []byte("<")) || len(text) == 0 && strings.EqualFold(filepath.Ext(p.File), ".xml") {
		return p.report(raw, writtenAt(in, p.now))
	}
	return p.Importer.read(PhonesKind, bytes.NewReader(raw), func(r record) {
		if err := p.row(r); err != nil {
			p.complain(r.line, err)
		}
	})
}

// writtenAt is when a file was written: what it tells is no newer.
func writtenAt(in io.Reader, now time.Time) time.Time {
	if file, ok := in.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return info.ModTime()
		}
	}
	return now
}

// errNoDesk is told of phones that no desk has.
var errNoDesk = errors.New("no desk has this phone: it is not kept")

// row takes in a line of a table.
func (p *phoneImport) row(r record) error {
	device, err := phoneName(r.of("device"))
	if err != nil {
		return err
	}
	if device == "" {
		return errors.New("a line without device")
	}
	desk, ok := p.desks[device]
	if !ok {
		p.notes = append(p.notes, complaint{r.line, fmt.Errorf("phone %q: %w", device, errNoDesk)})
		return nil
	}
	n := phones.News{Cluster: desk.Cluster, Device: device, Source: phones.CSV, Seen: p.now}
	if cluster := r.of("cluster"); cluster != "" && cluster != desk.Cluster {
		return fmt.Errorf("phone %q: it is that of desk %s, in cluster %q, not %q%s", device, desk.ID, desk.Cluster, cluster, spelling.Meant(cluster, []string{desk.Cluster}))
	}
	if r.has("address") {
		n.Address = new(netip.Addr)
		if text := r.of("address"); text != "" {
			if *n.Address, err = addressOf(text); err != nil {
				return fmt.Errorf("phone %q: %w", device, err)
			}
		}
	}
	if r.has("model") {
		model := r.of("model")
		if reservations.Legible(model) != model || len(model) > mostModel {
			return fmt.Errorf("phone %q: model %.80q: at most %d bytes that can be read", device, reservations.Legible(model), mostModel)
		}
		n.Model = &model
	}
	return p.take(n, r.line)
}

// mostModel is how long the name of a model may be.
const mostModel = 80

func addressOf(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, fmt.Errorf("address %.80q: expected one like 10.1.2.3 or 2001:db8::1", text)
	}
	return phones.Plain(a)
}

// take takes in news that stand alone with their device and their address.
func (p *phoneImport) take(n phones.News, line int) error {
	if other := p.of[n.Device]; other > 0 {
		return fmt.Errorf("phone %q: it is on line %d, too", n.Device, other)
	}
	p.of[n.Device] = line
	if n.Address != nil && n.Address.IsValid() {
		if other := p.at[*n.Address]; other > 0 {
			return fmt.Errorf("phone %q: its address %s is that of line %d, too", n.Device, n.Address, other)
		}
		p.at[*n.Address] = line
	}
	p.lines = append(p.lines, phoneLine{n, line})
	return nil
}

// report takes in a saved DeviceListX report, as of when it was saved. Of a phone that was not
// registered the address is not taken: another may have it by now.
func (p *phoneImport) report(raw []byte, saved time.Time) error {
	listed, err := devicelist.Read(bytes.NewReader(raw))
	if wrong, ok := errors.AsType[*devicelist.LineError](err); ok {
		return fileError("%s:%d: %w", p.File, wrong.Line, wrong.Err)
	}
	if err != nil {
		return fileError("%s: %w", p.File, err)
	}
	for _, l := range listed {
		if err := p.device(l, saved); err != nil {
			p.complain(l.Line, err)
		}
	}
	return nil
}

func (p *phoneImport) device(l devicelist.Device, saved time.Time) error {
	device, err := phoneName(l.Name)
	if err != nil {
		return err
	}
	desk, ok := p.desks[device]
	if !ok {
		p.notes = append(p.notes, complaint{l.Line, fmt.Errorf("phone %q: %w", device, errNoDesk)})
		return nil
	}
	n := phones.News{Cluster: desk.Cluster, Device: device, Source: phones.DeviceList, Seen: saved}
	switch l.Status {
	case devicelist.Registered:
		n.Registered = new(true)
		if l.Address.IsValid() {
			var at netip.Addr
			at, err = phones.Plain(l.Address)
			n.Address = &at
		}
	case devicelist.NotRegistered:
		n.Registered = new(false)
	case devicelist.NotFound: // nobody knew
	}
	if err != nil {
		return fmt.Errorf("phone %q: %w", device, err)
	}
	return p.take(n, l.Line)
}

// differences are what the lines change of what is known, and what they take from others. They
// are counted in r.
func (p *phoneImport) differences(known []phones.Phone, r *Report) []Change {
	was, at := make(map[[2]string]phones.Phone), make(map[netip.Addr]phones.Phone)
	for _, k := range known {
		was[[2]string{k.Cluster, k.Device}] = k
		if k.Address.IsValid() {
			at[k.Address] = k
		}
	}
	all := []Change{}
	for _, l := range p.lines {
		before, there := was[[2]string{l.Cluster, l.Device}]
		c := l.change(before)
		switch c.Added = !there; {
		case c.Added:
			r.Added++
		case len(c.Differs) > 0:
			r.Updated++
		default:
			r.Unchanged++
			continue
		}
		if l.Address != nil && l.Address.IsValid() {
			all = append(all, p.taken(l, at[*l.Address])...)
		}
		all = append(all, c)
	}
	return all
}

// taken is that another phone loses its address to that of a line, if it does.
func (p *phoneImport) taken(l phoneLine, other phones.Phone) []Change {
	if other.Device == "" || other.Device == l.Device && other.Cluster == l.Cluster || p.of[other.Device] > 0 || other.Seen.After(l.Seen) {
		return nil
	}
	lost := Change{Line: l.line, Item: other.Device, Columns: make(map[string]WasAndIs)}
	lost.differ("address", addressText(other.Address), "")
	return []Change{lost}
}

// change is what a line changes of what was known.
func (l phoneLine) change(before phones.Phone) Change {
	c := Change{Line: l.line, Item: l.Device, Columns: make(map[string]WasAndIs)}
	if l.Address != nil && !l.Seen.Before(before.Seen) {
		c.differ("address", addressText(before.Address), addressText(*l.Address))
	}
	if l.Model != nil {
		c.differ("model", before.Model, *l.Model)
	}
	if l.Registered != nil && !l.Seen.Before(before.RegisteredAt) {
		c.differ("registered", console.YesNo(before.Registered), console.YesNo(l.Registered))
	}
	return c
}

func (c *Change) differ(column, was, is string) {
	if was != is {
		c.Columns[column] = WasAndIs{was, is}
		c.Differs = append(c.Differs, store.ColumnChange{Column: column, Was: was, Is: is})
	}
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
