//go:build race

package web

// raceDetector says that the program watches itself. The browser's checks are of
// what it serves, and run once without.
const raceDetector = true
