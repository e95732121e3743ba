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
func Locked(c configs.Config, do func() error) (err error) {
	lock, err := store.Acquire(context.Background(), c.Database.DSN, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do()
}

// Joined runs do as one of the daemons that serve c's database: the only one, unless a
// server keeps it.
func Joined(c configs.Config, do func(store.Lock) error) (err error) {
	lock, err := store.Join(context.Background(), c.Database.DSN, c.Database.NodeName(), time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do(lock)
}
