// Package cmd_test holds what is true of the module as a whole: which package may import
// which, and how large a file, a package and an interface may be.
package cmd_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// module is the module's path; the packages below are relative to it.
const module = "deskd"

// longest is the most lines a file of the program may have.
const longest = 400

// packages are all packages of the module, each with those of ours that its
// program files may import. Imports point to the nouns.
var packages = map[string][]string{
	"reservations/reports": {"reservations", "reservations/rules"},

	"scheduler/plan/forecast": {"reservations", "scheduler/plan", "scheduler/plan/wave"},
	"scheduler/plan/parting":  {"reservations", "scheduler/plan"},

	"phone/inventory/emulator": nil,

	"scheduler/callhistory": {"reservations", "scheduler/plan"},
	"scheduler/idle":        {"reservations", "scheduler/plan"},
	"cmd/deskd/resting":     {"configs", "phone/push", "reservations", "scheduler/clock", "scheduler/idle", "scheduler/plan", "store", "store/phones", "web/phone", "web/view"},
	"scheduler/calls":       {"reservations", "scheduler/plan"},
	"scheduler/notices":     {"reservations", "scheduler/plan"},
	"store/notices":         {"reservations", "scheduler/notices", "store/dialect"},
	"cmd/deskd/pushes":      {"configs", "phone", "phone/push", "reservations", "scheduler", "scheduler/callhistory", "scheduler/calls", "scheduler/clock", "scheduler/notices", "scheduler/phones", "scheduler/plan", "store", "store/notices"},
	"cmd/deskd/logs":        {"configs"},
	"cmd/deskd/remarks":     {"reservations", "reservations/booking", "scheduler/clock", "scheduler/notices", "store/notices", "web/view"},

	"configs/certificate": nil,

	"configs/certificate/certificatetest": {"configs/certificate"},

	"cmd/deskd/doors": {"configs", "configs/certificate", "scheduler/clock", "web/view"},

	"cmd/deskd/census": {"configs", "emapi", "phone/inventory", "scheduler/clock", "store/nodes", "store/phones"},

	// Whether the phone system is set up for deskd: what is judged, apart from who asks.
	"cmd/deskd/provisioning":        {"phone/push"},
	"cmd/deskd/provisioning/asking": {"cmd/deskd/census", "cmd/deskd/console", "cmd/deskd/daemon", "cmd/deskd/provisioning", "configs", "emapi", "phone/inventory", "phone/push", "reservations", "scheduler/callhistory", "scheduler/notices", "scheduler/plan", "store/notices", "store/phones", "web/phone"},

	"scheduler/poll": {"reservations/feed", "reservations/feed/fetch", "reservations"},
	"reservations":   nil,

	"reservations/feed":              {"reservations", "reservations/feed/calendar", "reservations/feed/fetch", "reservations/feed/ical", "reservations/spelling"},
	"reservations/feed/calendar":     {"reservations", "reservations/feed/ical", "reservations/feed/recur"},
	"reservations/feed/fetch":        {"reservations", "reservations/feed/fetch/caldav", "reservations/feed/ical"},
	"reservations/feed/fetch/caldav": nil,
	"reservations/feed/ical":         nil,
	"reservations/feed/recur":        {"reservations/feed/ical"},

	"reservations/booking":  {"reservations", "reservations/rules", "reservations/series"},
	"reservations/series":   {"reservations", "reservations/feed/ical", "reservations/feed/recur", "reservations/rules"},
	"reservations/rules":    {"reservations"},
	"reservations/publish":  {"reservations", "reservations/rules"},
	"reservations/spelling": nil,
	"emapi":                 nil,
	"emapi/emulator":        {"emapi", "emapi/emulator/dtd"},
	"emapi/emulator/admin":  {"emapi", "emapi/emulator"},
	"emapi/emulator/dtd":    nil,
	"phone":                 nil,
	"phone/devicelist":      nil,
	"phone/emulator":        {"phone", "phone/emulator/schema", "phone/uri"},
	"phone/emulator/schema": nil,
	"phone/inventory":       nil,
	"phone/model":           {"phone", "phone/uri"},
	"phone/push":            {"phone"},
	"phone/uri":             {"phone"},
	"store/postgrestest":    nil,
	"store/powercuttest":    nil,
	"migrations":            nil,
	"configs":               {"configs/certificate", "reservations/rules", "reservations/spelling"},
	"testdata/demo":         nil,
	"scheduler":             {"reservations", "scheduler/booked", "scheduler/calls", "scheduler/clock", "scheduler/guard", "scheduler/idle", "scheduler/observe", "scheduler/permits", "scheduler/phones", "scheduler/plan", "scheduler/plan/forecast", "scheduler/plan/wave", "scheduler/poll"},
	"scheduler/booked":      {"reservations"},
	"scheduler/report":      {"reservations", "scheduler/plan"},
	"scheduler/release":     {"reservations", "reservations/booking", "scheduler/plan"},
	"scheduler/drive":       {"reservations", "scheduler", "scheduler/booked", "scheduler/clock", "scheduler/jobs", "scheduler/phones", "scheduler/plan", "scheduler/poll", "scheduler/report"},
	"scheduler/jobs":        {"scheduler/clock"},
	"scheduler/limit":       {},
	"scheduler/permits":     {"scheduler/limit", "scheduler/phones", "scheduler/plan"},
	"scheduler/phones":      {"reservations", "emapi", "scheduler/plan"},
	"scheduler/plan":        {"reservations", "scheduler/plan/wave"},
	"scheduler/plan/board":  {"reservations", "scheduler/plan"},
	"scheduler/plan/wave":   {},
	"store":                 {"reservations", "scheduler", "scheduler/clock", "scheduler/guard", "scheduler/plan", "scheduler/poll", "store/audit", "store/bookings", "store/changes", "store/dialect", "store/erasure", "store/files", "store/history", "store/imports", "store/links", "store/nodes", "store/notices", "store/phones", "store/postgres", "store/requests", "store/sqlite", "store/tables", "store/tokens", "store/usage"},
	"store/tokens":          {"reservations", "store/audit", "store/dialect", "store/tables"},
	"store/audit":           {"reservations", "store/dialect", "store/files"},
	"store/bookings":        {"reservations", "reservations/booking", "store/audit", "store/dialect", "store/tables"},
	"store/dialect":         {"reservations"},
	"store/erasure":         {"reservations", "scheduler/plan", "store/audit", "store/dialect", "store/tables"},
	"store/files":           {"store/dialect"},
	"store/history":         {"reservations", "scheduler/plan", "store/audit", "store/dialect", "store/tables"},
	"store/imports":         {"reservations", "store/audit", "store/dialect", "store/tables"},
	"store/links":           {"store/audit", "store/dialect"},
	"store/nodes":           {"store/dialect", "store/tables"},
	"store/phones":          {"store/audit", "store/dialect", "store/tables"},
	"store/requests":        {"store/audit", "store/dialect", "store/tables"},
	"store/tables":          {"reservations", "reservations/spelling", "scheduler/clock", "scheduler/guard", "scheduler/plan", "store/audit", "store/dialect"},
	"store/transfer":        {"store/audit", "store/dialect", "store/files", "store/postgres", "store/sqlite"},
	"store/vitals":          {"store/postgres"},
	"store/changes":         {"reservations", "store/dialect"},
	"store/usage":           {"reservations", "reservations/booking", "reservations/reports", "scheduler/plan", "store/audit", "store/dialect"},
	"store/postgres":        {"migrations", "store/audit", "store/dialect"},
	"store/sqlite":          {"migrations", "store/audit", "store/dialect", "store/files"},
	"web":                   {"reservations", "scheduler", "scheduler/plan", "scheduler/plan/board", "scheduler/plan/forecast", "scheduler/poll", "web/access", "web/view"},
	"web/access":            {"reservations"},
	"web/api":               {"reservations", "reservations/booking", "reservations/reports", "reservations/rules", "scheduler/plan/board", "web/access", "web/api/events", "web/api/operate", "web/api/records", "web/api/rest", "web/view"},
	"web/api/events":        {"reservations", "scheduler/plan/board", "web/access", "web/api/rest", "web/view"},
	"web/api/guide":         nil,
	"web/api/operate":       {"reservations", "scheduler/guard", "web/access", "web/api/records", "web/api/rest"},
	"web/api/records":       {"reservations", "reservations/reports", "scheduler/plan", "web/access", "web/api/rest", "web/view"},
	"web/api/rest":          {"reservations", "reservations/booking", "reservations/rules", "reservations/series", "web/access", "web/api/guide", "web/view"},
	"web/calendars":         {"reservations", "reservations/publish"},
	"web/phone":             {"phone", "phone/model", "phone/uri", "reservations", "reservations/booking", "reservations/rules", "scheduler", "scheduler/plan", "scheduler/plan/board", "scheduler/plan/parting", "web/view"},
	"web/view":              {"reservations", "reservations/feed", "reservations/feed/calendar", "reservations/feed/fetch", "reservations/spelling", "scheduler", "scheduler/guard", "scheduler/phones", "scheduler/plan", "scheduler/plan/board", "scheduler/report"},
	"cmd/emulator":          {"cmd/emulator/house", "emapi/emulator", "emapi/emulator/admin", "phone/emulator"},
	"cmd/emulator/house":    {"emapi/emulator", "phone", "phone/emulator"},
	"cmd/measure":           {"emapi", "emapi/emulator", "reservations", "store"},
	"cmd/deskd/console":     {"reservations"},
	"cmd/deskd/daemon":      {"cmd/deskd/census", "cmd/deskd/doors", "cmd/deskd/logs", "cmd/deskd/programs", "cmd/deskd/pushes", "cmd/deskd/remarks", "cmd/deskd/resting", "configs", "emapi", "phone/push", "reservations", "reservations/booking", "reservations/feed/fetch", "reservations/publish", "reservations/reports", "reservations/rules", "scheduler", "scheduler/booked", "scheduler/clock", "scheduler/drive", "scheduler/guard", "scheduler/phones", "scheduler/plan", "scheduler/plan/forecast", "scheduler/poll", "scheduler/release", "scheduler/report", "store", "store/bookings", "store/links", "store/nodes", "store/phones", "store/usage", "web", "web/api", "web/api/events", "web/api/records", "web/calendars", "web/phone", "web/view"},
	"cmd/deskd/imports":     {"cmd/deskd/console", "cmd/deskd/daemon", "phone/devicelist", "reservations", "reservations/feed", "reservations/feed/fetch", "reservations/spelling", "scheduler/phones", "scheduler/plan", "store", "store/phones", "web/view"},
	"cmd/deskd/demo":        {"cmd/deskd/daemon", "cmd/deskd/imports", "cmd/emulator/house", "configs", "emapi", "emapi/emulator", "phone/emulator", "reservations", "scheduler", "scheduler/callhistory", "scheduler/clock", "scheduler/notices", "scheduler/plan", "store", "store/notices", "testdata/demo"},
	"cmd/deskd/doctor":      {"cmd/deskd/console", "cmd/deskd/daemon", "cmd/deskd/provisioning", "cmd/deskd/provisioning/asking", "configs", "configs/certificate", "emapi", "reservations", "reservations/feed", "scheduler/clock", "scheduler/drive", "scheduler/guard", "scheduler/permits", "scheduler/phones", "scheduler/plan", "store", "store/nodes", "store/vitals", "web/view"},
	"cmd/deskd/cli":         {"cmd/deskd/console", "cmd/deskd/daemon", "cmd/deskd/logs", "configs", "reservations", "reservations/spelling", "scheduler/clock", "store"},
	"cmd/deskd/programs":    {"configs", "reservations", "store", "store/nodes", "store/notices", "web/api/operate", "web/api/records", "web/view"},
	"cmd/deskd/bookings":    {"cmd/deskd/cli", "cmd/deskd/console", "reservations", "reservations/booking", "reservations/rules", "reservations/series", "store"},
	"cmd/deskd/tokens":      {"cmd/deskd/cli", "cmd/deskd/console", "reservations", "reservations/publish", "web/calendars"},
	"cmd/deskd/phones":      {"cmd/deskd/cli", "cmd/deskd/console", "configs", "phone", "phone/devicelist", "reservations", "reservations/spelling", "scheduler/idle", "web/phone"},
	"cmd/deskd/show":        {"cmd/deskd/census", "cmd/deskd/cli", "cmd/deskd/console", "reservations", "reservations/booking", "reservations/rules", "reservations/spelling", "scheduler", "scheduler/drive", "scheduler/plan", "scheduler/notices", "scheduler/plan/board", "store", "store/nodes", "store/notices", "store/phones", "web/view", "reservations/reports", "web/api/records"},
	"cmd/deskd/feeds":       {"cmd/deskd/cli", "cmd/deskd/console", "cmd/deskd/daemon", "configs", "reservations", "reservations/feed", "reservations/feed/fetch", "reservations/spelling", "scheduler/clock", "scheduler/drive", "store", "web/view"},
	"cmd/deskd":             {"cmd/deskd/bookings", "cmd/deskd/cli", "cmd/deskd/console", "cmd/deskd/daemon", "cmd/deskd/demo", "cmd/deskd/doctor", "cmd/deskd/feeds", "cmd/deskd/imports", "cmd/deskd/logs", "cmd/deskd/phones", "cmd/deskd/provisioning", "cmd/deskd/provisioning/asking", "cmd/deskd/show", "cmd/deskd/tokens", "configs", "reservations", "scheduler", "scheduler/guard", "scheduler/phones", "scheduler/plan", "scheduler/plan/forecast", "scheduler/report", "store", "store/transfer", "store/vitals", "web/view"},
	"scheduler/clock":       {"reservations", "scheduler/plan"},
	"scheduler/guard":       {"reservations", "scheduler/clock", "scheduler/phones", "scheduler/plan", "scheduler/poll"},
	"scheduler/observe":     {"reservations", "scheduler/clock", "scheduler/guard", "scheduler/phones", "scheduler/plan"},
}

