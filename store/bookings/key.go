package bookings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/tables"
)

// keyRow remembers what a key was used for: Reservation is the id of a booking, a closure or
// an absence. It names nobody: Fingerprint is a hash of what was asked for.
type keyRow struct {
	Key         string `gorm:"primaryKey"`
	Reservation string
	Fingerprint string
	UsedAt      dialect.Milli
}

func (keyRow) TableName() string { return "reservation_keys" }

// NewKey is a key for [Keeper.ReserveOnce] that nobody has used.
func NewKey() string { return tables.NewID() }

// longestKey is how many characters a key may have.
const longestKey = 128

// CheckKey returns what is wrong with a key for [Keeper.ReserveOnce]: it is a text
// of 1 to 128 printable characters, blanks among them.
func CheckKey(key string) error {
	n := utf8.RuneCountInString(key)
	if n < 1 || n > longestKey || !utf8.ValidString(key) {
		return fmt.Errorf("key %.40q is not 1 to %d characters long", key, longestKey)
	}
	for _, c := range key {
		if !unicode.IsPrint(c) {
			return fmt.Errorf("key %q has a character that cannot be printed", key)
		}
	}
	return nil
}

// ReserveOnce is [Keeper.Reserve] with an idempotency key, for callers who do not know
// whether they were heard: after [dialect.ErrCommit], a kill or a power cut. Retries are
// idempotent: with the same key, desk, person, start, end and note again it changes
// nothing, and the answer is the reservation as it is now, already booked. The
// key is kept in the transaction of the booking, until it is pruned.
//
// It is meant for the header Idempotency-Key, too
// (draft-ietf-httpapi-idempotency-key-header). Errors beside those of Reserve
// and [CheckKey] are [reservations.ErrKeyUsed] when the key has booked something else, and [reservations.ErrCancelled] or
// [reservations.ErrNotFound] when what it has booked does not count any more.
func (k Keeper) ReserveOnce(ctx context.Context, key string, r reservations.Reservation, now time.Time) (booked reservations.Reservation, already bool, err error) {
	if err := CheckKey(key); err != nil {
		return booked, false, err
	}
	if r, err = newReservation(r); err != nil {
		return booked, false, err
	}
	err = k.log.Change(ctx, "reserve", func(tx *gorm.DB) error {
		if booked, err = bookedWith(tx, key, r); err != nil || booked.ID != "" {
			already = booked.ID != ""
			return err
		}
		if booked, err = reserve(tx, r, now); err != nil {
			return err
		}
		return remember(tx, keyRow{Key: key, Reservation: booked.ID, UsedAt: dialect.Milli{Time: now}}, r)
	})
	if err != nil {
		return reservations.Reservation{}, false, fmt.Errorf("reserve desk %q: %w", r.Desk, err)
	}
	return booked, already, nil
}

// remember keeps what a key was used for.
func remember(tx *gorm.DB, k keyRow, asked reservations.Reservation) error {
	k.Fingerprint = keyFingerprint(k.Key, asked)
	return tx.Create(&k).Error
}

// keyFingerprint tells bookings apart without saying whose they are: the SHA-256 of
// the key and of what was asked for, as netstrings.
func keyFingerprint(key string, r reservations.Reservation) string {
	return fingerprint(key, r.Desk, reservations.PersonKey(r.Person), strconv.FormatInt(r.Start.Unix(), 10), strconv.FormatInt(r.End.Unix(), 10), r.Note)
}

func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// bookedWith is the reservation that was made with the key, which has to be r
// and to count still; it has no id when the key is new.
func bookedWith(tx *gorm.DB, key string, r reservations.Reservation) (reservations.Reservation, error) {
	used, err := findKey(tx, key)
	if err != nil || used.Key == "" {
		return reservations.Reservation{}, err
	}
	row, err := tables.FindReservation(tx, used.Reservation)
	switch {
	case errors.Is(err, reservations.ErrNotFound) && used.Fingerprint != keyFingerprint(key, r):
		return row.Decode(), usedOtherwise(key)
	case errors.Is(err, reservations.ErrNotFound):
		return row.Decode(), fmt.Errorf("key %q was used for a reservation that is gone; use another one: %w", key, err)
	case err != nil:
		return row.Decode(), err
	case used.Fingerprint != keyFingerprint(key, r):
		return row.Decode(), fmt.Errorf("%w: key %q has booked desk %q for %q from %s to %s (reservation %s); use another one", reservations.ErrKeyUsed,
			key, row.Desk, row.Person, row.StartsAt.Format(time.RFC3339), row.EndsAt.Format(time.RFC3339), row.ID)
	case gone(row.Status):
		return row.Decode(), fmt.Errorf("%w: reservation %s of key %q was %s at %s; use another key to book again", reservations.ErrCancelled,
			row.ID, key, row.Status, row.Updated.Format(time.RFC3339))
	}
	return row.Decode(), nil
}

// findKey is what is known of a key, the zero row where it is new.
func findKey(tx *gorm.DB, key string) (used keyRow, err error) {
	err = tx.Where("key = ?", key).Take(&used).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return used, err
}

// usedFor is the id of what a key has made, which has to be what is asked for, ” when it is
// new.
func usedFor(tx *gorm.DB, key, asked string) (string, error) {
	used, err := findKey(tx, key)
	if err == nil && used.Key != "" && used.Fingerprint != fingerprint(key, asked) {
		err = usedOtherwise(key)
	}
	return used.Reservation, err
}

// usedOtherwise is the error of a key that was used for something else.
func usedOtherwise(key string) error {
	return fmt.Errorf("%w: key %q was used for something else; use another one", reservations.ErrKeyUsed, key)
}
