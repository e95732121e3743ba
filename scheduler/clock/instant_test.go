package clock

import "time"

// The tables below speak of one morning; hm gives its instants.
func instant(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-03-02 "+clock)
	if err != nil {
		t, err = time.Parse("2006-01-02 15:04", "2026-03-02 "+clock)
	}
	if err != nil {
		panic(err)
	}
	return t
}
