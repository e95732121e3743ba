package imports

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"deskd/store/audit"
	"deskd/store/dialect"
)

// An import is checked first and written afterwards. The check reads one state
// of the database, which keeps nobody from writing, and decides about every row.
// What passes is written in batches, each a transaction of its own, with a
// [dialect.Breath] between them: one transaction for a hundred thousand rows would keep
// the daemon from recording its logins for a minute, and without a record it
// sends none.
//
// So an import is not one transaction. What holds instead:
//
//   - A file that is refused, or that loses a row to the check, has lost it
//     before anything was written.
//   - What has changed between the check and its batch is looked at again there;
//     a row that no longer fits is left out and said to be ([ErrChanged]).
//   - Rows that give each other a phone or an address go in the order in which
//     it becomes free, and those that swap it in one batch. At every moment each
//     desk is as it was or as it will be.
//   - An import that was killed is finished by importing the file again: what is
//     written is found unchanged.

// importBatch is how many rows a transaction of an import writes: some 50 ms.
const importBatch = 250

// ErrChanged says that the database changed between the check of an import and its
// writing.
var ErrChanged = errors.New("the database changed while the file was imported: import it again")

// Importer writes files into a database.
type Importer struct {
	db    dialect.Transactions
	audit audit.Log
}

// New is the importer of db, whose audit is log.
func New(db dialect.Transactions, log audit.Log) Importer { return Importer{db, log} }

// Import is what is to be imported, and how.
type Import[T any] struct {
	Rows []Row[T]
	// DryRun checks, and writes nothing.
	DryRun bool
	// List asks for [Imported.Changes], which take more memory than all else.
	List bool
	// Progress, where it is not nil, is told how many of the rows that change
	// anything are written.
	Progress func(written, all int)
}

// Row is one line of an import.
type Row[T any] struct {
	Is T
	// Columns are those the line has; nil means all. What a row that is there
	// already has in the others stays.
	Columns []string
	// Line is its number in the file, for errors of others that clash with it.
	Line int
}

func (r Row[T]) has(column string) bool {
	return r.Columns == nil || slices.Contains(r.Columns, column)
}

// whole makes rows of nouns that are all there is to say.
func whole[T any](nouns []T) []Row[T] {
	rows := make([]Row[T], len(nouns))
	for i, n := range nouns {
		rows[i] = Row[T]{Is: n}
	}
	return rows
}

// Imported says what an import did, or with a dry run would have done.
type Imported struct {
	Added, Updated, Unchanged int
	// Refused lists the rows that were left out, in their order.
	Refused []Refused
	// Notes lists what is worth a second look of rows that were not left out.
	Notes []Refused
	// Changes lists what the rows change, in their order, where [Import.List] asks for
	// it; of those that were left out after the check, too.
	Changes []Change
}

// Refused is a row that an import left out.
type Refused struct {
	Row int // index into the imported slice
	Err error
	// Rival is the index of the row that has what this one wanted, -1 when it
	// was not refused for that, or when someone outside the slice has it.
	Rival int
}

// Change is what a row changes.
type Change struct {
	Row int
	// New is the desk, person or reservation as it will be.
	New any
	// Added says that it was not there before.
	Added bool
	// Columns are those that differ; all that are not empty when Added.
	Columns []ColumnChange
}

// ColumnChange is what becomes of a column, as people read it.
type ColumnChange struct{ Column, Was, Is string }

func (im *Imported) refuse(row int, err error) {
	im.Refused = append(im.Refused, Refused{row, err, -1})
}

// count notes what becomes of a row, and reports whether anything does.
func (im *Imported) count(c Change, list bool) bool {
	switch {
	case c.Added:
		im.Added++
	case len(c.Columns) > 0:
		im.Updated++
	default:
		im.Unchanged++
		return false
	}
	if list {
		im.Changes = append(im.Changes, c)
	}
	return true
}

// uncount takes back what was counted of changes that did not come about.
func (im *Imported) uncount(added bool) {
	if added {
		im.Added--
	} else {
		im.Updated--
	}
}

