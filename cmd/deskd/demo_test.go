package main

import "testing"

// The beginning of the demonstration's day: every booking is served, and the
// phones themselves say so.
func TestDemo(t *testing.T) {
	w := newWorld(t)
	w.contains(w.plain("demo", "--speed", "1500", "--for", "2h30m"), 0,
		"login   4.01   aweber ", "The day's tally", " served, 0 not", "Every booking was served as the policy says.")
}
