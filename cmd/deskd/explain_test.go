package main

import (
	"testing"
	"time"

	"deskd/scheduler/plan"
)

func TestSeen(t *testing.T) {
	clock := func(at time.Time) string { return at.Format(time.TimeOnly) }
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		have plan.Have
		want string
	}{
		{plan.Have{}, "never asked"},
		{plan.Have{At: at, Exists: true, Person: "jdoe"}, "unknown; jdoe when it last answered, at 09:00:00"},
		{plan.Have{At: at, Exists: true}, "unknown; nobody when it last answered, at 09:00:00"},
		{plan.Have{At: at, Known: true}, "the phone system does not know the device, asked at 09:00:00"},
		{plan.Have{At: at, Since: at, Known: true, Exists: true}, "nobody since 09:00:00, asked at 09:00:00"},
	} {
		if got := seen(tt.have, clock); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.have, got, tt.want)
		}
	}
}
