package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"deskd/reservations"
	"deskd/store/dialect"
	"deskd/store/imports"
	"deskd/store/sqlite"
)

// world is a database of its own that can be opened many times. The suite is
// written against it alone, so that every kind of database runs the same cases.
type world struct {
	// open opens it as the program does; it is closed at the end of the test.
	open func(t testing.TB) *Store
	// raw opens it as another program would.
	raw func(t testing.TB) *sql.DB
	// fresh is one more of its kind.
	fresh func(t testing.TB) world
}

// suite is what every kind of database must do.
var suite = map[string]func(t *testing.T, w world){
	"reserve":                    testReserve,
	"reserve refused":            testReserveRefused,
	"illegible texts":            testIllegibleTexts,
	"reserve by alias":           testReserveByAlias,
	"reserve once":               testReserveOnce,
	"key forgotten":              testKeyForgotten,
	"statistics":                 testStatistics,
	"report":                     testReport,
	"key of absence":             testKeyOfAbsence,
	"race of keys":               testRaceOfKeys,
	"cancel":                     testCancel,
	"book":                       testBook,
	"book once":                  testBookOnce,
	"change a booking":           testChangeBooking,
	"change of a feed":           testChangeOfFeed,
	"search":                     testSearch,
	"booking model":              testBookingModel,
	"close":                      testClose,
	"arrivals":                   testArrivals,
	"release of a feed":          testReleaseOfFeed,
	"evidence is personal":       testEvidenceIsPersonal,
	"walk up":                    testWalkUp,
	"holidays":                   testHolidays,
	"forget closures":            testForgetClosures,
	"published":                  testPublished,
	"race of bookings":           testRaceOfBookings,
	"tokens":                     testTokens,
	"tokens refused":             testTokensRefused,
	"roles":                      testRoles,
	"list":                       testList,
	"span":                       testSpan,
	"edges":                      testEdges,
	"invalid rows":               testInvalidRows,
	"conflicts":                  testConflicts,
	"race of stores":             testRaceOfStores,
	"race of programs":           testRaceOfPrograms,
	"model":                      testModel,
	"import desks":               testImportDesks,
	"import desk names":          testImportDeskNames,
	"import people":              testImportPeople,
	"import reservations":        testImportReservations,
	"feed state":                 testFeedState,
	"feed state of one":          testFeedStateOfOne,
	"names changed":              testNamesChanged,
	"touched":                    testTouched,
	"seen together":              testSeenTogether,
	"feed change":                testFeedChange,
	"first seen":                 testFirstSeen,
	"feed grows":                 testFeedGrows,
	"feed stirred":               testFeedStirred,
	"booked by feeds":            testBookedByFeeds,
	"drop feed":                  testDropFeed,
	"rename feed":                testRenameFeed,
	"feed held":                  testFeedHeld,
	"feed swap":                  testFeedSwap,
	"feed conflict":              testFeedConflict,
	"feed cancelled":             testFeedCancelled,
	"feed fails as a whole":      testFeedFailsWhole,
	"group":                      testGroup,
	"group refuses alone":        testGroupRefusesAlone,
	"group fails alone":          testGroupFailsAlone,
	"group fails as a whole":     testGroupFailsWhole,
	"group left":                 testGroupLeft,
	"group panics":               testGroupPanics,
	"journal":                    testJournal,
	"journal filters":            testJournalFilters,
	"last attempts":              testLastAttempts,
	"sent":                       testSent,
	"check":                      testCheck,
	"observations":               testObservations,
	"cluster state":              testClusterState,
	"pause":                      testPause,
	"held logouts":               testHeldLogouts,
	"begun":                      testBegun,
	"fates":                      testFates,
	"fates of many":              testManyFates,
	"requests":                   testRequests,
	"nodes":                      testNodes,
	"call list":                  testCallList,
	"links":                      testLinks,
	"phone notices":              testPhoneNotices,
	"phones":                     testPhones,
	"phones idle":                testPhonesIdle,
	"phones model":               testPhonesModel,
	"phones pruned":              testPhonesPruned,
	"seat":                       testSeat,
	"changed":                    testChanged,
	"reopen":                     testReopen,
	"audit backlog":              testAuditBacklog,
	"audit is append-only":       testAuditIsAppendOnly,
	"what decides is audited":    testWhatDecidesIsAudited,
	"import audits names":        testImportAuditsNames,
	"erase in parts":             testEraseInParts,
	"logouts in parts":           testLogoutsInParts,
	"feed parts":                 testFeedParts,
	"feed parts interrupted":     testFeedPartsInterrupted,
	"list of a person seeks":     testListOfPersonSeeks,
	"anonymised in secret":       testAnonymisedInSecret,
	"anonymise interrupted":      testAnonymiseInterrupted,
	"erase keeps answers":        testEraseKeepsAnswers,
	"erase beside backlog":       testEraseBesideBacklog,
	"held change is signed":      testHeldIsSigned,
	"groups are audited":         testGroupsAreAudited,
	"import in batches":          testImportInBatches,
	"import moves":               testImportMoves,
	"settle":                     testSettle,
	"cancelled context":          testCancelledContext,
	"forged actor and the brake": testForgedActorAndTheBrake,
	"audit":                      testAudit,
	"audit undone":               testAuditUndone,
	"audit pruned":               testAuditPruned,
	"erase":                      testErase,
	"erase obstacles":            testEraseObstacles,
	"erase spellings":            testEraseSpellings,
	"fold":                       testFold,
	"rename keeps people":        testRenameFeedKeepsPeople,
	"anonymise":                  testAnonymise,
	"retire":                     testRetire,
	"retire in parts":            testRetireInParts,
	"retired feed":               testRetiredFeed,
	"removed in secret":          testRemovedInSecret,
	"owned desk":                 testOwnedDesk,
	"erase plans":                testErasePlans,
	"anonymise plans":            testAnonymisePlans,
	"series":                     testSeries,
	"series in its own way":      testSeriesInItsOwnWay,
	"series scopes":              testSeriesScopes,
	"absences":                   testAway,
}

