package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
)

type deskRow struct {
	ID      string `gorm:"primaryKey"`
	Site    string
	Cluster string
	Device  string
	Name    string
	Floor   string
	Zone    string
}

func (deskRow) TableName() string { return "desks" }

// deskNameRow is a mail address or alias of a desk.
type deskNameRow struct {
	Key  string `gorm:"primaryKey"` // reservations.NameKey of Name
	Name string
	Mail bool
	Desk string
}

func (deskNameRow) TableName() string { return "desk_names" }

// Desks implements [deskd/scheduler.Book]. Addresses and aliases are in
// alphabetical order.
func (s *Store) Desks(ctx context.Context) ([]reservations.Desk, error) {
	desks, err := desksOf(s.db.Read(ctx))
	if err != nil {
		return nil, fmt.Errorf("read desks: %w", err)
	}
	return desks, nil
}

// desksOf reads the desks of these ids, all of them when there are none.
func desksOf(tx *gorm.DB, ids ...string) ([]reservations.Desk, error) {
	var rows []deskRow
	if err := only(tx, "id", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var named []deskNameRow
	if err := only(tx, "desk", ids).Order("key").Find(&named).Error; err != nil {
		return nil, err
	}
	byDesk := make(map[string][]deskNameRow, len(rows))
	for _, n := range named {
		byDesk[n.Desk] = append(byDesk[n.Desk], n)
	}
	desks := make([]reservations.Desk, len(rows))
	for i, r := range rows {
		desks[i] = r.noun(byDesk[r.ID])
	}
	return desks, nil
}

// only narrows a query to the rows with one of ids in column, unless there are no
// ids.
func only(tx *gorm.DB, column string, ids []string) *gorm.DB {
	if len(ids) == 0 {
		return tx
	}
	return tx.Where(column+" IN ?", ids)
}

func (r deskRow) noun(named []deskNameRow) reservations.Desk {
	d := reservations.Desk{ID: r.ID, Site: r.Site, Cluster: r.Cluster, Device: r.Device, Name: r.Name, Floor: r.Floor, Zone: r.Zone}
	for _, n := range named {
		if n.Mail {
			d.Mail = append(d.Mail, n.Name)
		} else {
			d.Aliases = append(d.Aliases, n.Name)
		}
	}
	return d
}

func deskRowOf(d reservations.Desk) deskRow {
	return deskRow{ID: d.ID, Site: d.Site, Cluster: d.Cluster, Device: d.Device, Name: d.Name, Floor: d.Floor, Zone: d.Zone}
}

// deskNames are the addresses and aliases of d by key. One that is both is an
// address.
func deskNames(d reservations.Desk) []deskNameRow {
	byKey := make(map[string]deskNameRow)
	for _, a := range d.Aliases {
		key := reservations.NameKey(a)
		byKey[key] = deskNameRow{key, a, false, d.ID}
	}
	for _, m := range d.Mail {
		key := reservations.NameKey(m)
		byKey[key] = deskNameRow{key, m, true, d.ID}
	}
	rows := slices.Collect(maps.Values(byKey))
	slices.SortFunc(rows, func(a, b deskNameRow) int { return strings.Compare(a.Key, b.Key) })
	return rows
}

// deskThings is what d has to itself: its phone, and what calendars call it.
// Its name is not among them: "Window" may be that of many.
func deskThings(d reservations.Desk) []string {
	things := []string{d.Device, reservations.NameKey(d.ID)}
	for _, n := range deskNames(d) {
		things = append(things, n.Key)
	}
	return things
}

// Desk returns the desk called id. The error is [reservations.ErrUnknownDesk]
// and names the nearest id there is.
func (s *Store) Desk(ctx context.Context, id string) (reservations.Desk, error) {
	d, err := findDesk(s.db.Read(ctx), id)
	return d, err
}

func findDesk(tx *gorm.DB, id string) (reservations.Desk, error) {
	var row deskRow
	err := tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		known, err := readDirectory(tx)
		if err != nil {
			return reservations.Desk{}, err
		}
		return reservations.Desk{}, known.unknownDesk(id)
	}
	if err != nil {
		return reservations.Desk{}, err
	}
	var named []deskNameRow
	err = tx.Where("desk = ?", id).Order("key").Find(&named).Error
	return row.noun(named), err
}

// ImportDesks is [Store.ImportDeskRows] for desks that are told whole, without
// the list of changes.
func (s *Store) ImportDesks(ctx context.Context, desks []reservations.Desk, dryRun bool) (Imported, error) {
	im, err := s.ImportDeskRows(ctx, Import[reservations.Desk]{Rows: whole(desks), DryRun: dryRun})
	im.Changes = nil
	return im, err
}

