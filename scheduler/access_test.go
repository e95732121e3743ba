package scheduler_test

import (
	"bytes"
	"errors"
	"testing"

	"deskd/scheduler"
)

// A print is the same for the same keys and salt, and no other's.
func TestPrint(t *testing.T) {
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
		print := must(a.Print(salt))
		if again := must(a.Print(salt)); !bytes.Equal(print, again) {
			t.Errorf("%s: two prints differ", name)
		}
		if other := must(a.Print([]byte("pepper"))); bytes.Equal(print, other) {
			t.Errorf("%s: the salt does not count", name)
		}
		if like, twice := seen[string(print)]; twice {
			t.Errorf("%s has the print of %s", name, like)
		}
		seen[string(print)] = name
	}
}

// Keys that cannot be read leave the old ones in use.
func TestAccessRenew(t *testing.T) {
	key, bad := "old", error(nil)
	a, err := scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return scheduler.EM{}, []string{key}, bad })
	noError(t, err)
	old := must(a.Print(nil))
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
		if got := bytes.Equal(must(a.Print(nil)), old); got != step.same {
			t.Errorf("%+v: the old keys are in use: %v", step, got)
		}
	}
	bad = errors.New("gone")
	if _, err := scheduler.NewAccess(func() (scheduler.Phones, []string, error) { return nil, nil, bad }); !errors.Is(err, bad) {
		t.Errorf("no keys at all: %v", err)
	}
}
