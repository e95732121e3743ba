package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gorm.io/gorm"

	"deskd/store/dialect"
	"deskd/store/files"
)

// Anchor is a head of the audit's chain as it was at an instant. A program that computes
// the chain of a database once more, or puts an older copy in its place, cannot
// make it contain the heads that were written elsewhere before.
type Anchor struct {
	At       time.Time `json:"at"`
	Database string    `json:"database"` // id of the table self
	Row      int64     `json:"row"`
	Hash     string    `json:"hash"`
}

// String is the line of a file of anchors.
func (a Anchor) String() string {
	return fmt.Sprintf("%s %s %d %s", a.At.UTC().Format(time.RFC3339), a.Database, a.Row, a.Hash)
}

// parseAnchor reads a line of a file of anchors.
func parseAnchor(line string) (a Anchor, ok bool) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return a, false
	}
	at, err := time.Parse(time.RFC3339, fields[0])
	row, bad := strconv.ParseInt(fields[2], 10, 64)
	sum, odd := hex.DecodeString(fields[3])
	if err != nil || bad != nil || odd != nil || len(sum) != 32 {
		return a, false
	}
	return Anchor{at, fields[1], row, fields[3]}, true
}

// AppendAnchor adds a to the file of anchors called name, which is made for its
// owner alone, and brings it to disk. Nothing that stands in the file is changed:
// it may be one that the system lets nobody change (chattr +a). A link is not
// followed.
func AppendAnchor(name string, a Anchor) (err error) {
	f, err := files.OpenOwn(name, os.O_RDWR|os.O_APPEND)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
		if err == nil {
			err = files.HandOver(f)
		}
	}
	if err != nil {
		return fmt.Errorf("write anchor: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("write anchor: %w", err)
		}
	}()
	line := a.String() + "\n"
	torn, err := endsTorn(f)
	if err != nil {
		return err
	}
	if torn {
		line = "\n" + line
	}
	if _, err := f.WriteString(line); err != nil {
		return err
	}
	return f.Sync()
}

