//go:build race

package imports

// raceDetector says that the program watches itself, which makes SQLite ten
// times as slow.
const raceDetector = true
