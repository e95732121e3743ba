package console

import (
	"errors"
	"testing"
	"time"

	"deskd/reservations"
)

func TestLocalTimes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC) // the second of July in Berlin
	for text, want := range map[string]string{
		"busy": "busy",
		`key "on \"2026-07-02T06:00:00Z" at 2026-07-02T06:00:00Z`: `key "on \"2026-07-02T06:00:00Z" at 08:00:00 CEST`,
		"from 2026-07-02T06:00:00Z to 2026-07-02T07:30:05Z (R1)":  "from 08:00:00 CEST to 09:30:05 CEST (R1)",
		"until 2026-12-24T08:00:00.000Z":                          "until 2026-12-24 09:00 CET",
		"2026-02-31T08:00:00Z, 12026-07-02T06:00:00Z":             "2026-02-31T08:00:00Z, 12026-07-02T06:00:00Z",
	} {
		if got := LocalTimes(text, berlin, now); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if err := LocalError(reservations.ErrOverlap, berlin, now); !errors.Is(err, reservations.ErrOverlap) {
		t.Errorf("%v has lost its kind", err)
	}
}
