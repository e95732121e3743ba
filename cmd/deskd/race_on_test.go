//go:build race

package main

// raceDetector says that the program watches itself, which makes an hour of a
// simulated day ten times as long.
const raceDetector = true
