package poll

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"deskd/reservations"
	"deskd/reservations/feed"
)

// namesFor is how long desks and people are kept without being read: well below the
// shortest time for which the audit keeps the row that says they were changed, which is a
// day. Where another program has taken away the triggers that write it, what it has changed
// counts after this.
const namesFor = time.Hour

// names are the desks and people that calendars may name, as one directory for all feeds.
// They are read again when the audit tells of a change, and after [namesFor]: a poll that
// finds nothing new costs one question, however large the building is. The zero names were
// never read.
type names struct {
	mu   sync.Mutex // held while they are read, so that many feeds do not read them at once
	read time.Time  // zero: never
	upto int64      // row of the audit that they are read behind
	known
}

// known is a directory, and the digest of the desks and people that it was made of.
type known struct {
	directory *feed.Directory
	digest    string
	self      string // id of the database
}

// of returns the names of b.
func (n *names) of(ctx context.Context, b Book, now time.Time) (known, error) {
	upto, changed, err := b.NamesChanged(ctx, n.from(now))
	if err != nil {
		return known{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case !changed:
		n.upto = max(n.upto, upto)
	case n.young(now) && n.upto >= upto: // another poll has read them since
	default:
		// The question comes first: what is changed in between is told the next time.
		is, err := readNames(ctx, b)
		if err != nil {
			return known{}, err
		}
		n.known, n.read, n.upto = is, now, upto
	}
	return n.known, nil
}

// from is the row of the audit behind which a change counts, -1 when they have to be
// read in any case.
func (n *names) from(now time.Time) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.young(now) {
		return -1
	}
	return n.upto
}

// young reports whether they were read lately, by a clock that may be set back.
func (n *names) young(now time.Time) bool {
	return !n.read.IsZero() && now.Sub(n.read).Abs() <= namesFor
}

func readNames(ctx context.Context, b Book) (known, error) {
	desks, err := b.Desks(ctx)
	if err != nil {
		return known{}, fmt.Errorf("read desks: %w", err)
	}
	people, err := b.People(ctx)
	if err != nil {
		return known{}, fmt.Errorf("read people: %w", err)
	}
	digest, err := digestOf(desks, people)
	if err != nil {
		return known{}, fmt.Errorf("digest of desks and people: %w", err)
	}
	self, err := b.Self(ctx)
	if err != nil {
		return known{}, fmt.Errorf("read the database's id: %w", err)
	}
	return known{feed.NewDirectory(desks, people), digest, self}, nil
}

// digestOf tells desks and people apart by what a reading may depend on: it does not on
// where a desk stands.
func digestOf(desks []reservations.Desk, people []reservations.Person) (string, error) {
	hash := sha256.New()
	to := json.NewEncoder(hash)
	for _, d := range desks {
		d.Floor, d.Zone = "", ""
		if err := to.Encode(d); err != nil {
			return "", err
		}
	}
	for _, p := range people {
		if err := to.Encode(p); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
