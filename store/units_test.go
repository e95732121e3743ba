package store

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	desks := []string{"4.11", "4.12", "room-12", "room-13"}
	for name, want := range map[string]string{
		"4.12": "4.12", "4.13": "4.11", "4.1": "4.11", "4.99": "", "": "",
		"ROOM-12": "room-12", "rom-12": "room-12", "moor-12": "room-12", "lobby-1": "", "Room13": "room-13",
	} {
		same(t, name, want, nearest(name, desks))
	}
}

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
				v, _ := second{x}.Value()
				var back second
				if err := back.Scan(v); err != nil {
					t.Fatal(err)
				}
				return v.(string), back.Time
			}, time.Second},
			{func(x time.Time) (string, time.Time) {
				v, _ := milli{x}.Value()
				var back milli
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
		if whole.Before(a) != whole.Before(ceil(a)) {
			t.Fatalf("ceil(%v) is %v", a, ceil(a))
		}
	})
}

func TestScanGarbage(t *testing.T) {
	for _, v := range []any{"yesterday", "2026-03-02 08:00:00", 7, nil, []byte("x")} {
		var m milli
		if err := m.Scan(v); err == nil {
			t.Errorf("%v was read as %v", v, m)
		}
	}
	var m milli
	check(t, m.Scan(""))
	same(t, "never", time.Time{}, m.Time)
}