// endsTorn reports whether f ends within a line: a power cut took the rest.
func endsTorn(f *os.File) (bool, error) {
	is, err := f.Stat()
	if err != nil || is.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, is.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// tornAnchor is a line that a power cut has left: the beginning of an anchor, and
// what some file systems put in the place of the rest.
var tornAnchor = regexp.MustCompile(`^(?:[0-9TZ:-]{1,20}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S{0,32}(?: \d{0,19}(?: [0-9a-f]{0,63})?)?)?\x00*$`)

// readAnchors reads a file of anchors, and the numbers of lines that are torn or no
// anchors at all.
func readAnchors(name string) (all []Anchor, torn, unreadable []int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(io.LimitReader(f, 1<<28))
	for n := 1; lines.Scan(); n++ {
		a, ok := parseAnchor(lines.Text())
		switch {
		case ok:
			all = append(all, a)
		case strings.TrimSpace(lines.Text()) == "":
		case tornAnchor.MatchString(lines.Text()):
			torn = append(torn, n)
		default:
			unreadable = append(unreadable, n)
		}
	}
	return all, torn, unreadable, lines.Err()
}

// AnchorsReport is what a comparison of the audit with a file of anchors has found.
type AnchorsReport struct {
	File       string `json:"file"`
	Anchors    int    `json:"anchors"`              // in the file
	Pruned     int    `json:"pruned,omitempty"`     // of rows that retention has removed: nothing can be said of them
	Torn       []int  `json:"torn,omitempty"`       // numbers of lines that a power cut has cut short
	Unreadable []int  `json:"unreadable,omitempty"` // numbers of lines that are no anchors: deskd has not written them
	// First and Last are the oldest and the newest head that the database contains.
	First *Anchor `json:"first,omitempty"`
	Last  *Anchor `json:"last,omitempty"`
	// Unanchored is when the oldest row after Last was made, zero when there is none: no
	// head vouches for it.
	Unanchored time.Time `json:"unanchored,omitzero"`
	// Missing are the anchors whose head the database does not contain.
	Missing []MissingAnchor `json:"missing,omitempty"`
}

// MissingAnchor is an anchor whose head the database does not contain.
type MissingAnchor struct {
	Anchor
	Why string `json:"why"`
	// Restored is the row of the audit, 0 for none, by which someone has said since
	// that another database is to be used from there on.
	Restored int64 `json:"restored,omitempty"`
}

// Unexplained is the first missing anchor that no restore explains, nil when
// there is none.
func (r AnchorsReport) Unexplained() *MissingAnchor {
	for i, m := range r.Missing {
		if m.Restored == 0 {
			return &r.Missing[i]
		}
	}
	return nil
}

// AnchorEvery is how often the head of the audit is written where who writes the
// database cannot change it: what was changed since the last one is all that can be
// made to fit.
const AnchorEvery = time.Hour

// Contained is how many heads of the file the database contains.
func (r AnchorsReport) Contained() int { return r.Anchors - r.Pruned - len(r.Missing) }

// Silent reports whether the file says nothing of the database, though there should
// be heads in it by now: someone may have emptied it.
func (r AnchorsReport) Silent(now time.Time) bool {
	return r.Contained() == 0 && len(r.Missing) == 0 && r.Behind(now, AnchorEvery)
}

// Behind reports whether a row that is older than that waits for its head.
func (r AnchorsReport) Behind(now time.Time, age time.Duration) bool {
	return !r.Unanchored.IsZero() && now.Sub(r.Unanchored) > age
}

// VerifyAnchors looks whether the audit contains each head that stands in the
// file of anchors called name.
func (s Log) VerifyAnchors(ctx context.Context, name string) (AnchorsReport, error) {
	report := AnchorsReport{File: name}
	all, torn, unreadable, err := readAnchors(name)
	if err != nil {
		return report, fmt.Errorf("read anchors: %w", err)
	}
	report.Anchors, report.Torn, report.Unreadable = len(all), torn, unreadable
	err = s.db.Snapshot(ctx, func(tx *gorm.DB) error { return s.compareAnchors(tx, all, &report) })
	if err != nil {
		return report, fmt.Errorf("verify anchors: %w", err)
	}
	return report, nil
}

func (s Log) compareAnchors(tx *gorm.DB, all []Anchor, report *AnchorsReport) error {
	var self struct {
		ID          string
		AuditPruned int64
		AuditHash   string
	}
	if err := tx.Raw("SELECT id, audit_pruned, audit_hash FROM self").Scan(&self).Error; err != nil {
		return err
	}
	restores, err := s.restores(tx)
	if err != nil {
		return err
	}
	for _, a := range all {
		var hash []string
		if err := tx.Raw("SELECT hash FROM audit WHERE id = ?", a.Row).Scan(&hash).Error; err != nil {
			return err
		}
		why := ""
		switch {
		case a.Database != self.ID:
			why = "it is of another database"
		case a.Row < self.AuditPruned:
			report.Pruned++
		case a.Row == self.AuditPruned && a.Hash == self.AuditHash, len(hash) == 1 && hash[0] == a.Hash:
			report.contains(a)
		case len(hash) == 0 && a.Row != self.AuditPruned:
			why = fmt.Sprintf("there is no row %d", a.Row)
		default:
			why = fmt.Sprintf("row %d is another one", a.Row)
		}
		if why != "" {
			report.Missing = append(report.Missing, MissingAnchor{a, why, explains(restores, a, self.ID)})
		}
	}
	var after int64
	if report.Last != nil {
		after = report.Last.Row
	}
	var oldest dialect.Lenient
	if err := tx.Raw("SELECT coalesce(min(at), "+dialect.Of(tx).Never()+") FROM audit WHERE id > ?", after).Row().Scan(&oldest); err != nil {
		return err
	}
	report.Unanchored = oldest.Time
	return nil
}

// contains takes in a head that the database contains.
func (r *AnchorsReport) contains(a Anchor) {
	if r.First == nil || a.Row < r.First.Row {
		r.First = &a
	}
	if r.Last == nil || a.Row > r.Last.Row {
		r.Last = &a
	}
}

// restores are the rows of the audit, oldest first, by which a person has brought
// another database into use.
func (s Log) restores(tx *gorm.DB) ([]Row, error) {
	var rows []Row
	err := tx.Where("kind = 'database' AND verb IN ('restore', 'accept') AND hash <> ''").Order("id").Find(&rows).Error
	var own []Row
	for _, r := range rows {
		if r.Actor != SQLActor && s.sign.Wrote(r) {
			own = append(own, r)
		}
	}
	return own, err
}

// explains is the number of the first restore after a that has taken its row away,
// 0 when there is none.
func explains(restores []Row, a Anchor, database string) int64 {
	for _, r := range restores {
		if !r.decode().At.Before(a.At) && (a.Database != database || r.ID <= a.Row) {
			return r.ID
		}
	}
	return 0
}
