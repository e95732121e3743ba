package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // other programs' SQL

	"deskd/store"
	"deskd/store/postgrestest"
)

// overServer, which make scenarios sets, runs whatever opens its database by a [template] over PostgreSQL.
var overServer = os.Getenv("DESKD_DATABASE") == "postgres"

// servers are the databases that were made for paths.
var servers sync.Map

// databaseAt is what to open for a path: the file itself, or the database that stands for it.
func databaseAt(path string) string {
	if dsn, ok := servers.Load(path); ok {
		return dsn.(string) //nolint:forcetypeassert // nothing else is put in
	}
	return path
}

// openServer is [template.open] over PostgreSQL.
func (d *template) openServer(t testing.TB, path string) *store.Store {
	t.Helper()
	if _, ok := servers.Load(path); !ok {
		d.once.Do(func() { d.server, d.err = d.createServer(t) })
		check(t, d.err)
		servers.Store(path, postgrestest.Copy(t, d.server))
	}
	st, err := store.Open(t.Context(), databaseAt(path), store.Options{})
	check(t, err)
	return st
}

// templates counts those that were made, for their names.
var templates = 0

func (d *template) createServer(t testing.TB) (name string, err error) {
	templates++
	name = fmt.Sprintf("template_of_tests%d", templates)
	ctx := context.WithoutCancel(t.Context())
	st, err := store.Open(ctx, postgrestest.Keep(t, name), store.Options{})
	if err != nil {
		return "", err
	}
	return name, errors.Join(d.furnish(ctx, st), st.Close())
}

// TestMain starts the server before the tests' own time begins.
func TestMain(m *testing.M) {
	if overServer {
		if err := postgrestest.Ready(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
