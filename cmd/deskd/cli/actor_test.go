package cli

import (
	"strconv"
	"testing"
)

// Who runs a verb is who the kernel says: SUDO_USER, which anybody can set, counts
// for root alone, and as far as the kernel agrees.
func TestWhoRuns(t *testing.T) {
	uids := map[string]int{"root": 0, "jane": 1000, "max": 1001, "deskd": 990}
	uidOf := func(name string) (int, bool) { uid, ok := uids[name]; return uid, ok }
	nameOf := func(uid int) string {
		for name, u := range uids {
			if u == uid {
				return name
			}
		}
		return strconv.Itoa(uid)
	}
	for name, c := range map[string]struct {
		uid             int
		sudoUser, login string
		want            string
	}{
		"nobody behind it":                        {1000, "", "1000", "jane"},
		"sudo":                                    {0, "jane", "1000\n", "jane"},
		"root alone":                              {0, "", "0", "root"},
		"SUDO_USER set by hand":                   {1001, "jane", "1001", "max"},
		"set by hand, after su":                   {0, "jane", "1001", "root"},
		"set by hand, and nobody has logged in":   {0, "jane", "4294967295", "root"},
		"set by hand, where nobody ever logs in":  {0, "jane", "", "root"},
		"set by hand, by deskd's own user":        {990, "jane", "1000", "deskd"},
		"set by hand, by a person of no login":    {990, "jane", "4294967295", "deskd"},
		"a name that is nobody's":                 {0, "ghost", "1000", "root"},
		"a login that is no number":               {0, "jane", "jane", "root"},
		"a login that is too large":               {0, "jane", "18446744073709551616", "root"},
		"a name with what other rows begin with":  {0, "daemon", "1000", "root"},
		"a user without a name":                   {4711, "jane", "1000", "4711"},
		"sudo from root's own login":              {0, "root", "0", "root"},
		"sudo by another than who has logged in ": {0, "max", "1000", "root"},
	} {
		if got := (process{c.uid, c.sudoUser, c.login}).runBy(uidOf, nameOf); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
