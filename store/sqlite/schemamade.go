package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"deskd/migrations"
)

// Schema is a series of migrations, and what they make. What they make of an empty
// database is the same at every time, so that it is made once for each version that
// is met: it takes longer than all else that opening a database does.
type Schema struct {
	read func(*sql.DB) (*migrations.SQLite, error)

	remember sync.Mutex // guards what follows
	made     map[int64]map[part]made
}

// released is the schema of this program.
var released = NewSchema(migrations.NewSQLite)

// NewSchema is the schema of the migrations that read finds for a database.
func NewSchema(read func(*sql.DB) (*migrations.SQLite, error)) *Schema {
	return &Schema{read: read, made: make(map[int64]map[part]made)}
}

// parts are those that the migrations up to version make of an empty database, which the
// caller only reads. An error is not remembered.
func (s *Schema) parts(ctx context.Context, version int64) (map[part]made, error) {
	s.remember.Lock()
	defer s.remember.Unlock()
	if parts, known := s.made[version]; known {
		return parts, nil
	}
	parts, err := s.make(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("make the schema to compare with: %w", err)
	}
	s.made[version] = parts
	return parts, nil
}

// make carries the migrations out in memory.
func (s *Schema) make(ctx context.Context, version int64) (parts map[part]made, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // each would have a database of its own
	m, err := s.read(db)
	if err != nil {
		return nil, err
	}
	if err := m.UpTo(ctx, version); err != nil {
		return nil, err
	}
	return partsOf(ctx, db)
}
