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
	desks, err := desksOf(s.read.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("read desks: %w", explain(err))
	}
	return desks, nil
}

func desksOf(tx *gorm.DB) ([]reservations.Desk, error) {
	var rows []deskRow
	if err := tx.Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var named []deskNameRow
	if err := tx.Order("key").Find(&named).Error; err != nil {
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
	d, err := findDesk(s.read.WithContext(ctx), id)
	return d, explain(err)
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

// ImportDesks adds desks and updates those with a known id, in one transaction.
// Phones, addresses and aliases may move between desks in any order. A row that
// is not a usable desk, names an unknown site or cluster, stands there twice, or
// wants the phone of another desk or something another is called, is refused and
// the rest goes on. No desk is ever removed. With dryRun the answer is the same
// and nothing changes.
func (s *Store) ImportDesks(ctx context.Context, desks []reservations.Desk, dryRun bool) (Imported, error) {
	return s.importing(ctx, "desks", dryRun, func(tx *gorm.DB, im *Imported) error {
		have, err := desksOf(tx)
		if err != nil {
			return err
		}
		known := make(map[string]reservations.Desk, len(have))
		held := make(map[string]string, 2*len(have))
		for _, d := range have {
			known[d.ID] = d
			for _, thing := range deskThings(d) {
				held[thing] = d.ID
			}
		}
		claims, err := checkDesks(tx, desks, im)
		if err != nil {
			return err
		}
		claims, refused := settleClaims("desk", claims, held)
		im.Refused = append(im.Refused, refused...)
		return writeDesks(tx, desks, claims, known, im)
	})
}

// checkDesks refuses the rows that cannot be desks and returns what the others
// claim.
func checkDesks(tx *gorm.DB, desks []reservations.Desk, im *Imported) ([]claim, error) {
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
	for i, d := range desks {
		err := d.Check()
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

// writeDesks writes the rows of claims. What changes hands is let go first,
// because the database allows it to one desk at any moment.
func writeDesks(tx *gorm.DB, desks []reservations.Desk, claims []claim, known map[string]reservations.Desk, im *Imported) error {
	var rows []deskRow
	var named []deskNameRow
	for _, c := range claims {
		d := desks[c.row]
		old, ok := known[d.ID]
		switch {
		case !ok:
			im.Added++
		case !sameDesk(old, d):
			im.Updated++
		default:
			im.Unchanged++
			continue
		}
		rows, named = append(rows, deskRowOf(d)), append(named, deskNames(d)...)
		if !ok {
			continue
		}
		if err := letGo(tx, old, d); err != nil {
			return err
		}
	}
	if len(rows) > 0 {
		if err := replace(tx, &rows); err != nil {
			return err
		}
	}
	if len(named) == 0 {
		return nil
	}
	return tx.CreateInBatches(&named, 500).Error
}

func sameDesk(a, b reservations.Desk) bool {
	return deskRowOf(a) == deskRowOf(b) && slices.Equal(deskNames(a), deskNames(b))
}

// letGo takes from the stored desk what d may no longer have.
func letGo(tx *gorm.DB, old, d reservations.Desk) error {
	if old.Device != d.Device {
		err := tx.Model(&deskRow{}).Where("id = ?", d.ID).Update("device", gorm.Expr("'moving from ' || id")).Error
		if err != nil {
			return err
		}
	}
	return tx.Where("desk = ?", d.ID).Delete(&deskNameRow{}).Error
}
