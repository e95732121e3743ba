package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// Desks implements [deskd/scheduler.Book].
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
	desks := make([]reservations.Desk, len(rows))
	for i, r := range rows {
		desks[i] = reservations.Desk(r)
	}
	return desks, nil
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
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return reservations.Desk(row), err
	}
	known, err := readDirectory(tx)
	if err != nil {
		return reservations.Desk{}, err
	}
	return reservations.Desk{}, known.unknownDesk(id)
}

// ImportDesks adds desks and updates those with a known id, in one transaction.
// Phones may move between desks in any order. A row that is not a usable desk,
// names an unknown site or cluster, stands there twice or wants the phone of
// another desk is refused and the rest goes on. No desk is ever removed. With
// dryRun the answer is the same and nothing changes.
func (s *Store) ImportDesks(ctx context.Context, desks []reservations.Desk, dryRun bool) (Imported, error) {
	return s.importing(ctx, "desks", dryRun, func(tx *gorm.DB, im *Imported) error {
		have, err := desksOf(tx)
		if err != nil {
			return err
		}
		known := make(map[string]reservations.Desk, len(have))
		devices := make(map[string]string, len(have))
		for _, d := range have {
			known[d.ID], devices[d.Device] = d, d.ID
		}
		claims, err := checkDesks(tx, desks, im)
		if err != nil {
			return err
		}
		claims, refused := settleClaims(claims, devices)
		for row, err := range refused {
			im.refuse(row, fmt.Errorf("desk %w", err))
		}
		return writeDesks(tx, desks, claims, known, im)
	})
}

// checkDesks refuses the rows that cannot be desks and returns the devices the
// others claim.
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
			claims = append(claims, claim{i, d.ID, []string{d.Device}})
			continue
		}
		im.refuse(i, err)
	}
	return claims, nil
}

// writeDesks writes the rows of claims. Devices that change hands are let go
// first, because the database allows no device on two desks at any moment.
func writeDesks(tx *gorm.DB, desks []reservations.Desk, claims []claim, known map[string]reservations.Desk, im *Imported) error {
	var changed []reservations.Desk
	for _, c := range claims {
		d := desks[c.row]
		old, ok := known[d.ID]
		switch {
		case !ok:
			im.Added++
		case old != d:
			im.Updated++
		default:
			im.Unchanged++
			continue
		}
		changed = append(changed, d)
		if ok && old.Device != d.Device {
			err := tx.Model(&deskRow{}).Where("id = ?", d.ID).Update("device", gorm.Expr("'moving from ' || id")).Error
			if err != nil {
				return err
			}
		}
	}
	for part := range slices.Chunk(changed, 500) {
		rows := make([]deskRow, len(part))
		for i, d := range part {
			rows[i] = deskRow(d)
		}
		if err := replace(tx, &rows); err != nil {
			return err
		}
	}
	return nil
}
