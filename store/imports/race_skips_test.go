package imports

import "testing"

// noRaces leaves a test out under the race detector that does one thing after
// another, and would take minutes there.
func noRaces(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("does one thing after another: nothing to see for the race detector, and minutes of it")
	}
}
