package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// Imported says what an import did, or with a dry run would have done.
type Imported struct {
	Added, Updated, Unchanged int
	// Refused lists the rows that were left out, in their order.
	Refused []Refused
}

// Refused is a row that an import left out.
type Refused struct {
	Row int // index into the imported slice
	Err error
}

func (im *Imported) refuse(row int, err error) {
	im.Refused = append(im.Refused, Refused{row, err})
}

var errDryRun = errors.New("dry run")

// importing runs do in one transaction and takes it back when dryRun is set.
func (s *Store) importing(ctx context.Context, what string, dryRun bool, do func(tx *gorm.DB, im *Imported) error) (Imported, error) {
	var im Imported
	err := s.change(ctx, func(tx *gorm.DB) error {
		if err := do(tx, &im); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return Imported{}, fmt.Errorf("import %s: %w", what, err)
	}
	slices.SortStableFunc(im.Refused, func(a, b Refused) int { return a.Row - b.Row })
	return im, nil
}

// claim is what an imported row wants to have to itself: the owner's device or
// mail addresses.
type claim struct {
	row    int
	owner  string
	things []string
}

// settleClaims returns the claims that can all hold together, and for the row
// of each other one what it wanted in vain and who has it. held says who has
// what now. Things may change hands, even in a circle: what counts is who has
// what in the end. A refused owner keeps what it has, which may in turn refuse
// another; hence the loop.
func settleClaims(claims []claim, held map[string]string) ([]claim, map[int]error) {
	claims = slices.Clone(claims)
	refused := make(map[int]error)
	for {
		i, thing, other := clash(claims, held)
		if i < 0 {
			return claims, refused
		}
		refused[claims[i].row] = fmt.Errorf("%q: %q belongs to %q", claims[i].owner, thing, other)
		claims = slices.Delete(claims, i, i+1)
	}
}

// clash finds the first claim for something that another owner will have, or -1.
func clash(claims []claim, held map[string]string) (at int, thing, other string) {
	moving := make(map[string]bool, len(claims))
	for _, c := range claims {
		moving[c.owner] = true
	}
	taken := make(map[string]string, len(claims))
	for i, c := range claims {
		for _, thing := range c.things {
			if other, ok := taken[thing]; ok && other != c.owner {
				return i, thing, other
			}
			if other, ok := held[thing]; ok && other != c.owner && !moving[other] {
				return i, thing, other
			}
			taken[thing] = c.owner
		}
	}
	return -1, "", ""
}
