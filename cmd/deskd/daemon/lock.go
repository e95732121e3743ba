package daemon

import (
	"context"
	"errors"
	"time"

	"deskd/configs"
	"deskd/store"
)

// Locked runs do while no other deskd acts on c's database. The lock comes
// before the database is opened: a newer deskd must not migrate it under an
// older one that runs.
func Locked(c configs.Config, do func() error) error {
	return LockedBy(c, func(store.Lock) error { return do() })
}

// LockedBy is [Locked] for what needs the lock itself.
func LockedBy(c configs.Config, do func(store.Lock) error) (err error) {
	lock, err := store.Acquire(context.Background(), c.Database.DSN, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do(lock)
}
