package links

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// Keeper keeps the links of a database.
type Keeper struct {
	log  audit.Log
	sign audit.Signer
}

// New is the keeper whose deeds are recorded in log, and whose links sign seals.
func New(log audit.Log, sign audit.Signer) Keeper { return Keeper{log, sign} }

// kept is for how long it is known that a link was followed: much longer than any link
// counts, by whichever clock.
const kept = 24 * time.Hour

// Deed is what is done, or tried, with a link. Nothing in it names a person: the audit
// keeps it when one is erased.
type Deed struct {
	Link    string // the number of the link, "" of one that was refused
	Device  string
	Address string // from which it was followed
	Action  string
	// Reservation is the id of the booking that it is about, "" for none.
	Reservation string
	// Refused is why nothing was done, "" of what is done.
	Refused string
}

// row is a link that was followed.
type row struct {
	ID     string `gorm:"primaryKey"`
	UsedAt dialect.Milli
}

func (row) TableName() string { return "phone_links" }

// Seal is what nobody can write who does not know the key of the database, "" where it
// has none: then no link counts.
func (k Keeper) Seal(parts ...string) string {
	if k.sign.Key == "" {
		return ""
	}
	return k.sign.Sign("link on a phone", parts...)
}

// Spend writes down that a link is followed, and what it does, and reports whether it is
// for the first time: only then it may act.
func (k Keeper) Spend(ctx context.Context, d Deed, now time.Time) (first bool, err error) {
	err = k.log.Change(ctx, "phone", func(tx *gorm.DB) error {
		first = false
		if err := tx.Where("used_at < ?", dialect.Milli{Time: now.Add(-kept)}).Delete(&row{}).Error; err != nil {
			return err
		}
		done := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row{d.Link, dialect.Milli{Time: now}})
		if first = done.Error == nil && done.RowsAffected == 1; !first {
			return done.Error
		}
		return note(tx, d)
	})
	if err != nil {
		return false, fmt.Errorf("follow a link of phone %q: %w", d.Device, err)
	}
	return first, nil
}

// Refuse puts into the audit that a link was refused, and why.
func (k Keeper) Refuse(ctx context.Context, d Deed) error {
	if err := k.log.Change(ctx, "phone", func(tx *gorm.DB) error { return note(tx, d) }); err != nil {
		return fmt.Errorf("record a refused link of phone %q: %w", d.Device, err)
	}
	return nil
}

func note(tx *gorm.DB, d Deed) error {
	is := map[string]string{"action": d.Action, "address": d.Address}
	for key, value := range map[string]string{"reservation": d.Reservation, "refused": d.Refused} {
		if value != "" {
			is[key] = value
		}
	}
	return audit.Note(tx, "phone", d.Device, map[string]any{"is": is})
}
