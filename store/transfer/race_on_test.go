//go:build race

package transfer

// raceDetector says that the program watches itself, which costs it many times its time.
const raceDetector = true
