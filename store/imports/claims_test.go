package imports

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// settledSlowly is what [settleClaims] has to answer, said in the plainest way: the
// first row that clashes is refused, and all others are looked at again.
func settledSlowly(claims []claim, held map[string]string) (left []claim, refused []int) {
	left = slices.Clone(claims)
	for {
		at := firstClash(left, held)
		if at < 0 {
			return left, refused
		}
		refused = append(refused, left[at].row)
		left = slices.Delete(left, at, at+1)
	}
}

func firstClash(claims []claim, held map[string]string) int {
	moving, taken := make(map[string]bool), make(map[string]string)
	for _, c := range claims {
		moving[c.owner] = true
	}
	for i, c := range claims {
		for _, thing := range c.things {
			if other, ok := taken[thing]; ok && other != c.owner {
				return i
			}
			if other, ok := held[thing]; ok && other != c.owner && !moving[other] {
				return i
			}
			taken[thing] = c.owner
		}
	}
	return -1
}

// someClaims are the claims of up to n owners to some of as many things, some of
// which others have.
func someClaims(random *rand.Rand, n int) ([]claim, map[string]string) {
	held := make(map[string]string)
	for thing := range n {
		if random.IntN(3) > 0 {
			held[fmt.Sprint("t", thing)] = fmt.Sprint("o", random.IntN(n))
		}
	}
	var claims []claim
	for row, owner := range random.Perm(n) {
		c := claim{row: row, owner: fmt.Sprint("o", owner)}
		for range random.IntN(3) {
			c.things = append(c.things, fmt.Sprint("t", random.IntN(n)))
		}
		if random.IntN(5) > 0 {
			claims = append(claims, c)
		}
	}
	return claims, held
}

// Which rows are refused is as if each refusal began everything again.
func TestSettleClaimsAtOnce(t *testing.T) {
	for seed := range uint64(3000) {
		claims, held := someClaims(rand.New(rand.NewPCG(seed, 1)), 2+int(seed%12))
		left, why := settleClaims("desk", claims, held)
		wantLeft, wantRows := settledSlowly(claims, held)
		var rows []int
		for _, r := range why {
			rows = append(rows, r.Row)
		}
		slices.Sort(rows)
		slices.Sort(wantRows)
		same(t, "refused", wantRows, rows)
		if fmt.Sprint(left) != fmt.Sprint(wantLeft) {
			t.Fatalf("seed %d: %v is left, want %v", seed, left, wantLeft)
		}
		checkOrder(t, left, held)
		if t.Failed() {
			t.Fatalf("seed %d: %v of %v", seed, claims, held)
		}
	}
}

// checkOrder checks that every part finds free what it takes, and that no part is
// larger than a batch but a circle.
func checkOrder(t *testing.T, claims []claim, held map[string]string) {
	t.Helper()
	has := make(map[string]string)
	for thing, owner := range held {
		has[thing] = owner
	}
	n := 0
	for _, part := range batches(claims, held) {
		n += len(part)
		for _, c := range part {
			for thing, owner := range has {
				if owner == c.owner {
					delete(has, thing)
				}
			}
		}
		for _, c := range part {
			for _, thing := range c.things {
				if other := has[thing]; other != "" && other != c.owner {
					t.Errorf("%s takes %s, which %s has still", c.owner, thing, other)
				}
				has[thing] = c.owner
			}
		}
	}
	same(t, "claims", len(claims), n)
}

// Refusals cost no more than the rows: a hundred thousand rows that all want what
// one desk keeps would take an hour if each were looked at again for each.
func TestManyRefusedClaims(t *testing.T) {
	noRaces(t)
	const n = 100_000
	held, all, chain := map[string]string{"phone": "kept"}, make([]claim, n), make([]claim, n)
	for i := range n {
		all[i] = claim{i, fmt.Sprint(i), []string{"phone"}}
		chain[i] = claim{i, fmt.Sprint("c", i), []string{fmt.Sprint("t", i+1)}} // what the next one has
		held[fmt.Sprint("t", i)] = fmt.Sprint("c", i)
	}
	held[fmt.Sprint("t", n)] = "kept"
	for name, claims := range map[string][]claim{"one thing": all, "each waits for the next": chain} {
		left, refused := settleClaims("desk", claims, held)
		same(t, name, [2]int{0, n}, [2]int{len(left), len(refused)})
	}
	delete(held, fmt.Sprint("t", n))
	left, _ := settleClaims("desk", chain, held)
	same(t, "a chain with an end", n, len(left))
	for i, part := range batches(left, held) {
		if len(part) != importBatch {
			t.Fatalf("part %d has %d rows", i, len(part))
		}
	}
}

// Pairs that swap are written pair by pair, and only one circle of all is one
// transaction.
func TestCirclesApart(t *testing.T) {
	pairs, ring, held := []claim{}, []claim{}, make(map[string]string)
	for i := range 4 * importBatch {
		owner, thing := fmt.Sprint("o", i), fmt.Sprint("t", i)
		held[thing] = owner
		pairs = append(pairs, claim{i, owner, []string{fmt.Sprint("t", i^1)}})
		ring = append(ring, claim{i, owner, []string{fmt.Sprint("t", (i+1)%(4*importBatch))}})
	}
	for _, part := range batches(pairs, held) {
		same(t, "rows", importBatch, len(part))
		for i := 0; i < len(part); i += 2 {
			same(t, "a pair", part[i].row^1, part[i+1].row)
		}
	}
	same(t, "one circle", 1, len(batches(ring, held)))
}

func TestSettleClaims(t *testing.T) {
	held := map[string]string{"A": "1", "B": "2", "C": "3"}
	for _, c := range []struct {
		name   string
		claims []claim
		want   []int // rows that hold
	}{
		{"swap", []claim{{0, "1", []string{"B"}}, {1, "2", []string{"A"}}}, []int{0, 1}},
		{"circle", []claim{{0, "1", []string{"B"}}, {1, "2", []string{"C"}}, {2, "3", []string{"A"}}}, []int{0, 1, 2}},
		{"taken", []claim{{0, "4", []string{"A"}}}, nil},
		{"given up", []claim{{0, "4", []string{"A"}}, {1, "1", []string{"D"}}}, []int{0, 1}},
		{"twice", []claim{{0, "4", []string{"D"}}, {1, "5", []string{"D"}}}, []int{0}},
		{"refusal that refuses another", []claim{{0, "1", []string{"C"}}, {1, "2", []string{"A"}}}, nil},
		{"own", []claim{{0, "1", []string{"A", "A"}}}, []int{0}},
	} {
		kept, refused := settleClaims("desk", c.claims, held)
		var rows []int
		for _, k := range kept {
			rows = append(rows, k.row)
		}
		same(t, c.name, c.want, rows)
		same(t, c.name+": refused", len(c.claims)-len(c.want), len(refused))
	}
}

// The batches of people and desks: what changes hands does so in an order in which
// it is nobody's twice, and never more rows at once than need be.
func TestBatches(t *testing.T) {
	var claims []claim
	held := make(map[string]string)
	for i := range 2 * importBatch {
		claims = append(claims, claim{i, fmt.Sprint(i), []string{fmt.Sprint("thing", i+1)}})
		held[fmt.Sprint("thing", i)] = fmt.Sprint(i)
	}
	for n, part := range batches(claims, held) {
		if len(part) > importBatch || n == 0 && part[0].owner != fmt.Sprint(2*importBatch-1) {
			t.Errorf("part %d: %d rows, the first of %s", n, len(part), part[0].owner)
		}
	}
}