// inBatches writes parts of all rows in transactions of their own.
func (s Importer) inBatches(ctx context.Context, parts []int, progress func(int, int), write func(part int) error) error {
	all, done := 0, 0
	for _, size := range parts {
		all += size
	}
	for i, size := range parts {
		if i > 0 {
			if err := dialect.Pause(ctx, dialect.Breath); err != nil {
				return err
			}
		}
		if err := write(i); err != nil {
			return err
		}
		if done += size; progress != nil {
			progress(done, all)
		}
	}
	return nil
}

// ended words the end of an import, whose refused rows it puts in order.
func (im *Imported) ended(what string, err error) (Imported, error) {
	slices.SortStableFunc(im.Refused, func(a, b Refused) int { return a.Row - b.Row })
	slices.SortStableFunc(im.Changes, func(a, b Change) int { return a.Row - b.Row })
	if err == nil {
		return *im, nil
	}
	err = fmt.Errorf("import %s: %w", what, err)
	if errors.Is(err, context.Canceled) || errors.Is(err, dialect.ErrCommit) || im.Added+im.Updated > 0 {
		err = fmt.Errorf("%w; some rows may be imported: import the file again, what is there is found unchanged", err)
	}
	return Imported{}, err
}

// claim is what an imported row wants to have to itself: the owner's device,
// names or mail addresses.
type claim struct {
	row    int
	owner  string
	things []string
}

// settleClaims returns the claims that can all hold together, and refuses the
// rows of the others, saying what they wanted in vain and who has it; kind is
// the noun of an owner. held says who has what now. Things may change hands,
// even in a circle: what counts is who has what in the end. A refused owner
// keeps what it has, which may in turn refuse another before it. Each row is
// looked at once, and once more when it is refused for that.
func settleClaims(kind string, claims []claim, held map[string]string) ([]claim, []Refused) {
	s := settling{kind: kind, claims: claims, held: held, has: make(map[string][]string),
		moving: make(map[string]bool, len(claims)), taken: make(map[string]int), refused: make([]bool, len(claims))}
	for _, c := range claims {
		s.moving[c.owner] = true
	}
	for thing, owner := range held {
		if s.moving[owner] {
			s.has[owner] = append(s.has[owner], thing)
		}
	}
	for i := range claims {
		s.settle(i)
	}
	var left []claim
	for i, c := range claims {
		if !s.refused[i] {
			left = append(left, c)
		}
	}
	return left, s.why
}

// settling is how far [settleClaims] has come.
type settling struct {
	kind    string
	claims  []claim
	held    map[string]string   // thing → who has it now
	has     map[string][]string // the same by owner, of those in claims
	moving  map[string]bool     // owners whose claim is not refused
	taken   map[string]int      // thing → the claim that gets it
	refused []bool
	why     []Refused
}

// settle lets the claim i hold if nothing speaks against it, beside those before.
func (s *settling) settle(i int) {
	c := s.claims[i]
	for _, thing := range c.things {
		if other, ok := s.taken[thing]; ok && s.claims[other].owner != c.owner {
			s.refuse(i, thing, s.claims[other])
			return
		}
		if s.kept(thing, c.owner) {
			s.refuse(i, thing, claim{row: -1, owner: s.held[thing]})
			return
		}
		s.taken[thing] = i
	}
}

// kept reports whether an owner other than this one has a thing and keeps it.
func (s *settling) kept(thing, owner string) bool {
	other, ok := s.held[thing]
	return ok && other != owner && !s.moving[other]
}

