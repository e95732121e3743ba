package emulator

import (
	"net/http"
	"testing"

	"deskd/phone"
	"deskd/phone/model"
	"deskd/phone/uri"
)

// TestMatrix holds that the emulated phones take what package model says of theirs. The
// 7965 takes more: no family has it.
func TestMatrix(t *testing.T) {
	for _, m := range Models() {
		h := http.Header{}
		for _, one := range m.header {
			h.Set(one[0], one[1])
		}
		p, err := model.Detect(h)
		if err != nil {
			t.Fatal(err)
		}
		known := p.Name != "other"
		if known == (m.Name == "7965") {
			t.Errorf("%s is taken for %s", m.Name, p.Name)
		}
		for _, k := range phone.Kinds() {
			if is, said := m.shows(string(k)), p.Shows(k); said && !is || known && is != said {
				t.Errorf("%s takes %s: %t, and package model says %t", m.Name, k, is, said)
			}
		}
		for _, u := range uri.Families() {
			if is, said := m.runs(string(u)), p.Runs(u); said && !is || known && is != said {
				t.Errorf("%s takes %s: %t, and package model says %t", m.Name, u, is, said)
			}
		}
	}
}
