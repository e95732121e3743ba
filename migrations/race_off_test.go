//go:build !race

package migrations

const raceDetector = false
