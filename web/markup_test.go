package web

import (
	"fmt"
	"html/template"
	"testing"
)

// A row that is shown again is shown as it is now, in each place in its own way, and rows that
// are not shown any more are forgotten.
func TestMarkupKept(t *testing.T) {
	fresh := func(as string, r row) template.HTML {
		t.Helper()
		m, err := parsed()
		if err != nil {
			t.Fatal(err)
		}
		html, err := m.of(as, r)
		if err != nil {
			t.Fatal(err)
		}
		return html
	}
	m, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	r := row{Desk: "4.12", State: "ready", Booked: session{Name: "<Jane>", Word: "until", When: moment{"17:00", "2026-03-02T17:00:00+01:00"}}, Next: session{Name: "Max"}}
	seen := make(map[template.HTML]bool)
	for change := range 4 {
		switch change {
		case 1:
			r.Booked.Name = "Max"
		case 2:
			r.Booked.When.Text = "18:00"
		case 3:
			r.Problem, r.Trouble = "the phone shows Max", true
		}
		for _, as := range []string{"desk", "in-need"} {
			for range 2 {
				got, err := m.of(as, r)
				if want := fresh(as, r); err != nil || got != want {
					t.Errorf("%s: %v\n%s\nwant\n%s", as, err, got, want)
				}
				seen[got] = true
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d rows look different, of 8", len(seen))
	}
	for i := range rowsKept + 10 {
		if _, err := m.of("desk", row{Desk: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.rows) > rowsKept {
		t.Errorf("%d rows are kept", len(m.rows))
	}
	if _, err := m.of("nothing", r); err == nil {
		t.Error("a template that there is not is no error")
	}
}