// rooms are the only program files, as patterns of path.Match, that may import
// a package or one below it.
var rooms = map[string][]string{
	"deskd/emapi":                    {"scheduler/phones/*.go", "emapi/emulator/*.go", "emapi/emulator/admin/*.go", "cmd/*/*.go", "cmd/emulator/house/*.go", "cmd/deskd/*/*.go", "cmd/deskd/provisioning/asking/*.go"},
	"deskd/emapi/emulator":           {"cmd/emulator/*.go", "cmd/emulator/house/*.go", "cmd/measure/*.go", "cmd/deskd/demo/*.go", "emapi/emulator/*.go", "emapi/emulator/admin/*.go"},
	"deskd/phone/emulator":           {"phone/emulator/*.go", "cmd/emulator/*.go", "cmd/emulator/house/*.go", "cmd/deskd/demo/*.go"},
	"deskd/phone/inventory/emulator": nil, // serves tests alone
	"github.com/robfig/cron":         {"scheduler/clock/clock.go", "scheduler/jobs/jobs.go", "configs/*.go", "cmd/measure/*.go"},
	"gorm.io":                        {"store/*.go", "store/*/*.go"},
	"github.com/pressly/goose":       {"migrations/*.go"},
	"github.com/prometheus":          {"web/*.go"},
	"github.com/jackc/pgx":           {"store/postgres/*.go", "store/postgrestest/*.go", "store/transfer/*.go", "store/vitals/*.go"},
	"deskd/store/postgrestest":       nil, // serves tests alone
	"deskd/store/powercuttest":       nil,

	"deskd/configs/certificate/certificatetest": nil,

	"testing":                        nil,
	"github.com/google/go-cmp":       nil,
	"pgregory.net/rapid":             nil,
	"github.com/teambition/rrule-go": nil,
}