// refuse refuses the claim i, and those before it that were to get what its owner
// keeps now.
func (s *settling) refuse(i int, thing string, other claim) {
	for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
		c := s.claims[queue[0]]
		if s.refused[queue[0]] {
			continue
		}
		if queue[0] != i {
			at := slices.IndexFunc(c.things, func(thing string) bool { return s.kept(thing, c.owner) })
			thing = c.things[at]
			other = claim{row: -1, owner: s.held[thing]}
		}
		err := fmt.Errorf("%s %q: %q belongs to %q", s.kind, c.owner, thing, other.owner)
		s.why = append(s.why, Refused{c.row, err, other.row})
		s.refused[queue[0]] = true
		delete(s.moving, c.owner)
		queue = append(queue, s.givenBack(queue[0])...)
	}
}

// givenBack lets a claim that is refused take nothing, and returns those that were to
// take what its owner keeps now.
func (s *settling) givenBack(refused int) (others []int) {
	c := s.claims[refused]
	for _, t := range c.things {
		if s.taken[t] == refused {
			delete(s.taken, t)
		}
	}
	for _, t := range s.has[c.owner] {
		if next, ok := s.taken[t]; ok && s.claims[next].owner != c.owner {
			others = append(others, next)
		}
	}
	return others
}

// batches puts claims that can all hold together in the order in which they can
// be written, an owner that gives something up before the one that takes it, in
// parts of at most [importBatch]. Those that wait for each other in a circle are
// in one part, however many they are: each is at every moment as it was or as it
// will be.
func batches(claims []claim, held map[string]string) [][]claim {
	var parts [][]claim
	for _, together := range circles(claims, held) {
		n := len(parts) - 1
		if n < 0 || len(parts[n])+len(together) > importBatch {
			parts = append(parts, together)
			continue
		}
		parts[n] = append(parts[n], together...)
	}
	return parts
}

// circles are the claims that have to be written together, mostly one by one, in an
// order in which each finds free what it takes: Tarjan's strongly connected
// components of who waits for whom, which come in that order.
func circles(claims []claim, held map[string]string) (all [][]claim) {
	byOwner := make(map[string]int, len(claims))
	for i, c := range claims {
		byOwner[c.owner] = i
	}
	index, low, pending := make([]int, len(claims)), make([]int, len(claims)), make([]bool, len(claims))
	var path []int
	next := 0
	var visit func(i int)
	visit = func(i int) {
		next++
		index[i], low[i], pending[i] = next, next, true
		from := len(path)
		path = append(path, i)
		for _, thing := range claims[i].things {
			first, ok := byOwner[held[thing]]
			switch {
			case !ok || held[thing] == "" || first == i:
			case index[first] == 0:
				visit(first)
				low[i] = min(low[i], low[first])
			case pending[first]:
				low[i] = min(low[i], index[first])
			}
		}
		if low[i] < index[i] {
			return
		}
		var together []claim
		for _, n := range path[from:] {
			pending[n] = false
			together = append(together, claims[n])
		}
		path = path[:from]
		all = append(all, together)
	}
	for i := range claims {
		if index[i] == 0 {
			visit(i)
		}
	}
	return all
}

func sizes(parts [][]claim) []int {
	all := make([]int, len(parts))
	for i, p := range parts {
		all[i] = len(p)
	}
	return all
}

// part is a batch of claims, and which of them are of what was not there before.
type part struct {
	claims []claim
	added  func(claim) bool
}

// writePart writes a batch in a transaction of its own. When the database is no
// longer what the check has seen, the rows of the batch are left out together.
func (s Importer) writePart(ctx context.Context, im *Imported, p part, write func(tx *gorm.DB) error) error {
	err := s.audit.Change(ctx, "import", write)
	if err == nil || !errors.Is(err, ErrChanged) && !errors.Is(err, dialect.ErrConstraint) {
		return err
	}
	if !errors.Is(err, ErrChanged) {
		err = fmt.Errorf("%w (%w)", ErrChanged, err)
	}
	for _, c := range p.claims {
		im.refuse(c.row, fmt.Errorf("left out with %d rows that are written together: %w", len(p.claims), err))
		im.uncount(p.added(c))
	}
	return nil
}

func owners(claims []claim) []string {
	all := make([]string, len(claims))
	for i, c := range claims {
		all[i] = c.owner
	}
	return all
}
