// Command measure measures a whole daemon beside its peers, and prints the table of
// docs/performance.md:
//
//	go run ./cmd/measure              every row but the longest
//	go run ./cmd/measure -list        what there is
//	go run ./cmd/measure sweep late   these rows
//	go run ./cmd/measure -full wave   with the sizes that take long
//
// deskd and the emulator are processes of their own, made from this tree, on loopback and
// with files in a temporary folder. The CPU time of a figure is that of deskd's process
// alone, or of this one for a peer; the emulator's counts for neither. deskd and its peer
// take turns, twice each. Ratios come first, for a machine that others use is slow now and
// fast then; what depends on the wall clock is worth little under load, and the load is said.
package main