// pure are the packages that read no clock, ask nobody and keep nothing: they import
// none of these, and take every instant as an argument.
var (
	pure   = []string{"reservations", "reservations/rules", "reservations/series", "scheduler/callhistory", "scheduler/calls", "scheduler/idle", "scheduler/limit", "scheduler/notices", "scheduler/plan", "scheduler/plan/board", "scheduler/plan/forecast", "scheduler/plan/parting", "scheduler/plan/wave", "web/access"}
	impure = []string{"bufio", "context", "database", "io", "log", "math/rand", "net", "os", "sync", "syscall", "testing/synctest"}
	clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local"}
)

// impurities returns what the program file called name has that no pure package may.
func impurities(name string, source []byte) []string {
	if !slices.Contains(pure, path.Dir(name)) {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for _, spec := range file.Imports {
		to, _ := strconv.Unquote(spec.Path.Value)
		if slices.ContainsFunc(impure, func(of string) bool { return to == of || strings.HasPrefix(to, of+"/") }) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s, and its package is pure", name, to))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clocks, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				wrong = append(wrong, fmt.Sprintf("%s uses time.%s, and its package is pure", name, s.Sel.Name))
			}
		}
		return true
	})
	return wrong
}

// TestLayout holds the files of the module against the tables above.
func TestLayout(t *testing.T) {
	for _, wrong := range layout(t, os.DirFS("..")) {
		t.Error(wrong)
	}
	for _, wrong := range unused(t, os.DirFS("..")) {
		t.Error(wrong)
	}
}

