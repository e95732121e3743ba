package configs

import "strings"

// Nearest returns the name, among those known, that text was probably meant to
// be, "" when none is close.
func Nearest(text string, known []string) string { return nearest(text, known) }

// nearest returns the word that text was probably meant to be, "" when none is
// close: at most a third of its letters may differ. The first of equals wins.
func nearest(text string, words []string) string {
	if len(text) > 64 { // none could be close, and to find that out costs len(text)
		return ""
	}
	best, least := "", len(text)/3+1
	for _, w := range words {
		if d := distance(fold(text), fold(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// fold removes the differences people do not see between two spellings.
func fold(s string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(s))
}

// distance counts the letters to insert, remove, replace or swap with the next
// one to make b from a (optimal string alignment).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	cost := make([][]int, len(from)+1) // cost[i][j] makes to[:j] from from[:i]
	for i := range cost {
		cost[i] = make([]int, len(to)+1)
		for j := range cost[i] {
			switch {
			case i == 0 || j == 0:
				cost[i][j] = i + j
				continue
			case from[i-1] == to[j-1]:
				cost[i][j] = cost[i-1][j-1]
				continue
			}
			cost[i][j] = 1 + min(cost[i-1][j], cost[i][j-1], cost[i-1][j-1])
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				cost[i][j] = min(cost[i][j], 1+cost[i-2][j-2])
			}
		}
	}
	return cost[len(from)][len(to)]
}