// ImportDeskRows adds desks and updates those with a known id. Phones, addresses
// and aliases may move between desks in any order. A row that is not a usable
// desk, names an unknown site or cluster, stands there twice, is new and lacks a
// column, or wants the phone of another desk or something another is called, is
// refused and the rest goes on. No desk is ever removed. With a dry run the answer
// is the same and nothing changes. See the top of this package's importing.go for
// what holds while it writes.
func (s *Store) ImportDeskRows(ctx context.Context, in Import[reservations.Desk]) (im Imported, err error) {
	var parts [][]claim
	desks, known := make([]reservations.Desk, len(in.Rows)), make(map[string]reservations.Desk)
	err = s.checked(ctx, func(tx *gorm.DB) error {
		have, err := desksOf(tx)
		if err != nil {
			return err
		}
		held := make(map[string]string, 2*len(have))
		for _, d := range have {
			known[d.ID] = d
			for _, thing := range deskThings(d) {
				held[thing] = d.ID
			}
		}
		claims, err := checkDesks(tx, in.Rows, desks, known, &im)
		if err != nil {
			return err
		}
		claims, refused := settleClaims("desk", claims, held)
		im.Refused = append(im.Refused, refused...)
		parts = batches(slices.DeleteFunc(claims, func(c claim) bool {
			old, ok := known[c.owner]
			return !im.count(changeOf(c.row, old, desks[c.row], !ok, deskColumns))
		}), held)
		return nil
	})
	if err != nil || in.DryRun {
		return im.ended("desks", err)
	}
	err = s.inBatches(ctx, sizes(parts), in.Progress, func(i int) error {
		return s.writePart(ctx, parts[i], &im, func(c claim) bool { _, ok := known[c.owner]; return !ok }, func(tx *gorm.DB) error {
			return writeDesks(tx, desks, parts[i], known)
		})
	})
	return im.ended("desks", err)
}

// checkDesks makes the desks of the rows, refuses those that cannot be desks and
// returns what the others claim.
func checkDesks(tx *gorm.DB, rows []Row[reservations.Desk], desks []reservations.Desk, known map[string]reservations.Desk, im *Imported) ([]claim, error) {
	sites, err := names(tx, "sites", "name")
	if err != nil {
		return nil, err
	}
	clusters, err := names(tx, "clusters", "name")
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var claims []claim
	for i, r := range rows {
		old, ok := known[r.Is.ID]
		old.ID = r.Is.ID
		d := merge(old, r, deskColumns)
		desks[i] = d
		err := lacks(r, deskColumns)
		if ok || d.ID == "" {
			err = nil
		}
		if err == nil {
			err = d.Check()
		} else {
			err = fmt.Errorf("desk %q: %w", d.ID, err)
		}
		switch {
		case err != nil:
		case !sites[d.Site]:
			err = fmt.Errorf("desk %q: %w: %q; name it under sites in the configuration", d.ID, reservations.ErrUnknownSite, d.Site)
		case !clusters[d.Cluster]:
			err = fmt.Errorf("desk %q: no such cluster: %q; name it under clusters in the configuration", d.ID, d.Cluster)
		case seen[d.ID]:
			err = fmt.Errorf("desk %q is listed twice", d.ID)
		default:
			seen[d.ID] = true
			claims = append(claims, claim{i, d.ID, deskThings(d)})
			continue
		}
		im.refuse(i, err)
	}
	return claims, nil
}

// writeDesks writes the rows of claims, if the desks are still those known. What
// changes hands is let go first, because the database allows it to one desk at
// any moment.
func writeDesks(tx *gorm.DB, desks []reservations.Desk, claims []claim, known map[string]reservations.Desk) error {
	have, err := desksOf(tx, owners(claims)...)
	if err != nil {
		return err
	}
	now := make(map[string]reservations.Desk, len(have))
	for _, d := range have {
		now[d.ID] = d
	}
	var was []deskNameRow
	if err := tx.Where("desk IN ?", owners(claims)).Find(&was).Error; err != nil {
		return err
	}
	stored := make(map[string][]deskNameRow)
	for _, n := range was {
		stored[n.Desk] = append(stored[n.Desk], n)
	}
	var rows []deskRow
	var named []deskNameRow
	for _, c := range claims {
		d := desks[c.row]
		old, ok := known[d.ID]
		if !sameDesk(old, now[d.ID]) {
			return fmt.Errorf("desk %q: %w", d.ID, ErrChanged)
		}
		gone, come := namesChanged(stored[d.ID], deskNames(d), func(a, b deskNameRow) bool { return a == b })
		rows, named = append(rows, deskRowOf(d)), append(named, come...)
		if !ok {
			continue
		}
		if err := letGo(tx, old, d, gone); err != nil {
			return err
		}
	}
	if err := replace(tx, &rows); err != nil {
		return err
	}
	return createAll(tx, named)
}

func sameDesk(a, b reservations.Desk) bool {
	return deskRowOf(a) == deskRowOf(b) && slices.Equal(deskNames(a), deskNames(b))
}

// letGo takes from the stored desk what d may no longer have: its phone, and the
// names that are gone.
func letGo(tx *gorm.DB, old, d reservations.Desk, gone []deskNameRow) error {
	if old.Device != d.Device {
		err := tx.Model(&deskRow{}).Where("id = ?", d.ID).Update("device", gorm.Expr("'moving from ' || id")).Error
		if err != nil {
			return err
		}
	}
	return removeAll(tx, gone)
}
