package files

import (
	"testing"
	"time"
)

var eight = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// at is eight o'clock plus hours and minutes.
func at(hours, minutes int) time.Time {
	return eight.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}
