package emapi

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSameUser(t *testing.T) {
	tests := []struct {
		raw, id string
		same    bool
	}{
		{"em%40cisco.com", "em@cisco.com", true},
		{"em%40CISCO.com", "EM@cisco.com", true},
		{"em@cisco.com", "em@cisco.com", true},
		{"em%40cisco.com", "em%40cisco.com", true}, // raw
		{"j%c3%b6hn+doe", "jöhn doe", true},
		{"a%2Bb", "a+b", true},
		{"a+b", "a b", true},     // encoded
		{"a+b", "a+b", true},     // not encoded: both are compared
		{"a+b@c", "a+b@c", true}, // an encoder would have escaped the @
		{"a+b@c", "a b@c", false},
		{"a+b%40c", "a b@c", true},
		{"a+b%40c", "a+b@c", true}, // encoded as part of a URL
		{"j%F6hn", "jöhn", true},   // from ISO-8859-1
		{"jane%20", "jane", true},
		{"a%20b", "a%20b", true},
		{"a%2520b", "a%20b", true},
		{"a%2520b", "a b", false}, // encoded once, not twice
		{"100%", "100%", true},
		{"%ff", "%ff", true}, // not UTF-8: as it is
		{"%00", "%00", true},
		{"jane", "jan", false},
		{"", "jane", false},
	}
	for _, tt := range tests {
		if got := SameUser(tt.raw, tt.id); got != tt.same {
			t.Errorf("SameUser(%q, %q) = %v", tt.raw, tt.id, got)
		}
	}
}

func TestEncodedUserIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[\p{L}\p{N}._@+'& -]{1,40}`).Draw(t, "id")
		if got := DecodeUser(url.QueryEscape(id)); got != id {
			t.Fatalf("%q comes back as %q", id, got)
		}
		if strings.TrimSpace(id) != id {
			return // is not sent
		}
		if !SameUser(url.QueryEscape(strings.ToUpper(id)), strings.ToUpper(id)) {
			t.Fatalf("%q is not the same as itself", id)
		}
	})
}

// What may be in any text that is sent, whatever pattern it has to match.
func TestExact(t *testing.T) {
	for text, good := range map[string]bool{
		"jane":           true,
		"a b":            true,
		"\"<&>'%+;=]]>":  true,
		"名前 é e\u0301 😀": true,
		"":               false,
		" a":             false,
		"a\u00a0":        false,
		"a\tb":           false,
		"a\nb":           false,
		"a\x7fb":         false,
		"a\u0085b":       false,
		"a\u2028b":       false,
		"a\ufffdb":       false, // what stands for the unreadable names nobody
		"a\ufffeb":       false,
		"a\ufdd0b":       false,
		"a\U0010ffffb":   false,
		"a\xffb":         false,
		"a\xed\xa0\x80b": false, // half a surrogate pair
		"a\xc0\x80b":     false, // NUL as Java writes it
	} {
		if err := exact(text); (err == nil) != good {
			t.Errorf("%q: error is %v", text, err)
		}
	}
}

func TestIdentifiersAreChecked(t *testing.T) {
	good := LoginRequest{Device: testDevice, User: "jane.doe", Profile: "UDP (home)", Exclusive: 480}
	change := func(f func(*LoginRequest)) LoginRequest { r := good; f(&r); return r }
	c := newTestClient(t, nil)
	if err := c.checkLogin(good); err != nil {
		t.Fatal(err)
	}
	bad := map[string]LoginRequest{
		"no device":       change(func(r *LoginRequest) { r.Device = "" }),
		"small device":    change(func(r *LoginRequest) { r.Device = "sep001122334455" }),
		"long device":     change(func(r *LoginRequest) { r.Device = testDevice + "6" }),
		"device and line": change(func(r *LoginRequest) { r.Device = testDevice + "\n" }),
		"no user":         change(func(r *LoginRequest) { r.User = "" }),
		"long user":       change(func(r *LoginRequest) { r.User = strings.Repeat("x", 129) }),
		"markup":          change(func(r *LoginRequest) { r.User = "x</userID>" }),
		"nul":             change(func(r *LoginRequest) { r.User = "ja\x00ne" }),
		"not UTF-8":       change(func(r *LoginRequest) { r.User = "j\xf6hn" }),
		"outer blank":     change(func(r *LoginRequest) { r.User = "jane " }),
		"profile":         change(func(r *LoginRequest) { r.Profile = "<x>" }),
		"profile blank":   change(func(r *LoginRequest) { r.Profile = " x" }),
		"duration":        change(func(r *LoginRequest) { r.Exclusive = -2 }),
	}
	for name, r := range bad {
		if c.checkLogin(r) == nil {
			t.Errorf("%s: %+v is accepted", name, r)
		}
	}
}
