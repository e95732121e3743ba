package main

import (
	"regexp"
	"strings"
	"testing"
)

// noRaces leaves a test out under the race detector that does one thing after
// another, and would take minutes there.
func noRaces(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("does one thing after another: nothing to see for the race detector, and minutes of it")
	}
}

// meeting are the tests in which the daemon's goroutines meet each other or
// those of a reader: the race detector sees them. Others run verbs.
var meeting = regexp.MustCompile(`^Test(Serve|Reload|Daemon|Degraded|Demo|LogReader|Radicale|FeedKinds|FeedSecrets|PauseBeside|EndsBeside|FeedAnswersBeside|PagesBeside|Reconcile|MarkerEvery|Wire|BadNeighbours|ImportShowsProgress|ProbeVerb|Doctor$)`)

// verbsOnly leaves a test out under the race detector that is not of those.
func verbsOnly(t *testing.T) {
	t.Helper()
	if name, _, _ := strings.Cut(t.Name(), "/"); !meeting.MatchString(name) {
		noRaces(t)
	}
}

// notShort leaves a long proof out of go test -short, the run between two changes. A
// representative of what it is about stays.
func notShort(t *testing.T, why string) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: " + why)
	}
}
