package phone

import (
	"testing"
	"time"

	"deskd/scheduler/plan/board"
)

// The clocks of Berlin are put back at three, to two, on the last Sunday of October.
func TestClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	two := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC) // for the first time
	for after, want := range map[time.Duration]string{
		-time.Minute: "01:59", 0: "02:00 CEST", 30 * time.Minute: "02:30 CEST", 59 * time.Minute: "02:59 CEST",
		time.Hour: "02:00 CET", 90 * time.Minute: "02:30 CET", 2 * time.Hour: "03:00", 22 * time.Hour: "23:00", 24 * time.Hour: "Mon 01:00",
	} {
		v := visit{zone: berlin, now: two.Add(-time.Hour)}
		if got := v.clock(two.Add(after)); got != want {
			t.Errorf("%v later: %s, want %s", after, got, want)
		}
	}
	spring := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC) // there is no two o'clock
	v := visit{zone: berlin, now: spring}
	if got := v.clock(spring.Add(-time.Minute)) + " " + v.clock(spring); got != "01:59 03:00" {
		t.Errorf("got %s", got)
	}
}

// Later ends are offered in their order, and each says which it is.
func TestEndsAtNight(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	v := visit{zone: berlin, now: end.Add(-time.Hour), desk: new(board.Desk)}
	got := v.clock(end) + ":"
	for _, at := range v.ends(end) {
		got += " " + v.clock(at) + ","
	}
	if want := "02:30 CEST: 02:00 CET, 02:30 CET, 03:30, 05:30, 24:00,"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
