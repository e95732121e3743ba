// Package spelling finds the name that a misspelt one was probably meant to be, and
// knows nothing of what is named. Keys of the configuration, ids on the command line
// and texts of calendars are all compared by its [Distance]; how far apart two names
// may be is for the caller to say, or for [Nearest].
package spelling

import (
	"fmt"
	"strings"
)

// Nearest returns the name, among those known, that text was probably meant to be,
// "" when none is close: at most a third of its letters may differ. Case, blanks,
// hyphens and underscores do not count. The first of equals wins.
func Nearest(text string, known []string) string {
	if len(text) > 64 { // none could be close, and to find that out costs len(text)
		return ""
	}
	best, least := "", len(text)/3+1
	for _, w := range known {
		if d := Distance(Fold(text), Fold(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// Meant is the end of a sentence that suggests [Nearest], empty when none is close.
func Meant(text string, known []string) string {
	if near := Nearest(text, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// Fold removes the differences people do not see between two spellings.
func Fold(s string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(s))
}

// Distance counts the letters to insert, remove, replace or swap with the next one to
// make b from a (optimal string alignment).
func Distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	// Row i holds what it costs to make each beginning of to from the first i letters
	// of from; of the rows before, two are looked at.
	width := len(to) + 1
	cells := make([]int, 3*width)
	before, above, row := cells[:width], cells[width:2*width], cells[2*width:]
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(from); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(to); j++ {
			if from[i-1] == to[j-1] {
				row[j] = above[j-1]
				continue
			}
			row[j] = 1 + min(above[j], row[j-1], above[j-1])
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				row[j] = min(row[j], 1+before[j-2])
			}
		}
	}
	return row[len(to)]
}