// dialects are the kinds of database, each with a new one of it that has desks, people
// and their site.
var dialects = map[string]func(t testing.TB) world{
	"sqlite":   newSQLite,
	"postgres": newPostgres,
}

func TestDialects(t *testing.T) {
	for kind, create := range dialects {
		var asked questions
		t.Run(kind, func(t *testing.T) {
			for name, test := range suite {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, create(t).heardBy(&asked))
				})
			}
		})
		if kind == "sqlite" {
			asked.explain(t, create(t).raw(t), planner{scanned, allowed})
		} else {
			asked.explain(t, grown(t, create(t)), planner{scannedByServer, allowedOnServer})
		}
	}
}

// heardBy is w, with all that its stores ask told.
func (w world) heardBy(asked *questions) world {
	open, fresh := w.open, w.fresh
	w.open = func(t testing.TB) *Store {
		s := open(t)
		asked.hear(t, s.db.Read(ctx))
		asked.hear(t, writer(s))
		return s
	}
	w.fresh = func(t testing.TB) world { return fresh(t).heardBy(asked) }
	return w
}

// newSQLite is a database file with desks, people and their site.
func newSQLite(t testing.TB) world {
	path := filepath.Join(t.TempDir(), "desk d?%#.db") // a path that needs escaping
	w := world{
		fresh: newSQLite,
		open:  func(t testing.TB) *Store { return openFile(t, path, Options{}) },
		raw: func(t testing.TB) *sql.DB {
			db, err := sql.Open("sqlite", rawName(path, "20000"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			return db
		},
	}
	for ending, text := range furnished(t) {
		check(t, os.WriteFile(path+ending, text, 0o600))
	}
	return w
}

// template has the files of a database with desks, people and their site, by the
// endings of their names: to copy them is faster than to migrate and import.
var template struct {
	sync.Mutex
	files map[string][]byte
}

func furnished(t testing.TB) map[string][]byte {
	t.Helper()
	template.Lock()
	defer template.Unlock()
	if template.files != nil {
		return template.files
	}
	path := filepath.Join(t.TempDir(), "template.db")
	s, err := Open(ctx, path, Options{})
	check(t, err)
	furnish(t, s)
	check(t, s.Close())
	files := make(map[string][]byte)
	for _, ending := range []string{"", ".marker"} {
		files[ending] = must(os.ReadFile(path + ending))(t)
	}
	template.files = files
	return files
}

func openFile(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// filesOf are the files that hold s, none where a server keeps it.
func filesOf(s *Store) []string {
	db, ok := s.db.Upkeep.(*sqlite.DB)
	if !ok {
		return nil
	}
	return []string{db.Path(), db.Path() + "-wal", db.Path() + ".marker"}
}

// executeIn carries out statements in transactions of s, past its methods.
func executeIn(t testing.TB, s *Store, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		check(t, s.db.Change(ctx, func(tx *gorm.DB) error { return tx.Exec(statement).Error }))
	}
}

// without takes triggers out of the schema of s, until what it returns is called.
func without(t testing.TB, s *Store, triggers ...string) (over func()) {
	t.Helper()
	if len(filesOf(s)) == 0 {
		return disabled(t, s, triggers)
	}
	var made []string
	for _, trigger := range triggers {
		var text string
		check(t, writer(s).Raw("SELECT sql FROM sqlite_schema WHERE name = ?", trigger).Row().Scan(&text))
		check(t, writer(s).Exec("DROP TRIGGER "+trigger).Error)
		made = append(made, text)
	}
	return func() {
		for _, text := range made {
			check(t, writer(s).Exec(text).Error)
		}
	}
}

// booked books a desk n times by another program, for a minute each, from an instant on.
func booked(t testing.TB, db *sql.DB, desk, person string, from time.Time, n int) {
	t.Helper()
	var rows []string
	for i := range n {
		at := from.Add(time.Duration(i) * time.Minute)
		rows = append(rows, fmt.Sprintf("('%s %d', '%s', '%s', '%s', '%s')", desk, i, desk, person, at.Format(time.RFC3339), at.Add(time.Minute).Format(time.RFC3339)))
	}
	execute(t, db, "INSERT INTO reservations (id, desk, person, starts_at, ends_at) VALUES "+strings.Join(rows, ", "))
}

// meddling is a database whose n-th change fails, or after which something is done.
type meddling struct {
	dialect.Transactions
	n    int
	fail error
	then func()
}

// meddled is s with what m does to its changes.
func meddled(s *Store, m meddling) *Store {
	db := s.db
	m.Transactions, db.Transactions = db.Transactions, &m
	return newStore(db, s.log)
}

// Change implements [dialect.Transactions].
func (m *meddling) Change(ctx context.Context, do func(tx *gorm.DB) error) error {
	m.n--
	err := m.Transactions.Change(ctx, func(tx *gorm.DB) error {
		if err := do(tx); err != nil || m.n != 0 {
			return err
		}
		return m.fail
	})
	if m.n == 0 && m.then != nil {
		m.then()
	}
	return err
}

// isOverlap reports whether err, of another program, is the refusal of an overlap.
func isOverlap(s *Store, err error) bool {
	return errors.Is(dialect.Translate(s.db.Read(ctx), err), dialect.ErrOverlap)
}

// lite is the open file of s.
func lite(s *Store) *sqlite.DB { return s.db.Upkeep.(*sqlite.DB) }

// writer is the connection of s that writes, outside of a transaction.
func writer(s *Store) *gorm.DB { return s.db.Upkeep.(interface{ Writer() *gorm.DB }).Writer() }

var (
	ctx   = context.Background()
	eight = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
)

// at is eight o'clock plus hours and minutes.
func at(hours, minutes int) time.Time {
	return eight.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func span(from, to int) reservations.Span {
	return reservations.Span{Start: at(from, 0), End: at(to, 0)}
}

var testDesks = []reservations.Desk{
	{ID: "4.11", Site: "berlin", Cluster: "main", Device: "SEP000000000011"},
	{ID: "4.12", Site: "berlin", Cluster: "main", Device: "SEP000000000012", Name: "window", Floor: "4", Zone: "north"},
	{ID: "5.01", Site: "berlin", Cluster: "main", Device: "SEP000000000501"},
}

var testPeople = []reservations.Person{
	{ID: "jane", Mail: []string{"j.doe@example.com", "jane@example.com"}, Name: "Jane Doe", Profile: "UDP_jane"},
	{ID: "max", Mail: []string{"max@example.com"}, Protected: true},
	{ID: "Zoë"},
}

func furnish(t testing.TB, s *Store) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	check(t, err)
	check(t, s.Configure(ctx, []reservations.Site{{Name: "berlin", Zone: zone}},
		[]Cluster{{Name: "main", URL: "https://cucm.example.com:8443/emservice/EMServiceServlet"}}))
	done, err := s.ImportDesks(ctx, testDesks, false)
	check(t, err)
	same(t, "imported desks", imports.Imported{Added: len(testDesks)}, done)
	done, err = s.ImportPeople(ctx, testPeople, false)
	check(t, err)
	same(t, "imported people", imports.Imported{Added: len(testPeople)}, done)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what was wanted with what there is.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(equalErrors)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func equalErrors(a, b error) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
}

func book(t testing.TB, s *Store, desk, person string, sp reservations.Span) reservations.Reservation {
	t.Helper()
	r, err := s.Reserve(ctx, reservations.Reservation{Desk: desk, Person: person, Span: sp}, at(-1, 0))
	check(t, err)
	return r
}

// brief renders reservations as "desk person from-to status", hours after eight.
func brief(rs []reservations.Reservation) []string {
	lines := []string{}
	for _, r := range rs {
		lines = append(lines, r.Desk+" "+r.Person+" "+hour(r.Start)+"-"+hour(r.End)+" "+string(r.Status))
	}
	return lines
}

func hour(t time.Time) string { return t.Format("02T15:04") }

func all(t testing.TB, s *Store) []string {
	t.Helper()
	rs, err := s.ListReservations(ctx, reservations.Filter{IncludeCancelled: true})
	check(t, err)
	return brief(rs)
}
