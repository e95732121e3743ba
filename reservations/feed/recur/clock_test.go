package recur

import (
	"testing"
	"time"

	"deskd/reservations/feed/ical"
)

// What resolve means, spelled out: the first instant that shows the reading; where
// none does, the offset before the change. Around every change from 2000 to 2037
// of every zone in the Windows table.
func TestResolveByDefinition(t *testing.T) {
	const quarter = 15 * 60
	for _, iana := range windowsZones() {
		loc, err := time.LoadLocation(iana)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
		for {
			_, change := at.ZoneBounds()
			if change.IsZero() || change.Year() > 2037 {
				break
			}
			before, after := offsetAt(loc, change.Unix()-1), offsetAt(loc, change.Unix())
			for n := int64(-12); n <= 12; n++ {
				w := ical.Wall(change.Unix() + before + n*quarter)
				want := int64(w) - before
				for _, instant := range []int64{int64(w) - max(before, after), int64(w) - min(before, after)} {
					if wallIn(time.Unix(instant, 0), loc) == w {
						want = instant
						break
					}
				}
				if got := resolve(w, loc).Unix(); got != want {
					t.Errorf("%s shows %s at %s, not at %s", iana, w.Time().Format(time.DateTime), time.Unix(want, 0).UTC(), time.Unix(got, 0).UTC())
				}
			}
			at = change
		}
	}
}
