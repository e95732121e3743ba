package phones_test

import (
	"bytes"
	"errors"
	"testing"

	"deskd/scheduler/phones"
)

// A fingerprint is the same for the same credentials and salt, and no other's.
func TestFingerprint(t *testing.T) {
	salt := []byte("salt")
	seen := make(map[string]string)
	for name, keys := range map[string][]string{
		"one": {"url", "secret"}, "joined": {"urlsecret"}, "another password": {"url", "Secret"},
		"shifted": {"url", "", "secret"}, "quoted": {`url" "secret`},
	} {
		a, err := phones.NewAccess(func() (phones.System, []string, error) { return phones.EM{}, keys, nil })
		if err != nil {
			t.Fatal(err)
		}
		sum := fingerprint(t, a, salt)
		if again := fingerprint(t, a, salt); !bytes.Equal(sum, again) {
			t.Errorf("%s: two fingerprints differ", name)
		}
		if other := fingerprint(t, a, []byte("pepper")); bytes.Equal(sum, other) {
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
	a, err := phones.NewAccess(func() (phones.System, []string, error) { return phones.EM{}, []string{key}, bad })
	if err != nil {
		t.Fatal(err)
	}
	old := fingerprint(t, a, nil)
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
		if got := bytes.Equal(fingerprint(t, a, nil), old); got != step.same {
			t.Errorf("%+v: the old keys are in use: %v", step, got)
		}
	}
	bad = errors.New("gone")
	if _, err := phones.NewAccess(func() (phones.System, []string, error) { return nil, nil, bad }); !errors.Is(err, bad) {
		t.Errorf("no keys at all: %v", err)
	}
}

func fingerprint(t *testing.T, a *phones.Access, salt []byte) []byte {
	t.Helper()
	sum, err := a.Fingerprint(salt)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
