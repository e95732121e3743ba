package erasure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/scheduler/plan"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Personal is everything the database holds about one person: what a request
// for information has to be answered with.
type Personal struct {
	Person       *reservations.Person       `json:"person"` // nil for a person who is only named by what follows
	Reservations []reservations.Reservation `json:"reservations"`
	Keys         []string                   `json:"keys"` // with which they, or absences, were asked for, in order
	Evidence     []Evidence                 `json:"evidence"`
	Attempts     []plan.Attempt             `json:"attempts"`
	Phones       []plan.Observation         `json:"phones"` // on which they were seen last
	Tokens       []reservations.Token       `json:"tokens"` // theirs, and those that show their calendar
	Audit        []reservations.AuditEntry  `json:"audit"`  // of them and of their reservations
	Desks        []string                   `json:"desks"`  // that they own, by id
	Series       []reservations.Series      `json:"series"`
	Absences     []reservations.Absence     `json:"absences"`
}

// Evidence says when a person came to a desk they had booked, and where that is known from.
type Evidence struct {
	Reservation string        `json:"reservation"`
	Source      string        `json:"source"`
	At          dialect.Milli `json:"at"`
}

// personalAudit asks for the rows of the audit, from the one numbered @from on,
// that are about a person (by any of the spellings @ids), name them, or tell of a
// reservation that is or was theirs, under whatever id, and name nobody else. What is
// redacted says nothing about anybody. IS TRUE keeps a planner from the index of
// (kind, item), by which it would read all of the audit again.
func personalAudit(d dialect.Statements) string {
	return `
WITH RECURSIVE named AS MATERIALIZED (
    SELECT id, item, kind,
        nullif(lower(` + d.Member("what", "is", "person") + `), '') AS is_person,
        nullif(lower(` + d.Member("what", "was", "person") + `), '') AS was_person,
        ` + d.Member("what", "was", "id") + ` AS was_id
    FROM audit WHERE id >= @from AND salt <> '' AND (kind IN ('person', 'reservation')) IS TRUE),
called AS MATERIALIZED (SELECT item, was_id FROM named WHERE kind = 'reservation' AND was_id IS NOT NULL),
theirs(id) AS (
    SELECT id FROM reservations WHERE person IN @ids
    UNION SELECT item FROM named WHERE is_person IN @folded OR was_person IN @folded
    UNION SELECT was_id FROM called, theirs WHERE called.item = theirs.id)
SELECT id FROM named
WHERE kind = 'person' AND lower(item) IN @folded
    OR kind = 'reservation' AND (is_person IN @folded OR was_person IN @folded
        OR is_person IS NULL AND was_person IS NULL AND item IN (SELECT id FROM theirs))
ORDER BY id`
}

// aboutPerson asks for the rows of the audit about a person, by the spellings ids, from
// one on.
func aboutPerson(tx *gorm.DB, ids []string, from int64) *gorm.DB {
	return tx.Raw(personalAudit(dialect.Of(tx)), map[string]any{"ids": ids, "folded": folded(ids), "from": from})
}

// folded are ids as a database's lower makes them, which may know no more letters than
// those of ASCII.
func folded(ids []string) []string {
	all := make([]string, 0, 2*len(ids))
	for _, id := range ids {
		all = append(all, strings.ToLower(id), strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, id))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Personal returns everything that is held about the person with that user id
// or mail address, oldest first, cancelled reservations included. A person who
// is not among the people, and named by anything else, is found by user id
// alone. The error is [reservations.ErrUnknownPerson] when nothing is held.
func (s Eraser) Personal(ctx context.Context, idOrMail string) (Personal, error) {
	var all Personal
	err := s.db.Snapshot(ctx, func(tx *gorm.DB) error {
		id := idOrMail
		p, unknown := tables.FindPerson(tx, idOrMail)
		switch {
		case unknown == nil:
			all.Person, id = &p, p.ID
		case !errors.Is(unknown, reservations.ErrUnknownPerson):
			return unknown
		}
		if err := all.read(tx, s.sign, id); err != nil {
			return err
		}
		if len(all.Reservations)+len(all.Attempts)+len(all.Phones)+len(all.Tokens)+len(all.Audit)+len(all.Desks)+len(all.Series)+len(all.Absences) == 0 {
			return unknown
		}
		return nil
	})
	if err != nil {
		return Personal{}, fmt.Errorf("read what is held about %q: %w", idOrMail, err)
	}
	return all, nil
}

func (all *Personal) read(tx *gorm.DB, sign audit.Signer, id string) error {
	ids, err := tables.Spellings(tx, id)
	if err != nil {
		return err
	}
	var booked []tables.Reservation
	if err := tx.Where("person IN ?", ids).Order(tables.CalendarOrder).Find(&booked).Error; err != nil {
		return err
	}
	all.Reservations = tables.Reservations(booked)
	all.Keys = []string{}
	err = tx.Raw("SELECT key FROM reservation_keys WHERE reservation IN (SELECT id FROM reservations WHERE person IN ? UNION ALL SELECT id FROM absences WHERE person IN ?) ORDER BY key", ids, ids).Scan(&all.Keys).Error
	if err != nil {
		return err
	}
	if err := all.readEvidence(tx); err != nil {
		return err
	}
	if all.Attempts, err = tables.Attempts(tx.Where("person IN ?", ids).Order("began_at, id")); err != nil {
		return err
	}
	if err := all.readPlans(tx, ids); err != nil {
		return err
	}
	all.Phones = []plan.Observation{}
	var seen []tables.Observation
	if err := tx.Order("device").Find(&seen).Error; err != nil {
		return err
	}
	for _, o := range seen {
		if reservations.SamePerson(o.Person, id) {
			all.Phones = append(all.Phones, o.Decode())
		}
	}
	if all.Tokens, err = tokensOf(tx, id); err != nil {
		return err
	}
	var rows []audit.Row
	if err := tx.Where("id IN (?)", aboutPerson(tx, ids, 0)).Order("id").Find(&rows).Error; err != nil {
		return err
	}
	all.Audit = make([]reservations.AuditEntry, len(rows))
	for i, r := range rows {
		all.Audit[i] = sign.Entry(r)
	}
	return nil
}

// readPlans reads what is theirs beside bookings.
func (all *Personal) readPlans(tx *gorm.DB, ids []string) (err error) {
	all.Desks = []string{}
	if err := tx.Model(&tables.Desk{}).Where("owner IN ?", ids).Order("id").Pluck("id", &all.Desks).Error; err != nil {
		return err
	}
	if all.Series, err = tables.SeriesOf(tx, ids); err != nil {
		return err
	}
	all.Absences, err = tables.AbsencesOf(tx.Where("person IN ?", ids))
	return err
}

// readEvidence reads when they came to the desks of their reservations, which are read.
func (all *Personal) readEvidence(tx *gorm.DB) error {
	all.Evidence = []Evidence{}
	for part := range slices.Chunk(all.Reservations, dialect.MostParameters) {
		ids := make([]string, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		var some []Evidence
		if err := tx.Raw("SELECT reservation, source, at FROM evidence WHERE reservation IN ?", ids).Scan(&some).Error; err != nil {
			return err
		}
		all.Evidence = append(all.Evidence, some...)
	}
	slices.SortFunc(all.Evidence, func(a, b Evidence) int {
		return cmp.Or(a.At.Compare(b.At.Time), cmp.Compare(a.Reservation, b.Reservation), cmp.Compare(a.Source, b.Source))
	})
	return nil
}
