package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"deskd/migrations"
)

// A schema is made once for each version, however many ask, and an error is no answer.
func TestSchemaIsMadeOnce(t *testing.T) {
	folder := fstest.MapFS{
		"00001_one.sql": {Data: []byte("-- +goose Up\nCREATE TABLE one (x INTEGER) STRICT;\n")},
		"00002_two.sql": {Data: []byte("-- +goose Up\nCREATE TABLE two (x INTEGER) STRICT;\n")},
	}
	var made atomic.Int64
	schema := NewSchema(func(db *sql.DB) (*migrations.SQLite, error) {
		made.Add(1)
		return migrations.ReadSQLite(db, folder)
	})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := schema.parts(over, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("with a context that is over: %v", err)
	}
	made.Store(0)
	var all sync.WaitGroup
	for range 8 {
		for version := range int64(2) {
			all.Go(func() {
				parts, err := schema.parts(t.Context(), version+1)
				_, one := parts[part{"table", "one"}]
				_, two := parts[part{"table", "two"}]
				if err != nil || !one || two != (version == 1) {
					t.Errorf("version %d: table one %t, table two %t: %v", version+1, one, two, err)
				}
			})
		}
	}
	all.Wait()
	same(t, "databases in memory", int64(2), made.Load())
}
