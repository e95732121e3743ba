package tokens

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/audit"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// Keeper keeps the tokens of a database.
type Keeper struct {
	db   dialect.Transactions
	log  audit.Log
	sign audit.Signer
}

// New is the keeper of a database, whose changes are recorded in log.
func New(db dialect.Transactions, log audit.Log, sign audit.Signer) Keeper {
	return Keeper{db, log, sign}
}

// prefix makes a secret known for what it is, to people and to programs that look for
// secrets where none should be.
const prefix = "deskd_"

// secretLength is how long a secret is: 32 random bytes.
const secretLength = len(prefix) + 43

// usedEvery is how exactly it is kept when a token was used last.
const usedEvery = time.Hour

// Create makes a token as t asks for one, and returns it with its id, and its secret, which
// cannot be had again. The errors beside those of the database are those of
// [reservations.Token.Check], and [reservations.ErrUnknownPerson].
func (k Keeper) Create(ctx context.Context, t reservations.Token, now time.Time) (made reservations.Token, secret string, err error) {
	if err := t.Check(); err != nil {
		return t, "", err
	}
	if !t.Expires.IsZero() && !t.Expires.After(now) {
		return t, "", errors.New("the token would have expired already")
	}
	var random [32]byte
	rand.Read(random[:]) // never fails
	secret = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	t.ID, t.By, t.Used, t.Revoked = tables.NewID()[:12], audit.ActorOf(ctx), time.Time{}, time.Time{}
	t.Created, t.Expires = now.UTC().Truncate(time.Millisecond), t.Expires.UTC().Truncate(time.Millisecond)
	err = k.log.Change(ctx, "token", func(tx *gorm.DB) error {
		if t.Person != "" {
			if t.Person, err = tables.RequirePerson(tx, t.Person); err != nil {
				return err
			}
		}
		row := tables.TokenOf(k.sign, t, hashOf(secret))
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return note(tx, t, map[string]any{"kind": t.Kind, "scopes": row.Scopes, "role": t.Role})
	})
	if err != nil {
		return t, "", fmt.Errorf("make token: %w", err)
	}
	return t, secret, nil
}

// note puts into the audit what became of a token. Whose it is stands in its row alone,
// which goes when a person is erased.
func note(tx *gorm.DB, t reservations.Token, is map[string]any) error {
	return audit.Note(tx, "token", t.ID, map[string]any{"is": is})
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Find returns the token of that kind with this secret, with the role that its person has
// where it has none itself. The error is [reservations.ErrToken], whatever keeps it from
// counting; other errors are those of the database.
func (k Keeper) Find(ctx context.Context, kind reservations.TokenKind, secret string, now time.Time) (reservations.Token, error) {
	if len(secret) != secretLength || !strings.HasPrefix(secret, prefix) {
		return reservations.Token{}, reservations.ErrToken
	}
	var row struct {
		tables.Token
		PersonRole *string // of the person; nil where there is none
	}
	// A row comes back in any case, and is worked through: how long a refusal takes does not
	// tell whether there was such a token.
	err := k.db.Read(ctx).Raw(`SELECT t.*, p.role AS person_role FROM (SELECT CAST(? AS TEXT) AS hash) asked
		LEFT JOIN tokens t ON t.hash = asked.hash LEFT JOIN people p ON p.id = t.person`, hashOf(secret)).Scan(&row).Error
	if err != nil {
		return reservations.Token{}, fmt.Errorf("look up token: %w", err)
	}
	t, proven := row.Decode(), row.Proven(k.sign)
	switch {
	case row.ID == "", t.Kind != kind, !t.Counts(now), !proven, t.Person != "" && row.PersonRole == nil:
		return reservations.Token{}, reservations.ErrToken
	case t.Role == "" && row.PersonRole != nil:
		t.Role = reservations.Role(*row.PersonRole)
	}
	return t, nil
}

// Using writes down that a token is used, unless that was written within the hour.
func (k Keeper) Using(ctx context.Context, t reservations.Token, now time.Time) error {
	if now.Sub(t.Used).Abs() < usedEvery {
		return nil
	}
	err := k.db.Change(ctx, func(tx *gorm.DB) error {
		return tx.Model(&tables.Token{}).Where("id = ?", t.ID).Update("used_at", dialect.Milli{Time: now.Truncate(usedEvery)}).Error
	})
	if err != nil {
		return fmt.Errorf("record the use of token %s: %w", t.ID, err)
	}
	return nil
}

// List returns all tokens that deskd has made, the oldest first.
func (k Keeper) List(ctx context.Context) ([]reservations.Token, error) {
	var rows []tables.Token
	if err := k.db.Read(ctx).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	all := make([]reservations.Token, 0, len(rows))
	for _, r := range rows {
		if r.Proven(k.sign) {
			all = append(all, r.Decode())
		}
	}
	return all, nil
}

// Revoke lets a token open nothing any more, from the next question on. One that is revoked
// stays so. The error is [reservations.ErrToken] where there is none of that id.
func (k Keeper) Revoke(ctx context.Context, id string, now time.Time) (t reservations.Token, err error) {
	err = k.log.Change(ctx, "token", func(tx *gorm.DB) error {
		var row tables.Token
		err := tx.Where("id = ?", id).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			err = reservations.ErrToken
		}
		if err != nil {
			return err
		}
		if t = row.Decode(); !t.Revoked.IsZero() {
			return nil
		}
		t.Revoked = now.UTC().Truncate(time.Millisecond)
		if err := tx.Model(&row).Update("revoked_at", dialect.Milli{Time: t.Revoked}).Error; err != nil {
			return err
		}
		return note(tx, t, map[string]any{"revoked": true})
	})
	if err != nil {
		return t, fmt.Errorf("revoke token %q: %w", id, err)
	}
	return t, nil
}
