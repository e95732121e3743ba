package tables

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
)

// Desk is a desk without what else it is called.
type Desk struct {
	ID      string `gorm:"primaryKey"`
	Site    string
	Cluster string
	Device  string
	Name    string
	Floor   string
	Zone    string
	Owner   string
}

// TableName implements gorm's Tabler.
func (Desk) TableName() string { return "desks" }

// DeskName is a mail address or alias of a desk.
type DeskName struct {
	Key  string `gorm:"primaryKey"` // reservations.NameKey of Name
	Name string
	Mail bool
	Desk string
}

// TableName implements gorm's Tabler.
func (DeskName) TableName() string { return "desk_names" }

// Desks reads the desks of these ids, all of them when there are none, in the order of
// their ids.
func Desks(tx *gorm.DB, ids ...string) ([]reservations.Desk, error) {
	var rows []Desk
	if err := only(tx, "id", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var named []DeskName
	if err := only(tx, "desk", ids).Order("key").Find(&named).Error; err != nil {
		return nil, err
	}
	byDesk := make(map[string][]DeskName, len(rows))
	for _, n := range named {
		byDesk[n.Desk] = append(byDesk[n.Desk], n)
	}
	desks := make([]reservations.Desk, len(rows))
	for i, r := range rows {
		desks[i] = r.Decode(byDesk[r.ID])
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

// Decode is the desk that r stands for, with what else it is called.
func (r Desk) Decode(named []DeskName) reservations.Desk {
	d := reservations.Desk{ID: r.ID, Site: r.Site, Cluster: r.Cluster, Device: r.Device, Name: r.Name, Floor: r.Floor, Zone: r.Zone, Owner: r.Owner}
	for _, n := range named {
		if n.Mail {
			d.Mail = append(d.Mail, n.Name)
		} else {
			d.Aliases = append(d.Aliases, n.Name)
		}
	}
	return d
}

// DeskOf is the row of d. What else it is called is in [DeskNames].
func DeskOf(d reservations.Desk) Desk {
	return Desk{ID: d.ID, Site: d.Site, Cluster: d.Cluster, Device: d.Device, Name: d.Name, Floor: d.Floor, Zone: d.Zone, Owner: d.Owner}
}

// DeskNames are the addresses and aliases of d by key. One that is both is an
// address.
func DeskNames(d reservations.Desk) []DeskName {
	byKey := make(map[string]DeskName)
	for _, a := range d.Aliases {
		key := reservations.NameKey(a)
		byKey[key] = DeskName{key, a, false, d.ID}
	}
	for _, m := range d.Mail {
		key := reservations.NameKey(m)
		byKey[key] = DeskName{key, m, true, d.ID}
	}
	rows := slices.Collect(maps.Values(byKey))
	slices.SortFunc(rows, func(a, b DeskName) int { return strings.Compare(a.Key, b.Key) })
	return rows
}

// FindDesk reads the desk called id. The error is [reservations.ErrUnknownDesk] and names
// the nearest id there is.
func FindDesk(tx *gorm.DB, id string) (reservations.Desk, error) {
	var row Desk
	err := tx.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		known, err := ReadDirectory(tx)
		if err != nil {
			return reservations.Desk{}, err
		}
		return reservations.Desk{}, known.UnknownDesk(id)
	}
	if err != nil {
		return reservations.Desk{}, err
	}
	var named []DeskName
	err = tx.Where("desk = ?", id).Order("key").Find(&named).Error
	return row.Decode(named), err
}