// unused returns the arrows of the table that no program file draws any more.
func unused(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	drawn := make(map[string][]string)
	eachProgramFile(t, fsys, func(name string, source []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			to, _ := strconv.Unquote(spec.Path.Value)
			drawn[path.Dir(name)] = append(drawn[path.Dir(name)], strings.TrimPrefix(to, module+"/"))
		}
	})
	var wrong []string
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		for _, to := range packages[pkg] {
			if !slices.Contains(drawn[pkg], to) {
				wrong = append(wrong, fmt.Sprintf("package %s imports %s no more: take the arrow out of the table", pkg, to))
			}
		}
	}
	return wrong
}

// eachProgramFile calls do with every program file of the module in fsys.
func eachProgramFile(t *testing.T, fsys fs.FS, do func(name string, source []byte)) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != ".":
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		do(name, source)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// layout returns what the module in fsys has that it should not have. It parses
// the files itself: the go command's answer would stay in the test cache when
// they change.
func layout(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var wrong []string
	found := make(map[string]bool) // per package, whether it has a doc comment
	eachProgramFile(t, fsys, func(name string, source []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		found[path.Dir(name)] = found[path.Dir(name)] || file.Doc != nil
		if lines := bytes.Count(source, []byte("\n")); lines > longest {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d", name, lines, longest))
		}
		wrong = append(append(wrong, imports(name, file)...), impurities(name, source)...)
	})
	return append(wrong, unlisted(found)...)
}

