package postgres

import (
	"context"
	_ "embed" // the schema that the migrations make
	"fmt"
	"slices"
	"strings"

	"deskd/store/dialect"
)

// made is the schema that the migrations make, as [listed] tells it. A test writes it.
//
//go:embed schema.txt
var made string

// listed tells what belongs to deskd's tables: of each thing what it is, how it is, and the
// statement that would remove it. It keeps to what every version of the server tells in the
// same words: of a CHECK that is its name, of a function its text.
const listed = `WITH ours AS (SELECT oid, relname::text AS name, relrowsecurity FROM pg_class
    WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p') AND relname = ANY(string_to_array(?, ' ')))
SELECT 'table ' || name, CASE WHEN relrowsecurity THEN 'row security' ELSE '' END, '' FROM ours
UNION ALL SELECT 'column ' || o.name || '.' || attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END || CASE WHEN atthasdef THEN ' default' ELSE '' END, ''
    FROM pg_attribute JOIN ours o ON o.oid = attrelid WHERE attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint "' || conname || '" on ' || o.name, contype::text || CASE WHEN convalidated THEN '' ELSE ' not valid' END, format('ALTER TABLE %s DROP CONSTRAINT %I', o.name, conname)
    FROM pg_constraint JOIN ours o ON o.oid = conrelid WHERE contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL SELECT 'index ' || quote_ident(i.relname) || ' on ' || o.name, CASE WHEN indisunique THEN 'unique' ELSE '' END || CASE WHEN indisvalid THEN '' ELSE ' not valid' END, format('DROP INDEX %I', i.relname)
    FROM pg_index x JOIN ours o ON o.oid = indrelid JOIN pg_class i ON i.oid = indexrelid WHERE NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL SELECT 'trigger ' || tgname || ' on ' || o.name, p.proname || ' ' || tgtype || ' ' || tgenabled::text, format('DROP TRIGGER %I ON %s', tgname, o.name)
    FROM pg_trigger JOIN ours o ON o.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal
UNION ALL SELECT DISTINCT 'references of ' || o.name, 'are off', format('ALTER TABLE %s ENABLE TRIGGER ALL', o.name)
    FROM pg_trigger JOIN ours o ON o.oid = tgrelid WHERE tgisinternal AND tgenabled <> 'O'
UNION ALL SELECT 'rule ' || rulename || ' on ' || o.name, '', format('DROP RULE %I ON %s', rulename, o.name) FROM pg_rewrite JOIN ours o ON o.oid = ev_class
UNION ALL SELECT 'function ' || proname, md5(prosrc) || CASE WHEN prosecdef THEN ' definer' ELSE '' END || CASE WHEN proconfig IS NULL THEN '' ELSE ' settings' END, ''
    FROM pg_proc WHERE pronamespace = quote_ident(current_schema())::regnamespace AND (proname LIKE 'deskd\_%' OR oid IN (SELECT tgfoid FROM pg_trigger JOIN ours o ON o.oid = tgrelid WHERE NOT tgisinternal))
ORDER BY 1, 2`

// thing belongs to deskd's tables.
type thing struct{ what, how, undo string }

func (t thing) line() string { return t.what + ": " + t.how }

// ownTables are the names of deskd's tables.
func ownTables() (names []string) {
	for line := range strings.Lines(made) {
		if name, is := strings.CutPrefix(line, "table "); is {
			names = append(names, strings.TrimRight(name, ": \n"))
		}
	}
	return names
}

// ownNames are those of deskd's tables and indexes: what else is called so is in the way of the
// migrations.
func ownNames() []string {
	names := ownTables()
	for line := range strings.Lines(made) {
		if index, is := strings.CutPrefix(line, "index "); is {
			name, _, _ := strings.Cut(index, " on ")
			names = append(names, strings.Trim(name, `"`))
		}
	}
	return names
}

// things are those there are.
func (s *DB) things(ctx context.Context) ([]thing, error) {
	rows, err := s.Read(ctx).Raw(listed, strings.Join(ownTables(), " ")).Rows()
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var all []thing
	for rows.Next() {
		var t thing
		if err := rows.Scan(&t.what, &t.how, &t.undo); err != nil {
			return nil, explain(err)
		}
		all = append(all, t)
	}
	return all, explain(rows.Err())
}

// SchemaFaults compares the schema with the one that the migrations make.
func (s *DB) SchemaFaults(ctx context.Context) ([]dialect.SchemaFault, error) {
	all, err := s.things(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare schema: %w", err)
	}
	return faults(all, made), nil
}

// faults are what all differ from the schema that was made.
func faults(all []thing, made string) []dialect.SchemaFault {
	want := make(map[string]string)
	for line := range strings.Lines(made) {
		what, how, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		want[what] = how
	}
	var found []dialect.SchemaFault
	for _, t := range all {
		how, ours := want[t.what]
		delete(want, t.what)
		switch {
		case !ours && t.how == "are off":
			found = append(found, dialect.SchemaFault{What: t.what + " are switched off", Fix: t.undo})
		case !ours:
			found = append(found, dialect.SchemaFault{What: t.what + " is not deskd's", Fix: t.undo})
		case t.how != how:
			found = append(found, dialect.SchemaFault{What: t.what + " is not as deskd made it", Fix: t.enable(how)})
		}
	}
	for what := range want {
		found = append(found, dialect.SchemaFault{What: what + " is missing"})
	}
	slices.SortFunc(found, func(a, b dialect.SchemaFault) int { return strings.Compare(a.What, b.What) })
	return found
}

// enable is the statement that switches a trigger on again, which is all that is wrong with
// it; empty when something else is.
func (t thing) enable(how string) string {
	words := strings.Fields(t.what) // trigger NAME on TABLE
	if words[0] != "trigger" || t.how[:len(t.how)-1] != how[:len(how)-1] {
		return ""
	}
	return fmt.Sprintf("ALTER TABLE %s ENABLE TRIGGER %s", words[3], words[1])
}
