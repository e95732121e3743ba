package dialect

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Instants come back as they went, cut to the column's form, and the order of
// their texts is the order of time.
func TestInstants(t *testing.T) {
	draw := func(t *rapid.T, label string) time.Time {
		zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		return time.Unix(rapid.Int64Range(0, 250_000_000_000).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		for _, form := range []struct {
			text  func(time.Time) (string, time.Time)
			grain time.Duration
		}{
			{func(x time.Time) (string, time.Time) {
				v, _ := Second{Time: x}.Value()
				var back Second
				if err := back.Scan(v); err != nil {
					t.Fatal(err)
				}
				return v.(string), back.Time
			}, time.Second},
			{func(x time.Time) (string, time.Time) {
				v, _ := Milli{Time: x}.Value()
				var back Milli
				if err := back.Scan(v); err != nil {
					t.Fatal(err)
				}
				return v.(string), back.Time
			}, time.Millisecond},
		} {
			texta, backa := form.text(a)
			textb, backb := form.text(b)
			if want := a.UTC().Truncate(form.grain); backa != want {
				t.Fatalf("%v became %v through %q", want, backa, texta)
			}
			if (texta < textb) != backa.Before(backb) {
				t.Fatalf("%q and %q are in another order than their times", texta, textb)
			}
		}
		whole := b.Truncate(time.Second)
		if whole.Before(a) != whole.Before(Ceil(a)) {
			t.Fatalf("ceil(%v) is %v", a, Ceil(a))
		}
	})
}

func TestScanGarbage(t *testing.T) {
	for _, v := range []any{"yesterday", "2026-03-02 08:00:00", 7, nil, []byte("x")} {
		var m Milli
		if err := m.Scan(v); err == nil {
			t.Errorf("%v was read as %v", v, m)
		}
	}
	var m Milli
	if err := m.Scan(""); err != nil || !m.IsZero() {
		t.Errorf("never was read as %v: %v", m, err)
	}
}
