package scheduler_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"deskd/reservations"
	"deskd/store"
)

// template is a new database that tests begin with. It is made once, and copied: to
// migrate a database takes longer than many a test that needs one.
type template struct {
	furnish func(context.Context, *store.Store) error

	once   sync.Once
	files  map[string][]byte // by the endings of their names
	server string            // the name of the database that is copied
	err    error
}

// unfurnished is a database with nothing in it.
var unfurnished = &template{furnish: func(context.Context, *store.Store) error { return nil }}

// open opens the database at path, which begins as a copy of the template if there is
// none. The test closes it.
func (d *template) open(t testing.TB, path string) *store.Store {
	t.Helper()
	if overServer {
		return d.openServer(t, path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.once.Do(func() { d.files, d.err = d.create(t.Context()) })
		check(t, d.err)
		for ending, text := range d.files {
			check(t, os.WriteFile(path+ending, text, 0o600))
		}
	}
	st, err := store.Open(t.Context(), path, store.Options{})
	check(t, err)
	return st
}

func (d *template) create(ctx context.Context) (files map[string][]byte, err error) {
	folder, err := os.MkdirTemp("", "template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "deskd.db")
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.furnish(ctx, st), st.Close()); err != nil { // once closed, it is all in the file
		return nil, err
	}
	files = make(map[string][]byte)
	for _, ending := range []string{"", ".marker"} {
		if files[ending], err = os.ReadFile(path + ending); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// furnished imports into a site in UTC with the cluster main.
func furnished(desks []reservations.Desk, people []reservations.Person) *template {
	return &template{furnish: func(ctx context.Context, st *store.Store) error {
		if err := st.Configure(ctx, []reservations.Site{{Name: "here", Zone: time.UTC}}, []store.Cluster{{Name: "main"}}); err != nil {
			return err
		}
		if _, err := st.ImportDesks(ctx, desks, false); err != nil {
			return err
		}
		_, err := st.ImportPeople(ctx, people, false)
		return err
	}}
}
