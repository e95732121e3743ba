package sqlite

import (
	"database/sql"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// Every connection of a pool has its pragmas, not just the one that was asked; so has
// one that takes a file as it is.
func TestPragmas(t *testing.T) {
	s := must(Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), Options{}))(t)
	defer s.Close()
	asIs := must(sql.Open("sqlite", untouched(s.Path())))(t)
	defer asIs.Close()
	asIs.SetMaxOpenConns(1)
	all := map[string]string{"busy_timeout": "5000", "trusted_schema": "0", "cell_size_check": "1"}
	reads, writes := maps.Clone(all), maps.Clone(all)
	maps.Copy(reads, map[string]string{"journal_mode": "wal", "query_only": "1"})
	maps.Copy(writes, map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"})
	for _, c := range []struct {
		pool    *sql.DB
		size    int
		pragmas map[string]string
	}{{must(s.Writer().DB())(t), 1, writes}, {must(s.Read(t.Context()).DB())(t), readers, reads}, {asIs, 1, all}} {
		for range c.size {
			conn, err := c.pool.Conn(t.Context())
			check(t, err)
			defer conn.Close()
			for name, want := range c.pragmas {
				var got string
				check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got))
				same(t, name, want, got)
			}
		}
		same(t, "connections", c.size, c.pool.Stats().MaxOpenConnections)
	}
}

func TestPragmaThatDidNotTake(t *testing.T) {
	db := must(sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "desk.db")))(t)
	defer db.Close()
	err := readBack(t.Context(), db, writerPragmas[1:])
	if err == nil || !strings.Contains(err.Error(), "pragma journal_mode is delete and must be wal") {
		t.Errorf("plain connection: %v", err)
	}
}

func TestOldSQLite(t *testing.T) {
	for version, fine := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "4.0.0": true,
		"3.51.2": false, "3.50.9": false, "2.99.99": false, "": false,
	} {
		if err := checkVersionText(version); (err == nil) != fine {
			t.Errorf("version %q: %v", version, err)
		}
	}
}
