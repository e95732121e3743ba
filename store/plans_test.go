package store

import (
	"database/sql"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// questions are the statements that stores have put to their databases, each with the
// parameters it had first.
type questions struct {
	sync.Mutex
	asked map[string][]any
}

// hear has a connection tell its statements from now on. Those of transactions, and those
// that are prepared, pass here too.
func (q *questions) hear(t testing.TB, db *gorm.DB) {
	t.Helper()
	note := func(tx *gorm.DB) {
		text := tx.Statement.SQL.String()
		if text == "" {
			return
		}
		q.Lock()
		defer q.Unlock()
		if q.asked == nil {
			q.asked = make(map[string][]any)
		}
		if _, known := q.asked[text]; !known {
			q.asked[text] = slices.Clone(tx.Statement.Vars)
		}
	}
	on, name := db.Callback(), "test:questions"
	check(t, on.Query().After("*").Register(name, note))
	check(t, on.Row().After("*").Register(name, note))
	check(t, on.Raw().After("*").Register(name, note))
	check(t, on.Create().After("*").Register(name, note))
	check(t, on.Update().After("*").Register(name, note))
	check(t, on.Delete().After("*").Register(name, note))
}

// growing are the tables whose rows are more every day; the others are as large as the
// building and its calendars.
var growing = []string{"reservations", "reservation_keys", "evidence", "attempts", "audit", "requests"}

// fewRows are the indexes of a few rows: to go through one of them is to go through those
// that wait.
var fewRows = []string{"reservations_waiting", "attempts_unresolved", "attempts_lasting", "audit_waiting", "requests_open"}

// allowed are the scans of growing tables that are meant: a pattern of the statement as it
// is without what quotes names, and with ? for each parameter, and the reason.
var allowed = map[*regexp.Regexp]string{
	like("FROM attempts (WHERE outcome = \\? )?ORDER BY began_at DESC"):                                    "a list that a person asks for: row by row, the newest first, no further than is asked for",
	like("FROM audit (WHERE item = \\? )?ORDER BY at DESC"):                                                "the same",
	like("FROM reservations (WHERE status IN \\('confirmed', 'conflict'\\) )?ORDER BY"):                    "a list without bounds, which a person asks for, is all of them",
	like("FROM attempts WHERE person IN \\([?,]+\\) ORDER BY began_at"):                                    "what is held about a person, which they may ask for: their name may stand anywhere",
	like("SELECT id FROM reservations WHERE why <> '' AND (instr|strpos)"):                                 "an erasure: the same",
	like("SELECT person FROM reservations UNION SELECT person FROM attempts"):                              "an erasure: the same",
	like("SELECT -id, '', arg [|][|] ' ' [|][|] result FROM requests"):                                     "an erasure: the same",
	like("SELECT id, at, actor, verb, kind, item, what, salt, digest, hash, proof FROM audit ORDER BY id"): "the proof that the audit is whole reads all of it, once a night",
	like("LEFT JOIN sites s ON s.name = d.site WHERE r.ends_at <= "):                                       "the counts of all that was booked, which a person asks for",
	like("DELETE FROM requests WHERE asked_at"):                                                            "requests are kept for a day",
	like("SELECT min\\(id\\) AS id FROM audit WHERE at >= \\?"):                                            "by number, as far as the rows go that are removed afterwards",
	like("\\(SELECT max\\(id\\) FROM attempts\\) \\+ 1"):                                                   "the greatest of all is the last: one seek",
	like("UPDATE attempts SET .*canary"):                                                                   "a test's own",
}

// bare is a statement as [allowed] knows it.
func bare(text string) string {
	return parameter.ReplaceAllString(strings.NewReplacer("`", "", `"`, "").Replace(text), "?")
}

var parameter = regexp.MustCompile(`\$\d+`)

func like(pattern string) *regexp.Regexp { return regexp.MustCompile("(?s)" + pattern) }

var (
	// A search without an index looks for the least or the greatest: where there is a
	// condition, it walks until it meets a row that satisfies it.
	scan    = regexp.MustCompile(`^(?:SCAN|SEARCH) (\S+)(?: .*?INDEX (\S+))?`)
	sought  = regexp.MustCompile(`^SEARCH \S+ .*USING`)
	extreme = regexp.MustCompile(`(?is)\b(?:min|max)\(\w+\)(?: AS \w+)?(?:, .*?)? FROM \w+ WHERE`)
	aliases = regexp.MustCompile(`(?i)\b(?:from|join|update|,)\s+"?` + "`?" + `(` + strings.Join(growing, "|") + `)` + "`?" + `"?(?:\s+(?:as\s+)?([a-z]\w*))?`)
)

// scanned are the growing tables that SQLite's plan of a statement scans.
func scanned(t *testing.T, db *sql.DB, text string, vars []any) (tables, plan []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, vars...)
	if err != nil {
		t.Errorf("%v: %s", err, text)
		return nil, nil
	}
	defer rows.Close()
	of := make(map[string]string)
	for _, table := range growing {
		of[table] = table
	}
	for _, m := range aliases.FindAllStringSubmatch(text, -1) {
		of[m[2]] = m[1]
	}
	for rows.Next() {
		var id, parent, unused int
		var step string
		check(t, rows.Scan(&id, &parent, &unused, &step))
		plan = append(plan, step)
		walks := strings.HasPrefix(step, "SCAN") || !sought.MatchString(step) && extreme.MatchString(text)
		if m := scan.FindStringSubmatch(step); m != nil && walks && of[m[1]] != "" && !slices.Contains(fewRows, m[2]) {
			tables = append(tables, of[m[1]])
		}
	}
	check(t, rows.Err())
	return tables, plan
}

// planner tells the plans of a dialect: which growing tables it scans for a statement, and
// which of those scans are its own affair.
type planner struct {
	scanned func(t *testing.T, db *sql.DB, text string, vars []any) (tables, plan []string)
	allowed map[*regexp.Regexp]string
}

// meant are all scans that are allowed.
func (p planner) meant() map[*regexp.Regexp]string {
	all := maps.Clone(allowed)
	maps.Copy(all, p.allowed)
	return all
}

// explain holds the plan of every statement that was asked against the rule: no table that
// grows is gone through from end to end, unless that is meant. With a million reservations
// a scan takes half a second.
func (q *questions) explain(t *testing.T, db *sql.DB, by planner) {
	t.Helper()
	used := make(map[*regexp.Regexp]bool)
	statement := regexp.MustCompile(`(?i)^\s*(select|with|insert|update|delete|replace)\b`)
	for _, text := range slices.Sorted(maps.Keys(q.asked)) {
		if !statement.MatchString(text) || strings.Contains(text, "temp.") {
			continue
		}
		tables, plan := by.scanned(t, db, text, q.asked[text])
		if len(tables) == 0 {
			continue
		}
		meant := false
		for pattern := range by.meant() {
			if pattern.MatchString(bare(text)) {
				meant, used[pattern] = true, true
			}
		}
		if !meant {
			t.Errorf("%s: it scans %s:\n%s", text, strings.Join(tables, ", "), strings.Join(plan, "\n"))
		}
	}
	if raceDetector || testing.Short() { // some tests are left out
		return
	}
	for pattern, why := range by.allowed {
		if !used[pattern] && len(q.asked) > 100 {
			t.Errorf("no statement is like %q any more (%s): take it out of the list", pattern, why)
		}
	}
}
