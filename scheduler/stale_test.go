package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"deskd/emapi"
	"deskd/emapi/emulator"
	"deskd/scheduler/plan"
)

// staleDay has every kind of change at ten: a stranger is taken over (D1), nobody
// was there (D2), one hands over to the next (D3), a person is moved (D4 to D5), a
// walk-up has just gone (D6), and a booking is cancelled as soon as it is served
// (D7). The bookings end while the answers are still from the past.
const staleDay = `
-- reservations --
D1 jane 10:00 10:20
D2 max 10:00 10:10
D3 ada 09:30 10:00
D3 bob 10:00 10:10
D5 cyd 10:00 10:20
D6 fay 10:00 10:10
D7 dan 10:00 10:20
-- script --
09:00 start
09:40 press D1 eve
09:40 press D4 cyd
09:50 press D6 gil
09:58 lag %s
09:59:30 unpress D6
10:00:10 deskd cancel D7 10:00
%s
10:09 on D1 jane
10:09 on D2 max
10:09 on D3 bob
10:09 on D5 cyd
10:09 on D6 fay
10:09 on D7 -
10:30 end
`

// staleWant is what the phones have seen, by desk: one login for each booking, and
// no end but those that the bookings ask for.
var staleWant = []string{
	"D1 login jane", "D1 logout eve", "D1 logout jane",
	"D2 login max", "D2 logout max",
	"D3 login ada", "D3 login bob", "D3 logout ada", "D3 logout bob",
	"D4 logout cyd", "D5 login cyd", "D5 logout cyd",
	"D6 login fay", "D6 logout fay",
	"D7 login dan", "D7 logout dan",
}

// TestStaleAnswers lets every answer, every second or every third, be from up to a
// minute ago, with and without restarts: nobody who has just been logged in is
// logged out, nobody is logged in twice, and the journal says what the phones saw.
func TestStaleAnswers(t *testing.T) {
	t.Parallel()
	restarts := "10:00:02 restart\n10:00:13 restart\n10:00:50 restart"
	for _, tt := range sample([][2]string{
		{"1s", ""}, {"2s", ""}, {"5s", ""}, {"15s", ""}, {"45s", ""}, {"60s", ""},
		{"1s 2", ""}, {"2s 2", ""}, {"5s 2", ""}, {"15s 2", ""}, {"45s 2", ""}, {"60s 2", ""},
		{"20s 3", ""}, {"60s 3", ""}, {"5s", restarts}, {"45s", restarts}, {"60s 2", restarts},
	}, 6) {
		t.Run(strings.ReplaceAll(tt[0]+" "+tt[1][:min(1, len(tt[1]))], " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScenario(t, txtar.Parse([]byte(fmt.Sprintf(staleDay, tt[0], tt[1]))), dir)
				s.emulator.AddUser("gil")
				s.play()
				s.tellsTheTruth(staleWant)
				if t.Failed() {
					t.Logf("%s\n%s", s.transcript(), s.log.String())
				}
			})
		})
	}
}

// tellsTheTruth holds what deskd's requests did at the phones against want and
// against what the journal says of them.
func (s *scenario) tellsTheTruth(want []string) {
	s.t.Helper()
	var saw, said []string
	for _, e := range s.emulator.Events() {
		if e.By == emulator.ByAPI {
			saw = append(saw, fmt.Sprintf("%s %s %s", deskOf(e.Device), e.Kind, e.User))
		}
	}
	for _, a := range s.attempts() {
		switch a.Outcome {
		case plan.Done:
			if a.Code == int(emapi.CodeNobody) {
				continue // and it says so
			}
			said = append(said, fmt.Sprintf("%s %s %s", a.Desk, a.Op, a.Person))
		case plan.NoEffect:
			s.t.Errorf("%s: %s %s %s counts as without effect: %s", a.Began.Format(time.TimeOnly), a.Op, a.Desk, a.Person, a.Error)
		}
	}
	slices.Sort(saw)
	slices.Sort(said)
	if diff := gocmp.Diff(want, saw); diff != "" {
		s.t.Errorf("at the phones (-want +seen):\n%s", diff)
	}
	if diff := gocmp.Diff(saw, said); diff != "" {
		s.t.Errorf("in the journal (-seen +said):\n%s", diff)
	}
}
