//go:build race

package scheduler_test

// raceDetector says that the program watches itself, which makes a day of a
// scenario ten times as long.
const raceDetector = true