// imports returns what is wrong with the imports of the program file called name.
func imports(name string, file *ast.File) []string {
	var wrong []string
	for _, spec := range file.Imports {
		to, _ := strconv.Unquote(spec.Path.Value) // the parser has read it
		ours, isOurs := strings.CutPrefix(to, module+"/")
		if isOurs && !slices.Contains(packages[path.Dir(name)], ours) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s, which is not for its package", name, to))
		}
		for _, of := range slices.Sorted(maps.Keys(rooms)) {
			if (to == of || strings.HasPrefix(to, of+"/")) && !matches(rooms[of], name) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s, which is only for %s", name, to, strings.Join(append(rooms[of], "tests"), ", ")))
			}
		}
	}
	return wrong
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		hit, _ := path.Match(p, name)
		return hit
	})
}

// unlisted compares the packages found with the table.
func unlisted(found map[string]bool) []string {
	var wrong []string
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		if _, listed := packages[pkg]; !listed {
			wrong = append(wrong, fmt.Sprintf("package %s is not in the table: say what it may import", pkg))
		}
		if !found[pkg] {
			wrong = append(wrong, fmt.Sprintf("package %s has no doc comment", pkg))
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		if _, there := found[pkg]; !there {
			wrong = append(wrong, fmt.Sprintf("package %s is in the table and has no files", pkg))
		}
	}
	return wrong
}

