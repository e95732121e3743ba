package reservations

import "testing"

// What stands for a person is believed where the feed's owner says so, and of a
// calendar whose owner is known.
func TestTrust(t *testing.T) {
	for _, c := range []struct {
		feed Feed
		want string // which of none, organizer, invited
	}{
		{Feed{}, "---"},
		{Feed{Kind: KindSite, Trust: TrustNone}, "---"},
		{Feed{Kind: KindSite, Trust: "anything"}, "---"},
		{Feed{Kind: KindSite, Trust: TrustOrganizer}, "-oi"},
		{Feed{Kind: KindSite, Trust: TrustInvited}, "--i"},
		{Feed{Kind: KindDesk}, "noi"},
		{Feed{Kind: KindPerson, Trust: TrustNone}, "noi"},
	} {
		got := ""
		for i, v := range []Voucher{"", ByOrganizer, ByInvitation} {
			letter := "-"
			if c.feed.Attests(v) {
				letter = "noi"[i : i+1]
			}
			got += letter
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.feed.Kind, c.feed.Trust, got, c.want)
		}
	}
}

// A feed may be allowed groups of people, and people by patterns.
func TestAllowsPerson(t *testing.T) {
	p := Person{ID: "Jane", Groups: []string{"Sales", "Floor 4"}}
	for _, c := range []struct {
		allow []string
		want  bool
	}{
		{nil, true}, {[]string{"@sales"}, true}, {[]string{"@FLOOR  4"}, true}, {[]string{"@support"}, false}, {[]string{"@"}, false},
		{[]string{"sales"}, false}, {[]string{"@s*"}, false}, {[]string{"@support", "j*"}, true}, {[]string{"max"}, false},
	} {
		if got := (Feed{AllowPeople: c.allow}).AllowsPerson(p); got != c.want {
			t.Errorf("%q: %v", c.allow, got)
		}
	}
}
