package schema

import (
	"slices"
	"strings"
	"testing"

	"deskd/phone"
)

// TestAgreesWithTheEncoder holds the two tables of limits, which share no code, against
// each other: a limit that is too wide here is broken by no page that the encoder writes.
func TestAgreesWithTheEncoder(t *testing.T) {
	compared := 0
	for object := range made {
		if !strings.HasPrefix(object, "CiscoIPPhone") || strings.Contains(object, "/") {
			continue
		}
		for _, e := range phone.Outline(phone.Kind(object)) {
			in, name := "", object
			steps := strings.Split(e.Name, "/")
			var p part
			for i, step := range steps {
				all, _ := parts(in, name)
				at := slices.IndexFunc(all, func(p part) bool { return p.name == step })
				if at < 0 {
					t.Fatalf("%s has no %s", object, e.Name)
				}
				if p = all[at]; i < len(steps)-1 {
					in, name = name, step
				}
			}
			compared++
			least, most := p.holds.least, p.holds.most
			switch {
			case p.holds.what == word:
				continue // the encoder says how long the longest may be
			case object == "CiscoIPPhoneIconMenu" && e.Name == "IconItem/Index":
				continue // the schema takes any number, the encoder counts ten icons
			case e.Name == "ExecuteItem":
				p.least = 0 // the encoder refuses an Execute without one as a whole
			}
			if most != e.Most || (p.least > 0) != e.Must || p.holds.what == number && least != e.Least {
				t.Errorf("%s: %s is %+v here and %+v in the encoder", object, e.Name, p, e)
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d limits were compared", compared)
	}
}