// TestLayoutSeesWhatIsWrong puts one file at a time into a module in good order.
func TestLayoutSeesWhatIsWrong(t *testing.T) {
	importing := func(paths ...string) string {
		return "package p\n\nimport (\n\t_ \"" + strings.Join(paths, "\"\n\t_ \"") + "\"\n)\n"
	}
	for _, c := range []struct {
		file, source string
		want         []string
	}{
		{"reservations/good.go", importing("time", "regexp"), nil},
		{"scheduler/phones/em.go", importing("deskd/emapi", "deskd/reservations"), nil},
		{"scheduler/clock/clock.go", importing("github.com/robfig/cron/v3"), nil},
		{"cmd/deskd/demo/world.go", importing("deskd/emapi/emulator", "deskd/testdata/demo"), nil},
		{"store/sqlite/row.go", importing("gorm.io/gorm", "deskd/migrations"), nil},
		{"reservations/bad_test.go", importing("deskd/store", "deskd/emapi/emulator", "deskd/store/powercuttest", "testing"), nil},
		{".cache/bad.go", importing("deskd/store"), nil},
		{"web/notes.txt", importing("deskd/store"), nil},
		{"web/long.go", "package web\n" + strings.Repeat("\n", longest-1), nil},

		{"reservations/bad.go", importing("time", "deskd/emapi/errs", "deskd/store"), []string{
			"reservations/bad.go imports deskd/emapi/errs, which is not for its package",
			"reservations/bad.go imports deskd/emapi/errs, which is only for scheduler/phones/*.go, emapi/emulator/*.go, emapi/emulator/admin/*.go, cmd/*/*.go, cmd/emulator/house/*.go, cmd/deskd/*/*.go, cmd/deskd/provisioning/asking/*.go, tests",
			"reservations/bad.go imports deskd/store, which is not for its package",
		}},
		{"scheduler/plan/bad.go", "package plan\n\nimport (\n\t\"context\"\n\t\"deskd/emapi\"\n\t\"time\"\n)\n\nvar at = time.Now()\n", []string{
			"scheduler/plan/bad.go imports deskd/emapi, which is not for its package",
			"scheduler/plan/bad.go imports deskd/emapi, which is only for scheduler/phones/*.go, emapi/emulator/*.go, emapi/emulator/admin/*.go, cmd/*/*.go, cmd/emulator/house/*.go, cmd/deskd/*/*.go, cmd/deskd/provisioning/asking/*.go, tests",
			"scheduler/plan/bad.go imports context, and its package is pure",
			"scheduler/plan/bad.go uses time.Now, and its package is pure",
		}},
		{"reservations/feed/bad.go", importing("deskd/scheduler"), []string{"reservations/feed/bad.go imports deskd/scheduler, which is not for its package"}},
		{"emapi/bad.go", importing("deskd/reservations"), []string{"emapi/bad.go imports deskd/reservations, which is not for its package"}},
		{"migrations/bad.go", importing("deskd/store"), []string{"migrations/bad.go imports deskd/store, which is not for its package"}},
		{"configs/bad.go", importing("deskd/reservations"), []string{"configs/bad.go imports deskd/reservations, which is not for its package"}},
		{"web/bad.go", importing("deskd/store"), []string{"web/bad.go imports deskd/store, which is not for its package"}},
		{"store/bad.go", importing("deskd/web"), []string{"store/bad.go imports deskd/web, which is not for its package"}},
		{"cmd/emulator/bad.go", importing("deskd/scheduler"), []string{"cmd/emulator/bad.go imports deskd/scheduler, which is not for its package"}},
		{"scheduler/bad.go", importing("deskd/emapi"), []string{
			"scheduler/bad.go imports deskd/emapi, which is not for its package",
			"scheduler/bad.go imports deskd/emapi, which is only for scheduler/phones/*.go, emapi/emulator/*.go, emapi/emulator/admin/*.go, cmd/*/*.go, cmd/emulator/house/*.go, cmd/deskd/*/*.go, cmd/deskd/provisioning/asking/*.go, tests",
		}},
		{"scheduler/sweep.go", importing("github.com/robfig/cron/v3"), []string{
			"scheduler/sweep.go imports github.com/robfig/cron/v3, which is only for scheduler/clock/clock.go, scheduler/jobs/jobs.go, configs/*.go, cmd/measure/*.go, tests",
		}},
		{"cmd/deskd/serve.go", importing("deskd/emapi/emulator"), []string{
			"cmd/deskd/serve.go imports deskd/emapi/emulator, which is not for its package",
			"cmd/deskd/serve.go imports deskd/emapi/emulator, which is only for cmd/emulator/*.go, cmd/emulator/house/*.go, cmd/measure/*.go, cmd/deskd/demo/*.go, emapi/emulator/*.go, emapi/emulator/admin/*.go, tests",
		}},
		{"cmd/deskd/bad.go", importing("gorm.io/gorm", "github.com/pressly/goose/v3", "github.com/prometheus/common"), []string{
			"cmd/deskd/bad.go imports gorm.io/gorm, which is only for store/*.go, store/*/*.go, tests",
			"cmd/deskd/bad.go imports github.com/pressly/goose/v3, which is only for migrations/*.go, tests",
			"cmd/deskd/bad.go imports github.com/prometheus/common, which is only for web/*.go, tests",
		}},
		{"cmd/deskd/bad.go", importing("deskd/store/powercuttest"), []string{
			"cmd/deskd/bad.go imports deskd/store/powercuttest, which is not for its package",
			"cmd/deskd/bad.go imports deskd/store/powercuttest, which is only for tests",
		}},
		{"web/check.go", importing("testing"), []string{"web/check.go imports testing, which is only for tests"}},
		{"web/long.go", "package web\n" + strings.Repeat("\n", longest), []string{"web/long.go has 401 lines, more than 400"}},
		{"phones/phone.go", "// Package phones is new.\npackage phones\n", []string{"package phones is not in the table: say what it may import"}},
		{"web/doc.go", "package web\n", []string{"package web has no doc comment"}},
	} {
		tree := fstest.MapFS{}
		for pkg := range packages {
			tree[pkg+"/doc.go"] = &fstest.MapFile{Data: []byte("// Package p has a comment.\npackage p\n")}
		}
		tree[c.file] = &fstest.MapFile{Data: []byte(c.source)}
		if diff := cmp.Diff(c.want, layout(t, tree)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
	}
	if wrong := layout(t, fstest.MapFS{}); len(wrong) != len(packages) {
		t.Errorf("nothing at all: %q", wrong)
	}
}
