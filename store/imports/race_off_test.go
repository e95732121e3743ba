//go:build !race

package imports

const raceDetector = false
