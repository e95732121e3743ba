package view

import (
	"cmp"
	"strings"
)

// Naturally orders names the way people number desks and floors: 4.2 before
// 4.10, without regard to case. It is a total order; names that differ only in
// case or leading zeros are told apart by their bytes.
func Naturally(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		var p, q string
		p, x = run(x)
		q, y = run(y)
		if c := compareRuns(p, q); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// run splits the leading digits off s, or whatever leads up to the first digit.
func run(s string) (first, rest string) {
	n := 1
	for n < len(s) && digit(s[n]) == digit(s[0]) {
		n++
	}
	return s[:n], s[n:]
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

func compareRuns(p, q string) int {
	if !digit(p[0]) || !digit(q[0]) {
		return cmp.Compare(strings.ToLower(p), strings.ToLower(q))
	}
	p, q = strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
	return cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q))
}
