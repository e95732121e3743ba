//go:build race

package fetch

// raceDetector says that the program watches itself, which costs it many times
// its memory and time.
const raceDetector = true
