package scheduler_test

import (
	"bytes"
	"errors"
	"testing"

	"deskd/scheduler"
)

// A fingerprint is the same for the same credentials and salt, and no other's.
func TestFingerprint(t *testing.T) {
	if raceDetector {
		t.Skip("computes for seconds, in one goroutine")
	}
	salt := []byte("salt")
	seen := make(map[string]string)
	for name, keys := range map[string][]string{
		"one": {"url", "secret"}, "joined": {"urlsecret"}, "another password": {"url", "Secret"},
		"shifted": {"url", "", "secret"}, "quoted": {`url" "secret`},
	} {
		a := must(scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return scheduler.EM{}, keys, nil }))
		sum := must(a.Fingerprint(salt))
		if again := must(a.Fingerprint(salt)); !bytes.Equal(sum, again) {
			t.Errorf("%s: two fingerprints differ", name)
		}
		if other := must(a.Fingerprint([]byte("pepper"))); bytes.Equal(sum, other) {
			t.Errorf("%s: the salt does not count", name)
		}
		if like, twice := seen[string(sum)]; twice {
			t.Errorf("%s has the fingerprint of %s", name, like)
		}
		seen[string(sum)] = name
	}
}

// Keys that cannot be read leave the old ones in use.
func TestAccessRenew(t *testing.T) {
	key, bad := "old", error(nil)
	a, err := scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return scheduler.EM{}, []string{key}, bad })
	noError(t, err)
	old := must(a.Fingerprint(nil))
	for _, step := range []struct {
		key     string
		err     error
		changed bool
		same    bool // as at first
	}{
		{"old", nil, false, true},
		{"new", errors.New("gone"), false, true},
		{"new", nil, true, false},
		{"new", nil, false, false},
		{"old", nil, true, true},
	} {
		key, bad = step.key, step.err
		changed, err := a.Renew()
		if changed != step.changed || !errors.Is(err, step.err) {
			t.Errorf("%+v: changed %v, %v", step, changed, err)
		}
		if got := bytes.Equal(must(a.Fingerprint(nil)), old); got != step.same {
			t.Errorf("%+v: the old keys are in use: %v", step, got)
		}
	}
	bad = errors.New("gone")
	if _, err := scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return nil, nil, bad }); !errors.Is(err, bad) {
		t.Errorf("no keys at all: %v", err)
	}
}
