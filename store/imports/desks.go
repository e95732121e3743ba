package imports

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/tables"
)

// ImportDesks is [Importer.ImportDeskRows] for desks that are told whole, without
// the list of changes.
func (s Importer) ImportDesks(ctx context.Context, desks []reservations.Desk, dryRun bool) (Imported, error) {
	return s.ImportDeskRows(ctx, Import[reservations.Desk]{Rows: whole(desks), DryRun: dryRun})
}

// ImportDeskRows adds desks and updates those with a known id. Phones, addresses
// and aliases may move between desks in any order. A row that is not a usable
// desk, names an unknown site or cluster, stands there twice, is new and lacks a
// column, or wants the phone of another desk or something another is called, is
// refused and the rest goes on. No desk is ever removed. With a dry run the answer
// is the same and nothing changes. See the top of this package's importing.go for
// what holds while it writes.
func (s Importer) ImportDeskRows(ctx context.Context, in Import[reservations.Desk]) (im Imported, err error) {
	var parts [][]claim
	desks, known := make([]reservations.Desk, len(in.Rows)), make(map[string]reservations.Desk)
	err = s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		have, err := tables.Desks(tx)
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
		claims, err := deskCheck{in.Rows, desks, known, &im}.claims(tx)
		if err != nil {
			return err
		}
		claims, refused := settleClaims("desk", claims, held)
		im.Refused = append(im.Refused, refused...)
		parts = batches(slices.DeleteFunc(claims, func(c claim) bool {
			old, ok := known[c.owner]
			return !im.count(Change{c.row, desks[c.row], !ok, differences(old, desks[c.row], deskColumns)}, in.List)
		}), held)
		return nil
	})
	if err != nil || in.DryRun {
		return im.ended("desks", err)
	}
	err = s.inBatches(ctx, sizes(parts), in.Progress, func(i int) error {
		return s.writePart(ctx, &im, part{parts[i], func(c claim) bool { _, ok := known[c.owner]; return !ok }}, func(tx *gorm.DB) error {
			return writeDesks(tx, desks, parts[i], known)
		})
	})
	return im.ended("desks", err)
}

// deskCheck is the check of an import of desks.
type deskCheck struct {
	rows  []Row[reservations.Desk]
	desks []reservations.Desk // that the rows make, in their order
	known map[string]reservations.Desk
	im    *Imported
}

// claims makes the desks of the rows, refuses those that cannot be desks and
// returns what the others claim.
func (c deskCheck) claims(tx *gorm.DB) ([]claim, error) {
	sites, err := tables.Names(tx, "sites", "name")
	if err != nil {
		return nil, err
	}
	clusters, err := tables.Names(tx, "clusters", "name")
	if err != nil {
		return nil, err
	}
	people, err := readOwners(tx)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	var claims []claim
	for i, r := range c.rows {
		old, ok := c.known[r.Is.ID]
		old.ID = r.Is.ID
		d := merge(old, r, deskColumns)
		stranger := people.spell(&d)
		c.desks[i] = d
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
		case stranger != nil && r.has("owner"):
			err = fmt.Errorf("desk %q: owner: %w; import people first", d.ID, stranger)
		case seen[d.ID]:
			err = fmt.Errorf("desk %q is listed twice", d.ID)
		default:
			seen[d.ID] = true
			claims = append(claims, claim{i, d.ID, deskThings(d)})
			continue
		}
		c.im.refuse(i, err)
	}
	return claims, nil
}

// deskOwners spells the owners of desks as people do.
type deskOwners struct {
	tables.Directory
	spelled map[string]string // by reservations.PersonKey
}

func readOwners(tx *gorm.DB) (o deskOwners, err error) {
	o.Directory, err = tables.ReadDirectory(tx)
	o.spelled = make(map[string]string, len(o.People))
	for _, id := range o.People {
		o.spelled[reservations.PersonKey(id)] = id
	}
	return o, err
}

// spell spells the owner of d as they do. The error is that of one who is not known.
func (o deskOwners) spell(d *reservations.Desk) error {
	owner, known := o.spelled[reservations.PersonKey(d.Owner)]
	if d.Owner == "" {
		return nil
	}
	if !known {
		return o.UnknownPerson(d.Owner)
	}
	d.Owner = owner
	return nil
}

// writeDesks writes the rows of claims, if the desks are still those known. What
// changes hands is let go first, because the database allows it to one desk at
// any moment.
func writeDesks(tx *gorm.DB, desks []reservations.Desk, claims []claim, known map[string]reservations.Desk) error {
	have, err := tables.Desks(tx, owners(claims)...)
	if err != nil {
		return err
	}
	now := make(map[string]reservations.Desk, len(have))
	for _, d := range have {
		now[d.ID] = d
	}
	var was []tables.DeskName
	if err := tx.Where("desk IN ?", owners(claims)).Find(&was).Error; err != nil {
		return err
	}
	stored := make(map[string][]tables.DeskName)
	for _, n := range was {
		stored[n.Desk] = append(stored[n.Desk], n)
	}
	var rows []tables.Desk
	var named []tables.DeskName
	for _, c := range claims {
		d := desks[c.row]
		old, ok := known[d.ID]
		if !sameDesk(old, now[d.ID]) {
			return fmt.Errorf("desk %q: %w", d.ID, ErrChanged)
		}
		gone, come := namesChanged(stored[d.ID], tables.DeskNames(d), func(a, b tables.DeskName) bool { return a == b })
		rows, named = append(rows, tables.DeskOf(d)), append(named, come...)
		if !ok {
			continue
		}
		if err := letGo(tx, old, d, gone); err != nil {
			return err
		}
	}
	if err := tables.Replace(tx, &rows); err != nil {
		return err
	}
	return createAll(tx, named)
}

func sameDesk(a, b reservations.Desk) bool {
	return tables.DeskOf(a) == tables.DeskOf(b) && slices.Equal(tables.DeskNames(a), tables.DeskNames(b))
}

// letGo takes from the stored desk what d may no longer have: its phone, and the
// names that are gone.
func letGo(tx *gorm.DB, old, d reservations.Desk, gone []tables.DeskName) error {
	if old.Device != d.Device {
		err := tx.Model(&tables.Desk{}).Where("id = ?", d.ID).Update("device", gorm.Expr("'moving from ' || id")).Error
		if err != nil {
			return err
		}
	}
	return removeAll(tx, gone)
}

// deskThings is what d has to itself: its phone, and what calendars call it.
// Its name is not among them: "Window" may be that of many.
func deskThings(d reservations.Desk) []string {
	things := []string{d.Device, reservations.NameKey(d.ID)}
	for _, n := range tables.DeskNames(d) {
		things = append(things, n.Key)
	}
	return things
}
