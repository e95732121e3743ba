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
	// Notes lists what is worth a second look of rows that were not left out.
	Notes []Refused
}

// Refused is a row that an import left out.
type Refused struct {
	Row int // index into the imported slice
	Err error
	// Rival is the index of the row that has what this one wanted, -1 when it
	// was not refused for that, or when somebody outside the slice has it.
	Rival int
}

func (im *Imported) refuse(row int, err error) {
	im.Refused = append(im.Refused, Refused{row, err, -1})
}

var errDryRun = errors.New("dry run")

// importing runs do in one transaction and takes it back when dryRun is set.
func (s *Store) importing(ctx context.Context, what string, dryRun bool, do func(tx *gorm.DB, im *Imported) error) (Imported, error) {
	var im Imported
	err := s.audited(ctx, "import", func(tx *gorm.DB) error {
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
// keeps what it has, which may in turn refuse another; hence the loop.
func settleClaims(kind string, claims []claim, held map[string]string) ([]claim, []Refused) {
	claims = slices.Clone(claims)
	var refused []Refused
	for {
		i, thing, other := clash(claims, held)
		if i < 0 {
			return claims, refused
		}
		err := fmt.Errorf("%s %q: %q belongs to %q", kind, claims[i].owner, thing, other.owner)
		refused = append(refused, Refused{claims[i].row, err, other.row})
		claims = slices.Delete(claims, i, i+1)
	}
}

// clash finds the first claim for something that another owner will have, or
// -1, and that other with its row, which is -1 if it only has it already.
func clash(claims []claim, held map[string]string) (at int, thing string, other claim) {
	moving := make(map[string]bool, len(claims))
	for _, c := range claims {
		moving[c.owner] = true
	}
	taken := make(map[string]claim, len(claims))
	for i, c := range claims {
		for _, thing := range c.things {
			if other, ok := taken[thing]; ok && other.owner != c.owner {
				return i, thing, other
			}
			if other, ok := held[thing]; ok && other != c.owner && !moving[other] {
				return i, thing, claim{row: -1, owner: other}
			}
			taken[thing] = c
		}
	}
	return -1, "", claim{}
}
