package store

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// dialectWords are what SQL of one kind of database looks like, each with what to write
// instead. They belong into the room of that kind, behind [dialect.Statements].
var dialectWords = []struct {
	word    *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\bpragma\b`), "a method of the dialect"},
	{regexp.MustCompile(`(?i)\bsqlite_\w+`), "a method of the dialect"},
	{regexp.MustCompile(`(?i)\brow_?id\b`), "the table's key"},
	{regexp.MustCompile(`(?i)\binsert or\b`), "gorm's clause.OnConflict"},
	{regexp.MustCompile(`(?i)\breplace into\b`), "gorm's clause.OnConflict"},
	{regexp.MustCompile(`(?i)\bglob\b`), "IsInstant, or substr and ltrim"},
	{regexp.MustCompile(`(?i)\b(julianday|strftime|unixepoch|datetime)\(`), "an instant as a parameter"},
	{regexp.MustCompile(`\w+_at\s*(=|<>|<|>|<=|>=)\s*''`), "Never, or an instant as a parameter"},
	{regexp.MustCompile(`\w+_at\s*=\s*'\d`), "an instant as a parameter"},
	{regexp.MustCompile(`(?i)\bjson_\w+\(`), "Member"},
	{regexp.MustCompile(`->>`), "Member"},
	{regexp.MustCompile(`(?i)\biif\(`), "CASE"},
	{regexp.MustCompile(`(?i)\bifnull\(`), "coalesce"},
	{regexp.MustCompile(`(?i)\binstr\(`), "Contains"},
	{regexp.MustCompile(`(?i)\b(strpos|position)\(`), "Contains"},
	{regexp.MustCompile(`(?i)\bnocase\b`), "the column's own collation"},
	{regexp.MustCompile(`(?i)\bindexed by\b`), "a condition that no index answers"},
	{regexp.MustCompile(`(?i)(^|[\s(])\+[a-z]\w*\s+(=|<|>|in\b)`), "IS TRUE, or CASE"},
	{regexp.MustCompile(`(?i)\b(max|min)\((coalesce\(|[^()']*,)`), "max or min over a UNION ALL"},
	{regexp.MustCompile(`(?i)\bsum\([a-z_]+ *(=|<|>)`), "count(*) FILTER"},
	{regexp.MustCompile(`(?i)\b(typeof|randomblob|zeroblob|hex|group_concat|total|likely|unlikely|last_insert_rowid|changes)\(`), "Go, or standard SQL"},
	{regexp.MustCompile(`\?\d`), "@name"},
	{regexp.MustCompile(`\$\d`), "@name"},
	{regexp.MustCompile(`::\w+`), "a method of the dialect"},
	{regexp.MustCompile(`(?i)\b(anonymised|ours|spared|known|present|visitor|protected|failed|note|held_rejected)\s*=\s*[01]\b`), "TRUE or FALSE"},
	{regexp.MustCompile(`(?i)\b(ilike|similar to|vacuum|attach|begin immediate|autoincrement)\b`), "a method of the dialect"},
	{regexp.MustCompile(`(?i)(from|join)\s+\(select[^()]*(\([^()]*\)[^()]*)*\)\s*(where|order|limit|$)`), "a name for the subquery"},
	{regexp.MustCompile("`\\w+`"), "names without quotes"},
}

// The rooms of one kind of database, of both at once, and of tests.
var dialectRooms = []string{"sqlite", "postgres", "transfer", "vitals", "powercuttest", "postgrestest"}

// wordsOfDialects are the words in the program files of fsys that belong into the room
// of one kind of database.
func wordsOfDialects(t *testing.T, fsys fs.FS) (found []string) {
	t.Helper()
	check(t, fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(dialectRooms, name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(fsys, name)
		check(t, err)
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		check(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				f.Tag = nil
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(literal.Value) // the parser has read it
			for _, w := range dialectWords {
				if at := w.word.FindString(text); at != "" {
					found = append(found, fmt.Sprintf("%s: %q is of one dialect: use %s", files.Position(literal.Pos()), at, w.instead))
				}
			}
			return true
		})
		return nil
	}))
	return found
}

// What only one kind of database understands stands in its own room.
func TestDialectsKeepTheirWords(t *testing.T) {
	for _, found := range wordsOfDialects(t, os.DirFS(".")) {
		t.Error(found)
	}
}

// Each word is found, and what looks like it is not.
func TestWordsOfDialectsAreSeen(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want int
	}{
		{"PRAGMA data_version", 1},
		{"SELECT seq FROM sqlite_sequence", 1},
		{"SELECT rowid FROM reservations", 1},
		{"INSERT OR IGNORE INTO feeds", 1},
		{"REPLACE INTO feeds", 1},
		{"asked_at NOT GLOB ?", 1},
		{"julianday(ends_at) > 3", 1},
		{"answered_at = ''", 1},
		{"starts_at = '2026-03-02T08:00:00Z'", 1},
		{"json_extract(what, 'x')", 1},
		{"what ->> 'x'", 1},
		{"iif(a, b, c)", 1},
		{"ifnull(a, b)", 1},
		{"instr(why, @id) > 0", 1},
		{"person COLLATE NOCASE IN ?", 1},
		{"FROM audit INDEXED BY audit_by_at", 1},
		{"salt <> '' AND +kind IN ('desk')", 1},
		{"SELECT min(coalesce(a, 0), 1)", 1},
		{"SELECT max(a, b)", 1},
		{"sum(status = 'confirmed')", 1},
		{"lower(hex(randomblob(8)))", 1},
		{"WHERE desk = ?1", 1},
		{"WHERE desk = $1", 1},
		{"at::text", 1},
		{"anonymised = 0", 1},
		{"VACUUM INTO ?", 1},
		{"SELECT count(*) FROM (SELECT 1 FROM audit LIMIT ?)", 1},
		{"SELECT count(*) FROM (SELECT max(id) FROM audit) WHERE x", 1},

		{"SELECT min(id) FROM audit WHERE at >= ? AND hash = ''", 0},
		{"SELECT coalesce(min(id), 1), max(at) FROM (SELECT 1 AS id, ? AS at) AS stays", 0},
		{"UPDATE observations SET ours = FALSE, seen_at = ?", 0},
		{"WHERE (kind IN ('desk')) IS TRUE AND NOT anonymised", 0},
		{"id IN (SELECT max(id) FROM audit GROUP BY item)", 0},
		{"count(*) FILTER (WHERE starts_at <= ?)", 0},
		{"length(id) = 32 AND ltrim(id, '0123456789abcdef') = ''", 0},
		{"SELECT max(id) + 1, 1", 0},
	} {
		source := "package tables\n\nconst query = " + strconv.Quote(c.sql) + "\n"
		found := wordsOfDialects(t, fstest.MapFS{"tables/row.go": {Data: []byte(source)}})
		if len(found) != c.want {
			t.Errorf("%q: %d words, want %d: %q", c.sql, len(found), c.want, found)
		}
		for _, elsewhere := range []string{"sqlite/row.go", "tables/row_test.go", "tables/row.sql"} {
			same(t, c.sql+" in "+elsewhere, 0, len(wordsOfDialects(t, fstest.MapFS{elsewhere: {Data: []byte(source)}})))
		}
	}
}
