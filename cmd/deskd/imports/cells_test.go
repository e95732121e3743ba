package imports

import (
	"strings"
	"testing"
	"time"
)

func TestCellTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"28.11.2026 22:00": "2026-11-28T21:00:00Z", "28.11.2026 22:00:30": "2026-11-28T21:00:30Z", "1.7.2026 8:05": "2026-07-01T06:05:00Z",
		"28.11.2026, 22:00 Uhr": "2026-11-28T21:00:00Z", "28.11.2026": "2026-11-27T23:00:00Z", "2026-11-28": "2026-11-27T23:00:00Z",
		"2026-11-28  22:00": "2026-11-28T21:00:00Z", "2026-11-28T22:00:00+02:00": "2026-11-28T20:00:00Z", "28.11.2026 24:00": "2026-11-28T23:00:00Z",
		"": "the cell is empty", "28.11.26 22:00": "four digits", "11/28/2026 10:00 PM": "two ways", "28/11/2026": "two ways", "28.11.2026 10:00 pm": "two ways",
		"46354,9167": "number of a day", "22:00": "expected 2026-11-28 22:00", "tomorrow": "expected", "-2h": "expected", "31.2.2026 22:00": "there is no day 31.2.2026 in the calendar",
		"29.3.2026 02:30": "clocks go forward", "28.11.2026 25:00": "expected",
	} {
		got, err := cellTime(cell, berlin, time.Now(), false)
		text := got.Format(time.RFC3339)
		if err != nil {
			text = err.Error()
		}
		if text != want && (err == nil || !strings.Contains(text, want)) {
			t.Errorf("%q: %s, want %s", cell, text, want)
		}
	}
	for cell, want := range map[string]string{"28.11.2026": "2026-11-28T23:00:00Z", "2026-10-25": "2026-10-25T23:00:00Z", "28.11.2026 12:00": "2026-11-28T11:00:00Z"} {
		if got, err := cellTime(cell, berlin, time.Now(), true); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("end %q: %v, %v, want %s", cell, got, err, want)
		}
	}
	for text, want := range map[string]bool{"ja": true, "JA": true, "Wahr": true, "WAHR": true, "x": true, "X": true, "1": true, "True": true, "nein": false, "FALSCH": false, "0": false, "-": false} {
		if got, err := parseBool(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := parseBool("vielleicht"); err == nil {
		t.Error("vielleicht is neither")
	}
}
